/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * directory: the sessions by subscriber, by tunnel and by address, and the addresses of GGSNs (e2m.md 6). It says
 * which session a tunnel or an address belongs to. It knows no protocol, no keys and no flows.
 *
 * One thread writes: control. All workers read, without locks. A function for readers says so; all others are the
 * writer's. What a reader finds stays in place for some time after it was removed, so a reader may use it for the
 * burst in which it was found, and no longer.
 */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"
#include "gtp/pdp_address.h"
#include "gtp/tunnel.h"

/* The keys by which sessions are found. Workers search by tunnel and by address. */
enum directory_index {
	INDEX_TUNNEL_UP,
	INDEX_TUNNEL_DOWN,
	INDEX_IPV4, /* PDP address or network */
	INDEX_IPV6,
	INDEX_SUBSCRIBER,   /* IMSI, NSAPI */
	INDEX_CONTROL_SGSN, /* TEID Control Plane at the SGSN, its address, NSAPI */
	INDEX_CONTROL_GGSN, /* the same at the GGSN */
	DIRECTORY_INDEXES,
};

enum directory_kind {
	DIRECTORY_FREE,
	/* Has or must have protection. Only this kind has a place of protected_octets. */
	DIRECTORY_PROTECTED,
	DIRECTORY_UNPROTECTED,
	/* Was protected. Its tunnels are barred and its addresses guarded, until an accepted response assigns them. It
	 * is found by tunnel and by address alone. */
	DIRECTORY_ENDED,
	/* A network behind the UE of a protected session. imsi and primary say which. It is found by address, and by
	 * directory_next_network. */
	DIRECTORY_NETWORK,
	DIRECTORY_KINDS,
};

/* A struct tunnel with a number instead of the address: many tunnels share few GSNs. */
struct session_tunnel {
	union {
		struct {
			uint32_t gsn; /* number of the address (gsns.h); 0: none */
			uint32_t teid;
		};
		uint64_t both; /* as readers read it */
	};
};

/*
 * One entry: 104 octets, in two lines of memory. What workers search by is with its links in the first one, what control
 * searches by is with its links in the second.
 *
 * A member that is part of a key changes only through the functions below, or while the entry is not in the index of
 * that key.
 */
struct session {
	union {
		struct pdp_address address; /* directory_set_address */
		struct pdp_prefix network;  /* DIRECTORY_NETWORK */
		uint64_t address_words[3];  /* as readers read it */
	};
	struct session_tunnel tunnel[2]; /* by direction */
	uint8_t kind;			 /* enum directory_kind */
	uint8_t nsapi;
	/* The NSAPI of the primary context, which has the PDP address. In a primary context: nsapi. */
	uint8_t primary;
	uint8_t indexed; /* bit of each index */
	/* --- of control; workers read is_barred --- */
	/* DIRECTORY_UNPROTECTED: its packets are dropped. DIRECTORY_ENDED: its downlink tunnel is barred for sessions
	 * without protection too. */
	uint8_t is_barred : 1;
	uint8_t policy : 2; /* enum policy_action of its Create, or a stricter one since */
	uint8_t origin : 2; /* enum session_origin */
	uint8_t contradiction_said : 1;
	uint8_t is_passed_over : 1; /* by the latest round of reconfigure.c */
	/* DIRECTORY_ENDED: the GGSN may still have the session, and send in its downlink tunnel. */
	uint8_t is_doubtful : 1;
	uint8_t is_claim : 1; /* DIRECTORY_ENDED: the tunnel that a session has lost, which lives on */
	uint8_t is_before_move : 1; /* is_claim: the tunnel is the one before a move */
	uint8_t unused : 6;
	uint16_t apn; /* number in control's apns; 0: not known */
	/* --- */
	uint32_t link[DIRECTORY_INDEXES];
	uint32_t serial;		    /* of its Create, or renewed */
	uint64_t imsi;			    /* directory_imsi */
	struct session_tunnel control_ggsn; /* no tunnel if no GTP-C was seen */
	struct session_tunnel control_sgsn;
};

struct directory;

struct directory_config {
	uint32_t protected_max;
	uint32_t others_max; /* all other kinds together */
	size_t protected_octets; /* of one protected place, which begins with its struct session; a multiple of 8 */
	uint32_t hash_secret; /* random: no sender can predict a hash */
};

/* NULL: no memory. Memory is touched when it is first used. */
struct directory *directory_new(const struct directory_config *config);
void directory_free(struct directory *directory);
/* Octets of the indexes for one session, beside struct session. */
size_t directory_index_octets(void);

/* --- for readers --- */

/* Returns the session with this id: that of a flow, for instance. NULL: there is none. */
const struct session *directory_entry(const struct directory *directory, uint32_t id);
/* Fetches the line of the session with this id that has its addresses. id: of a session, or 0. */
void directory_prefetch(const struct directory *directory, uint32_t id);
/* An address that a reader has found in a DIRECTORY_PROTECTED session is the session's, and the session is alone with it
 * if it was, as long as this number is the same and the session has its id. Read the number first. DIRECTORY_NEVER: it is not known. */
