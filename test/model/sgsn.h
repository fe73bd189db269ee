/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sgsn: the SGSNs (S-GWs) and UEs of all subscribers, who keep to the specifications; the attacker's own subscribers
 * have contexts here too.
 */
#ifndef MODEL_SGSN_H
#define MODEL_SGSN_H

#include "world.h"

enum pdn_type { PDN_IPV4, PDN_IPV6, PDN_IPV4V6, PDN_NONE, PDN_TYPES };

struct context {
	bool is_live;
	bool is_clean; /* no message of it was lost or mutated, and the attacker has not named it */
	bool is_pending; /* a request waits for its response */
	bool is_protected;
	bool is_secondary;
	uint8_t sub, slot, version, nsapi, apn, ggsn, node, keyset, key_id, type;
	struct tunnel down, control;
	struct tunnel up, ggsn_control;
	struct pdn pdn;
	bool is_untold; /* the response did not have the IPv4 address */
	struct {	/* the request that waits */
		uint8_t type, node, keyset;
		uint32_t sequence;
		uint16_t port;
		struct tunnel down, control;
		uint8_t ggsn;
	} asked;
};
extern struct context contexts[SUBS][CONTEXTS];

void sgsn_begin(void);
/* How a context is asked for. */
struct wish {
	uint8_t version, type, apn, ggsn, static_ipv4;
	bool is_secondary;
	bool is_s2b;
};
void sgsn_create(unsigned sub, unsigned slot, const struct wish *wish);
void sgsn_move(struct context *c, bool is_other_node, bool is_rekey);
void sgsn_delete(struct context *c);
void sgsn_take(const struct datagram *datagram);
/* One N-PDU from the UE. */
void sgsn_send_npdu(struct context *c);
/* One N-PDU under a subscriber's keys, in any tunnel. */
void sgsn_send_protected(const struct context *of, const struct tunnel *tunnel, const uint8_t *npdu,
			 size_t len);
/* The HSE has crashed: COUNTs of the uplink go on above the ceilings. */
void sgsn_skip_counts(void);
/* Loses all contexts of the node, and says so with its next message. */
void sgsn_restart(unsigned node);
void sgsn_echo(unsigned node, unsigned ggsn);
/* The Create Request of a context, for the attacker too. */
struct msg sgsn_create_msg(const struct wish *wish, unsigned sub, uint8_t nsapi,
			   const struct tunnel *down, const struct tunnel *control,
			   unsigned keyset_sub, unsigned keyset, uint8_t key_id);
struct msg sgsn_update_msg(uint8_t version, uint32_t teid, uint8_t nsapi, const struct tunnel *down,
			   const struct tunnel *control);
/* Contexts that octets name are no longer clean; with source, also those of SGSNs that octets name, or that source
 * is. */
void sgsn_spoil(const struct tunnel *source, const uint8_t *octets, size_t len);

#endif
