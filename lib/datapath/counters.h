/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters: what a worker counts, by the side a packet came in on (tx_: by the side it left on). One writer each; whoever reads them
 * for telemetry may see a value a moment old. Every way that a packet can end has a name here.
 */
#ifndef DATAPATH_COUNTERS_H
#define DATAPATH_COUNTERS_H

#include <stdint.h>

#define DATAPATH_COUNTERS(X)                                                                    \
	/* what came, and what left on the other side */                                        \
	X(RX_PACKETS, "rx_packets")                                                             \
	X(RX_OCTETS, "rx_octets")                                                               \
	X(TX_PACKETS, "tx_packets")                                                             \
	X(TX_OCTETS, "tx_octets")                                                               \
	X(PASSED, "passed")		/* unchanged: not a G-PDU of a known tunnel */          \
	X(UNKNOWN_TEID, "unknown_teid") /* of these, G-PDUs */                                  \
	X(TRANSPARENT, "transparent")	/* likewise, between transparent addresses */           \
	X(BYPASSED, "bypassed")		/* passed in bypass: nobody looked further */           \
	X(PROTECTED, "protected")	/* downlink N-PDUs */                                   \
	X(OPENED, "opened")		/* uplink N-PDUs */                                     \
	X(HANDED_OVER, "handed_over")	/* to the worker that owns the tunnel */                \
	X(FRAGMENTED, "fragmented")	/* N-PDUs that no longer fitted the MTU */              \
	X(JOINED, "joined")		/* fragments of a protected tunnel's G-PDUs, */         \
	X(REASSEMBLED, "reassembled")	/* and the G-PDUs that they have become */              \
	/* clause 7, in the order of the checks */                                              \
	X(DROP_MALFORMED, "drop.malformed")                                                     \
	X(DROP_UNKNOWN_KEY_ID, "drop.unknown_key_id")                                           \
	X(DROP_COUNT_RANGE, "drop.count_range")                                                 \
	X(DROP_REPLAY, "drop.replay")                                                           \
	X(DROP_BAD_MAC, "drop.bad_mac")                                                         \
	X(DROP_BAD_MAC_FLOOD, "drop.bad_mac_flood")  /* forgery budget used up */               \
	X(RECOVERED, "recovered")		     /* opened, after a search for COUNT */     \
	X(DROP_RECOVERY_PENDING, "recovery_pending") /* dropped: COUNT needs a second PDU */    \
	/* no key */                                                                            \
	X(HELD, "hold.held")			      /* waits, or waited, for its key */       \
	X(RELEASED, "hold.released")		      /* the key came, it went on */            \
	X(HELD_CEILING, "hold.ceiling")		      /* waits, or waited, for more COUNTs */   \
	X(DROP_HOLD_OVERFLOW, "drop.hold_overflow")   /* oldest of a full hold queue */         \
	X(DROP_HOLD_EXPIRED, "drop.hold_expired")     /* waited longer than hold_ms */          \
	X(DROP_CEILING, "drop.ceiling")		      /* the same two, but for more COUNTs */   \
	X(DROP_NO_KEYSET, "drop.no_keyset")	      /* the pull was refused for good */       \
	X(DROP_KEYSET_SPENT, "drop.keyset_spent")     /* COUNT reached its end */               \
	X(DROP_TUNNEL_REMOVED, "drop.tunnel_removed") /* late, for a tunnel moved or removed */ \
	X(DROP_POLICY, "drop.policy")		      /* protected to be, without a keyset */   \
	X(DROP_WRONG_ADDRESS, "drop.wrong_address")   /* an address not of its session */       \
	X(DROP_UNKNOWN_TEID, "drop.unknown_teid")     /* no known tunnel */                     \
	X(DROP_BYPASS, "drop.bypass")		      /* of a known tunnel, in bypass */        \
	/* the rest */                                                                          \
	X(DROP_FRAGMENT, "drop.fragment") /* overlaps, is too many, or nobody knows of what */  \
	X(DROP_REASSEMBLY_TIMEOUT, "drop.reassembly_timeout") /* the others did not come */     \
	X(DROP_REASSEMBLY_FULL, "drop.reassembly_full")	      /* too many others wait */        \
	X(DROP_TOO_LONG, "drop.too_long") /* no room to grow, or more than algorithms take */   \
	X(DROP_NO_MBUF, "drop.no_mbuf")                                                         \
	X(DROP_HANDOVER_FULL, "drop.handover_full")                                             \
	X(DROP_LINK_DOWN, "drop.link_down")	  /* the outgoing port's link was taken down */ \
	X(DROP_TX_FULL, "drop.tx_full")		  /* the outgoing port took no more */          \
	X(DROP_CRYPTO, "drop.crypto")		  /* the crypto library refused a job */        \
	X(DROP_GTPC_REFUSED, "drop.gtpc_refused") /* no place for the session that it makes */  \
	X(DROP_GTPC_FULL, "drop.gtpc_full")	  /* too many wait for control */               \
	X(DROP_GTPC_LATE, "drop.gtpc_late")	  /* control was not done within hold_ms */     \
	X(DROP_GTPV0, "drop.gtpv0")		  /* GTP version 0, e2m.md 6 */                 \
	/* GTP-C */                                                                             \
	X(GTPC_SEEN, "gtpc.seen")                                                               \
	X(GTPC_OVERDUE, "gtpc.overdue") /* sent on after hold_ms, before the store was done */

enum datapath_counter {
#define X(symbol, name) DATAPATH_##symbol,
	DATAPATH_COUNTERS(X)
#undef X
		DATAPATH_COUNTER_COUNT
};

struct datapath_counters {
	uint64_t value[DATAPATH_COUNTER_COUNT];
};

/* "drop.bad_mac" and so on. */
const char *datapath_counter_name(enum datapath_counter counter);

#endif