uint32_t directory_generation(const struct directory *directory);
#define DIRECTORY_NEVER UINT32_MAX
/* Returns true if no protected session of another PDN, ended one or network has address, a host, at any GGSN. The number
 * above tells how long this is so. */
bool directory_is_alone(const struct directory *directory, const struct session *own,
			const struct pdp_prefix *address);
/* Copies the session's addresses. A change that is under way shows as before or after it, for each IP version. */
void directory_address(const struct session *session, struct pdp_address *address);
/* Returns the session that has the tunnel: the GGSN's for E2M_UPLINK, the SGSN's for E2M_DOWNLINK. NULL: none has. */
const struct session *directory_find_tunnel(const struct directory *directory,
					    const struct tunnel *tunnel, unsigned direction);
/*
 * Returns true if address, a host, belongs to a protected session or to an ended one at the GGSN with the outer address
 * ggsn, and not to own. An address that no GGSN has given counts as every GGSN. own may be NULL. Address belongs to own
 * if own has it, or if it lies in a network of own's, and no other of these sessions has it in a longer prefix; or if own is
 * protected and had it before it was made anew. Returns true for all that is not own's when an ended session once found no place (directory_is_overfull).
 */
bool directory_guards(const struct directory *directory, const uint8_t ggsn[16],
		      const struct pdp_prefix *address, const struct session *own);
/* Returns true if address, a host, lies in a network behind own's UE. */
bool directory_owns(const struct directory *directory, const struct session *own,
		    const struct pdp_prefix *address);
/* Returns true if a session that must not cross in clear has the TEID of tunnel for uplink, at another address of its
 * GGSN: the GGSN may take it there too. An address that no GGSN has given counts as every GGSN. */
bool directory_bars_teid(const struct directory *directory, const struct tunnel *tunnel);
bool directory_is_overfull(const struct directory *directory);

/* --- entries --- */

/* Returns a new entry with this IMSI and NSAPI, in INDEX_SUBSCRIBER alone. NULL: no place is left for this kind. */
struct session *directory_add(struct directory *directory, enum directory_kind kind,
			      const struct e2m_imsi *imsi, uint8_t nsapi);
/* Same with this id and serial. No entry of this kind's range may ever have had this id or a higher one. NULL: the id is
 * out of range for the kind. */
struct session *directory_restore(struct directory *directory, enum directory_kind kind,
				  uint32_t id, uint32_t serial, const struct e2m_imsi *imsi,
				  uint8_t nsapi);
/* Removes the entry from all indexes and frees it. */
void directory_remove(struct directory *directory, struct session *session);
/* Returns how many entries of this kind there are. */
uint32_t directory_count(const struct directory *directory, enum directory_kind kind);
/* Returns how many entries of this kind can still be added. */
uint32_t directory_room(const struct directory *directory, enum directory_kind kind);

/* Ids of DIRECTORY_PROTECTED are below those of the other kinds. NULL: no session has the id. */
struct session *directory_session(const struct directory *directory, uint32_t id);
uint32_t directory_id(const struct directory *directory, const struct session *session);
/* Returns true if the id is one of the range of this kind. */
bool directory_is_id_of(const struct directory *directory, enum directory_kind kind, uint32_t id);
/* Ids of the same range in all processes, whatever the configuration says: from 1 on. */
uint32_t directory_number(const struct directory *directory, uint32_t id);
uint32_t directory_id_of_number(const struct directory *directory, enum directory_kind kind,
				uint32_t number);
/* The highest id of this kind's range that was ever used. 0: none was. */
uint32_t directory_highest(const struct directory *directory, enum directory_kind kind);
/* No id is higher. */
uint32_t directory_id_max(const struct directory *directory);
/* Returns the next id after this one that was ever used, over both ranges. after 0: the first. 0: the end. */
uint32_t directory_next_id(const struct directory *directory, uint32_t after);

/* A serial tells a session from an earlier one in its place, or with its IMSI and NSAPI. */
uint32_t directory_next_serial(struct directory *directory);
uint32_t directory_last_serial(const struct directory *directory);

struct e2m_imsi directory_imsi(const struct session *session);

/*
 * The session gets another id, in the range of kind: DIRECTORY_PROTECTED or DIRECTORY_UNPROTECTED. Readers find the one or
 * the other meanwhile. Returns the session in its new place; the memory behind its struct session is zero. NULL: no place
 * is left, and nothing has changed.
 */
struct session *directory_convert(struct directory *directory, struct session *session,
				  enum directory_kind kind);

/* --- indexes --- */

/* Enters the session under its present key, if it has one. */
void directory_index(struct directory *directory, struct session *session,
		     enum directory_index which);
