/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * world: what all parts of the model share: nodes and their addresses, subscribers and their keys, messages under way,
 * random numbers, and the text that tells a sequence in words. One thread, one world.
 *
 * On the access side are SGSNs (or S-GWs) of honest subscribers, the SGSN of the attacker's own subscribers, and a host
 * of the attacker. The attacker sees all GTP-C on that side and sends from any address there. On the core side are two
 * GGSNs (or P-GWs); each has a control address and several user-plane addresses, of both IP versions.
 */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H

#include "e2m/e2m.h"
#include "gtp/tunnel.h"
#include "msg.h"
#include "npdu/npdu.h"

#define COUNTER_OCTETS 2 /* COUNTs of a sequence are below W, so CTR is COUNT */
#define KEYSETS	       3 /* of a subscriber, from 1 on */
#define CONTEXTS       2 /* of a subscriber: NSAPI 5 and 6 */
#define BEARERS	       16
#define GGSNS	       2
#define APNS	       2
#define GTPC	       2123
#define GTPU	       2152
#define NO_ONE	       0xff

enum subscriber_number {
	SUB_V,	/* protected, attacked */
	SUB_V2, /* the same */
	SUB_W,	/* protected; the attacker does not know of this one */
	SUB_U,	/* names no keyset */
	SUB_A,	/* the attacker's own, protected: the attacker has the keys */
	SUB_A2, /* the same */
	SUB_B,	/* the attacker's own, names no keyset */
	SUBS,
};

struct subscriber {
	const char *name;
	const char *imsi;
	bool is_attackers;
	bool has_keys;
	uint8_t node; /* on the access side */
};
extern const struct subscriber subscribers[SUBS];
/* The policy is `protect`: who names no keyset gets nothing. */
extern bool everyone_is_protected;
/* unknown_teid: pass. */
extern bool unknown_passes;
/* SUBS: none has this IMSI. */
unsigned subscriber_of(const char *imsi);

enum access_node {
	NODE_SGSN1,    /* of V, V2 and U */
	NODE_SGSN2,    /* of W, and where others move */
	NODE_ATTACKER, /* SGSN of A, A2 and B */
	NODE_HOST,     /* host of the attacker */
	NODES,
};

struct tunnel node_end(unsigned node, bool is_ipv6, uint32_t teid);
/* address: 0 is the control address, 1 and 2 are of the user plane. */
struct tunnel ggsn_end(unsigned ggsn, unsigned address, bool is_ipv6, uint32_t teid);
/* GGSNS: none has this address. */
unsigned ggsn_of(const struct tunnel *end);
const char *apn_name(unsigned apn);

/* --- PDP addresses --- */

/* Of a PDN connection; 0: has none of this version. */
struct pdn {
	uint8_t ipv4; /* 10.2.0.x */
	uint8_t ipv6; /* 2001:db8:77:x::/64 */
};
static inline bool pdn_is_empty(struct pdn p)
{
	return p.ipv4 == 0 && p.ipv6 == 0;
}
void pdn_octets_ipv4(uint8_t number, uint8_t octets[4]);
void pdn_octets_ipv6(uint8_t number, uint8_t octets[16]);
/* Number of an address as above; 0: it is another. */
uint8_t pdn_number_ipv4(const uint8_t octets[4]);
uint8_t pdn_number_ipv6(const uint8_t octets[16]);

/* --- random numbers: of a step alone, so that a step can be left out without changing the others --- */

void random_begin(uint64_t seed, uint64_t sequence, uint64_t step);
unsigned pick(unsigned n);
static inline bool one_in(unsigned n)
{
	return pick(n) == 0;
}

/* --- keys of subscribers --- */

int keys_open(void);
void keys_close(void);
struct e2m_keyset_id keyset_id(unsigned sub, unsigned keyset, bool is_rand);
bool find_keyset(void *arg, const struct e2m_imsi *imsi, const struct e2m_keyset_id *id,
		 struct e2m_keyset *keyset);
size_t keys_protect(unsigned sub, unsigned keyset, uint8_t key_id, uint8_t bearer, uint32_t count,
		    const uint8_t *npdu, size_t len, uint8_t *out);
/* The length of the N-PDU, or -1: it does not open under this keyset. */
int keys_open_npdu(unsigned sub, unsigned keyset, uint8_t bearer, const uint8_t *pdu, size_t len,
		   uint8_t *npdu, uint32_t *count);

/* --- datagrams of GTP-C that have left the HSE, or wait to go there --- */

#define DATAGRAMS 64

struct datagram {
	bool to_core;
	struct tunnel source, destination; /* teid: the UDP port */
	uint16_t len;
	uint8_t data[MSG_OCTETS];
};
struct queue {
	struct datagram items[DATAGRAMS];
	unsigned count;
};
/* Behind the HSE, on the side that they go to; without room the oldest is lost. */
extern struct queue under_way;
/* GTP-C that the attacker has seen: all that was on the access side, the latest first. */
extern struct queue seen;

void queue_push(struct queue *queue, const struct datagram *datagram);
struct datagram queue_take(struct queue *queue, unsigned nth);

/* Into the HSE from the side that the datagram comes from. */
void send_datagram(const struct datagram *datagram);
void send_msg(bool to_core, const struct tunnel *source, const struct tunnel *destination,
	      const struct msg *m);
void send_gpdu(bool to_core, const struct tunnel *source, const struct tunnel *tunnel,
	       const uint8_t *npdu, size_t len);
/* The same in IP fragments (IPv4). */
void send_fragmented(const struct datagram *datagram);
void send_gpdu_fragmented(bool to_core, const struct tunnel *source, const struct tunnel *tunnel,
			  const uint8_t *npdu, size_t len, size_t piece);
/* The N-PDU shows itself in the first fragment, and overlay, of the same length, in a second that lies over it. */
void send_gpdu_overlapping(bool to_core, const struct tunnel *source, const struct tunnel *tunnel,
			   const uint8_t *npdu, const uint8_t *overlay, size_t len);

/* --- the sequence in words --- */

extern bool is_told;
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *end_str(const struct tunnel *end);
const char *pdn_str(struct pdn pdn);

#endif
