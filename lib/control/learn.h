/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * learn: sessions and tunnels from the GTP-C that crosses, e2m.md 6, private to this library. A request is
 * remembered until its response comes, and only a response that accepts takes effect. A version of GTP has
 * a learner of its own; here is what they share.
 */
#ifndef CONTROL_LEARN_H
#define CONTROL_LEARN_H

#include "control/session.h"
#include "gtp/gtpc_v1.h"

/* A TEID at a GSN Address, either of which a message may leave out where it is as before. */
struct endpoint {
	bool has_address;
	bool has_teid;
	struct tunnel tunnel;
};

struct endpoint endpoint_of(const struct gtp_address *address, bool has_teid, uint32_t teid);
bool endpoint_is_whole(const struct endpoint *endpoint);
/* Changes of tunnel what the endpoint says. */
void endpoint_update(struct tunnel *tunnel, const struct endpoint *endpoint);

/* Which control TEID the header of a request from that side names: that of whoever receives it. */
enum session_index learn_control_index(uint8_t side);

/* What the policy says of a session that a request would make. apn: contents of the IE. NULL primary: a session
 * of its own; else what was said of the one that it belongs to. */
enum policy_action learn_policy(const struct session_store *store, const struct e2m_imsi *imsi,
				const struct gtp_octets *apn, const struct session *primary);
/* The reference of the APN that the policy was checked with. */
struct apn_ref learn_apn(struct session_store *store, const struct gtp_octets *apn,
			 const struct session *primary);
/* The message must not cross: true when held was discarded, counted, and said. */
bool learn_is_refused(struct session_store *store, enum policy_action policy,
		      const struct e2m_imsi *imsi, uint8_t nsapi, struct held *held);
/* Whether the session is to be known, if the request is accepted; names_keyset: its PCO does. */
bool learn_is_to_know(const struct session_store *store, enum policy_action policy,
		      bool names_keyset);
/* What accepts the session does not say all that it needs. One that is to be protected is not made: its tunnels,
 * which nobody knows, would cross in clear. */
void learn_leave_unparsed(struct session_store *store, enum policy_action policy,
			  struct held *held);
/* A message that cannot be read crosses, but for a request that creates, where rules are that would keep something
 * from crossing: nobody can tell that none is about it. */
void learn_leave_unread(struct session_store *store, const struct session_gtpc *gtpc, bool creates,
			struct held *held);
/* Puts into target what follows from the policy for a session that is to be known. */
void learn_apply_policy(struct change *target, enum policy_action policy, bool names_keyset);

/* Step 6. */
void learn_say(struct session_store *store, const struct session *session,
	       const struct change *target);

/* A response that accepts has made the session: it is replaced, or begins, and becomes target, unless
 * somebody else has the last word on it (notify.c), here as below. Without room for it held is discarded, and the log says so of response, the message's name. primary: NSAPI of
 * the context whose PDP address it shares. */
void learn_session(struct session_store *store, const struct e2m_imsi *imsi, uint8_t nsapi,
		   uint8_t primary, const struct change *target, const char *response,
		   struct held *held);
/* The same of one that nobody is to know: sessions that were there, or have its tunnels still, are over. NULL imsi:
 * nobody knows whose it is. */
void learn_unprotected(struct session_store *store, const struct e2m_imsi *imsi, uint8_t nsapi,
		       const struct endpoint user[2], struct held *held);
/* The session becomes target from before, which is what session_current said of it. */
void learn_change_of_gtpc(struct session_store *store, struct session *session,
			  const struct change *before, const struct change *target,
			  struct held *held);
/* The same, whoever has the last word. */
void learn_change(struct session_store *store, struct session *session, const struct change *before,
		  const struct change *target, struct held *held);

/* A request that came in on side names user as the tunnel of its sender: what the other end sends there must not
 * cross before it is clear whose it is. The message, held, leaves when its worker knows. is_again: it
 * was there before. */
void learn_expect(struct session_store *store, uint8_t side, const struct tunnel *user,
		  bool is_again, struct held *held);
/* A request of which it depends on who reads it what it asks for: it does not cross. */
void learn_refuse_ambiguous(struct session_store *store, struct held *held);

/* --- learn_v1.c: TS 29.060 --- */

void learn_v1_take(struct session_store *store, const struct session_gtpc *gtpc, struct held *held);

/* --- learn_v2.c: TS 29.274 --- */

/* All messages of the datagram: it leaves when all that they ask for is done. */
void learn_v2_take(struct session_store *store, const struct session_gtpc *gtpc, struct held *held);

#endif
