/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dialect: turns octets of GTPv1-C (TS 29.060, dialect_v1.c) or GTPv2-C (TS 29.274 on S5/S8, S2a, S2b;
 * dialect_v2.c) into one struct message. A dialect knows no sessions and decides nothing. gtpc.c
 * calls read; the procedure asks for the flags.
 */
#ifndef CONTROL_DIALECT_H
#define CONTROL_DIALECT_H

#include "control/message.h"

struct dialect {
	uint8_t version;
	/* Returns true if a message of this type is read, or dropped. Others cross. */
	bool (*is_read)(uint8_t type);
	const char *create_response; /* for the log */
	uint8_t command_type;	     /* of MESSAGE_COMMAND. 0: none */
	/* Fills message. The caller has set dialect, and bearers with room for MESSAGE_BEARERS_MAX.
	 * side: where the message comes from. Returns the octets of the message, or -EBADMSG. */
	int (*read)(struct message *message, const uint8_t *data, size_t len,
		    enum datapath_side side, const struct e2m_numbers *numbers);

	/* --- where GSNs of the two versions behave differently --- */

	/* A GGSN may find the context of an Update by its IMSI and ignore the TEID, or by its TEID
	 * and ignore the IMSI. */
	bool may_go_by_imsi;
	/* An SGSN sends its control TEID once, and not for each context. So a response may have the
	 * earlier TEID. Its header tells which TEID is valid. */
	bool says_teid_once;

	/* --- where only our handling of the two versions differs --- */

	/* The policy is checked for each copy of a Create, and for an incomplete Create. */
	bool checks_every_create;
	/* After the response, the wait ends for expected tunnels that no session has. false: bearer
	 * by bearer. */
	bool settles_by_sessions;
	/* A Delete for an unknown session is counted. */
	bool counts_unknown_delete;
};

extern const struct dialect dialect_v1, dialect_v2;

#endif
