/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters: all that hse-ue counts, by name. Written by the one thread of the event loop.
 */
#ifndef UE_COUNTERS_H
#define UE_COUNTERS_H

#include <stdint.h>
#include <stdio.h>

/* member, name */
#define UE_COUNTERS(X)                                    \
	X(aka_runs, "aka.runs")                           \
	X(aka_sqn_not_fresh, "aka.sqn_not_fresh")         \
	X(aka_retries, "aka.retries")                     \
	X(aka_failures, "aka.failures")                   \
	X(gtpc_requests, "gtpc.requests")                 \
	X(gtpc_retransmissions, "gtpc.retransmissions")   \
	X(gtpc_no_answer, "gtpc.no_answer")               \
	X(gtpc_responses, "gtpc.responses")               \
	X(gtpc_echo, "gtpc.echo")                         \
	X(gtpc_unparsed, "gtpc.unparsed")                 \
	X(gtpc_unexpected, "gtpc.unexpected")             \
	X(gtpc_send_failed, "gtpc.send_failed")           \
	X(gtpu_echo, "gtpu.echo")                         \
	X(gtpu_error_indication, "gtpu.error_indication") \
	X(gtpu_unparsed, "gtpu.unparsed")                 \
	X(gtpu_unexpected, "gtpu.unexpected")             \
	X(gtpu_unknown_tunnel, "gtpu.unknown_tunnel")     \
	X(gtpu_wrong_peer, "gtpu.wrong_peer")             \
	X(up_packets, "up.packets")                       \
	X(up_octets, "up.octets")                         \
	X(up_not_ipv4, "up.not_ipv4")                     \
	X(up_too_long, "up.too_long")                     \
	X(up_keyset_spent, "up.keyset_spent")             \
	X(up_crypto_failed, "up.crypto_failed")           \
	X(up_send_failed, "up.send_failed")               \
	X(down_packets, "down.packets")                   \
	X(down_octets, "down.octets")                     \
	X(down_malformed, "down.malformed")               \
	X(down_unknown_key_id, "down.unknown_key_id")     \
	X(down_count_range, "down.count_range")           \
	X(down_replay, "down.replay")                     \
	X(down_bad_mac, "down.bad_mac")                   \
	X(down_bad_mac_flood, "down.bad_mac_flood")       \
	X(down_recovered, "down.recovered")               \
	X(down_recovery_pending, "down.recovery_pending") \
	X(down_tun_failed, "down.tun_failed")

struct ue_counters {
#define UE_COUNTER_MEMBER(member, name) uint64_t member;
	UE_COUNTERS(UE_COUNTER_MEMBER)
#undef UE_COUNTER_MEMBER
};

/* One line: "counters: name=value name=value ...". */
void ue_counters_print(const struct ue_counters *counters, FILE *out);

#endif
