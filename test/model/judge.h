/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * judge: knows each N-PDU by its serial number, looks at each frame that leaves the HSE, and says what must not be: an
 * N-PDU of a protected subscriber in clear or under another's keys, uplink that the attacker forged, a COUNT that was
 * used twice, and lost N-PDUs of subscribers that the sequence does not touch. It counts what it sees.
 */
#ifndef MODEL_JUDGE_H
#define MODEL_JUDGE_H

#include "datapath/command.h"
#include "world.h"

enum verdict {
	VERDICT_NONE,
	VERDICT_CLEAR,	/* an N-PDU that must be protected left in clear */
	VERDICT_KEYS,	/* under keys of another subscriber */
	VERDICT_FORGED, /* forged uplink was delivered */
	VERDICT_COUNT,	/* a COUNT was used twice under one key */
	VERDICT_LOST,	/* of a subscriber that the sequence does not touch */
	VERDICT_TWICE,	/* an N-PDU was delivered twice */
	VERDICT_GTPV0,	/* a message of GTPv0 crossed */
	VERDICT_OPAQUE, /* a downlink N-PDU that no keyset opens */
	VERDICTS,
};
extern const char *const verdict_names[VERDICTS];

struct npdu {
	uint8_t owner; /* enum subscriber_number; SUBS: none */
	uint8_t slot;  /* of the owner's context */
	uint8_t ggsn;  /* that sends it, or that it goes to */
	bool is_up;
	bool is_protected; /* must not be seen in clear, nor under keys that are not the owner's */
	bool is_forged;	   /* uplink that the owner did not send */
	bool must_arrive;
	bool has_arrived;
	bool may_repeat; /* sent more than once */
	struct tunnel tunnel;
};

struct tally {
	uint64_t sequences, steps;
	uint64_t messages[2]; /* GTP-C that came to the HSE, by enum datapath_side */
	uint64_t messages_left[2];
	uint64_t sent[2]; /* N-PDUs of honest subscribers, by enum e2m_direction */
	uint64_t arrived[2];
	uint64_t due[2]; /* must arrive */
	uint64_t protected_down, clear_down;
	uint64_t forged, forged_gone;
	uint64_t
		attacked; /* downlink of protected subscribers while the attacker has the GGSN's tunnel */
};
extern struct tally tally;

/* What the judge has seen that must not be; the first of the sequence. */
struct finding {
	enum verdict verdict;
	char text[512];
};
extern struct finding finding;

void judge_begin(void);
/* The serial number for this N-PDU. */
uint32_t judge_note(const struct npdu *npdu);
/* hse_ops.sent: frames that leave. GTP-C goes to under_way. */
void judge_sent(void *arg, enum datapath_side side, const uint8_t *frame, uint32_t len);
/* All that must arrive has arrived, or is lost. */
void judge_settled(void);
/* N-PDUs that have not arrived yet need not arrive. */
void judge_forget(void);

#endif