/* Takes it out, which must be done before the key changes. */
void directory_unindex(struct directory *directory, struct session *session,
		       enum directory_index which);

/* Finds a session that is PROTECTED or UNPROTECTED. NULL: none. */
struct session *directory_find_subscriber(const struct directory *directory,
					  const struct e2m_imsi *imsi, uint8_t nsapi);
/* Iterates over the sessions of a subscriber that are PROTECTED or UNPROTECTED. after: NULL at first. */
struct session *directory_next_of_subscriber(const struct directory *directory,
					     const struct e2m_imsi *imsi,
					     const struct session *after);
/* Iterates over the ENDED entries with the session's IMSI and NSAPI that are in INDEX_SUBSCRIBER. after: NULL at first,
 * and still in place. NULL: the end. */
struct session *directory_next_claim(const struct directory *directory,
				     const struct session *session, const struct session *after);
/* which: INDEX_CONTROL_SGSN to INDEX_TUNNEL_DOWN. nsapi: 0 for tunnels. A protected session comes before an unprotected
 * one, and an ended one comes last. */
struct session *directory_find_by(const struct directory *directory, enum directory_index which,
				  const struct tunnel *tunnel, uint8_t nsapi);

/* Iterates over the sessions with this control tunnel, whatever their NSAPI. which: INDEX_CONTROL_SGSN or
 * INDEX_CONTROL_GGSN. after: NULL at first. */
struct session *directory_next_of_control(const struct directory *directory,
					  enum directory_index which, const struct tunnel *tunnel,
					  const struct session *after);

/* --- tunnels --- */

/* Iterates over all entries that have the tunnel in this direction, or claim it. after: NULL at first, and still in
 * place. NULL: the end. */
struct session *directory_next_of_tunnel(const struct directory *directory,
					 const struct tunnel *tunnel, unsigned direction,
					 const struct session *after);

struct tunnel directory_tunnel(const struct directory *directory,
			       const struct session_tunnel *tunnel);
/* A value without an address stands for no tunnel. tunnel is a member of a session that is in no index by it. -ENOMEM: no
 * room for the GSN's address, and the tunnel is unchanged. */
int directory_set_tunnel(struct directory *directory, struct session_tunnel *tunnel,
			 const struct tunnel *value);

/* --- GGSNs --- */

/* The addresses of the GSNs that sessions name. */
struct gsns *directory_gsns(const struct directory *directory);

/* Both addresses belong to one GGSN, which may be known by more. Ours to call: for the control address and the user
 * addresses of one accepted message that came from the core side. a and b may be equal. An address that no session
 * names, and one without room, is not joined. */
void directory_join_ggsn(struct directory *directory, const uint8_t a[16], const uint8_t b[16]);
/* The same for the addresses that a restored session has of its GGSN. */
void directory_join_restored(struct directory *directory, const struct session *session);
/* Returns true if both sessions may be at one GGSN: at least one of them is at a GGSN that is not known, or they are at
 * the same one. */
bool directory_is_same_ggsn(const struct directory *directory, const struct session *a,
			    const struct session *b);

/* --- addresses --- */

/* Gives the session other addresses, and enters it under them. */
void directory_set_address(struct directory *directory, struct session *session,
			   const struct pdp_address *address);
/* Iterates over all entries of any kind with an address or network that has address in it. address: a host or a prefix.
 * after: NULL at first, and still in place. NULL: the end. */
struct session *directory_next_with_address(const struct directory *directory,
					    const struct pdp_prefix *address,
					    const struct session *after);

/* --- networks behind a UE --- */

/* Adds a network of this session's UE. Entries of its PDN share it (same IMSI, same primary). NULL: no place is left. */
struct session *directory_add_network(struct directory *directory, const struct session *session,
				      const struct pdp_prefix *network);
/* Iterates over the networks of this session's PDN. after: NULL at first, and still in place. */
struct session *directory_next_network(const struct directory *directory,
				       const struct session *session, const struct session *after);

/* --- ends --- */

/*
 * A protected session is about to end: leaves an ENDED entry with its tunnels and addresses. Call it before
 * directory_remove. Returns the entry, which has the control tunnel in no index yet. NULL: the session has neither a
 * tunnel nor an address, or no place is left: then directory_is_overfull.
 */
struct session *directory_leave_ended(struct directory *directory, const struct session *session);
/* An accepted response has given the tunnel of this direction, or the addresses of one IP version, to a session: the
 * ENDED entry loses it. Returns true if the entry has nothing left; directory_remove must follow. */
bool directory_ended_lost_tunnel(struct directory *directory, struct session *ended,
				 unsigned direction);
bool directory_ended_lost_address(struct directory *directory, struct session *ended, bool is_ipv6);
/* An earlier process was overfull. */
void directory_set_overfull(struct directory *directory);

#endif
