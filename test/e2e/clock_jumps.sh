#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Somebody sets the clock of the machine, of hse and of the HSS alike, a day ahead, and then two days back. No session ends, no
# packet is lost, no keyset outlives or falls short of its lifetime, and pulls go on.
. "$(dirname "$0")/_init.sh"

# Programs that start from now on see the time of day that clock sets, and the other clocks as they are.
clock() {
	printf '%s\n' "$1" >"$lab/clock"
}
export FAKETIME_TIMESTAMP_FILE=$lab/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
faketime=(/usr/lib/*/faketime/libfaketimeMT.so.1)
clock +0

lifetime_s=15
hse_sessions=', changeover_s: 1'
hse_state="{path: $lab/state}"
lab_network
start_ggsn
LD_PRELOAD=${faketime[0]} start_hss
LD_PRELOAD=${faketime[0]} start_hse
wait_peer_open
grep -q libfaketime "/proc/${pids[hse]}/maps" || die "hse sees the clock of the machine"
start_ue
began=$SECONDS
ping_up 5
uptime_s=$(status uptime_s)
for jump in +1d -1d; do
	clock "$jump"
	ping_up 20
	ping_down 20
	kill -USR1 "${pids[hse-ue]}" # another AKA run, and another pull
	wait_for 20 "the keyset of the next AKA run, with the clock at $jump" counter_at_least pull.found \
		$(($(counter session.rekeyed) + 1))
	ping_up 20
done
[ $((SECONDS - began)) -ge "$lifetime_s" ] ||
	expect_equal "keysets whose lifetime is over before its time" "$(counter session.keysets_expired)" 0
[ "$(status uptime_s)" -le $((uptime_s + 120)) ] || die "hse says that it is up for $(status uptime_s) s"
expect_equal "sessions" "$(status sessions)" 1
drops=$(counters access.drop | awk '$2 > 0')$(counters core.drop | awk '$2 > 0')
expect_equal "drops" "$drops" ""
wait_for 40 "the lifetime of the last keyset to end" counter_at_least session.keysets_expired 1
