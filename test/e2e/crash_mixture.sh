#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Whatever ends, crashes or changes, in whatever order, under traffic both ways, with counter_octets from 0 to 3: hse, also
# in the middle of its start; the KMS; the UE; rekeys between. No (key, COUNT, BEARER, DIRECTION) is ever used twice on the
# access side, and after each the session passes traffic both ways again.
#
# CRASHES=1000 ends hse that often, COUNTER_OCTETS="1 3" chooses those, SEED=N makes the choices of another run again.
. "$(dirname "$0")/_init.sh"

crashes=${CRASHES:-20}
octets=${COUNTER_OCTETS:-0 1 2 3}
RANDOM=${SEED:=$((RANDOM))}
name_run_by=rand
hss_hses='[hse.home.example, kms.home.example]'
hse_state="{path: $lab/state}"
hse_pull='{retry_min_ms: 20, retry_max_ms: 200}'
hse_sessions=', idle_flush_s: 2, changeover_s: 1'
hse_peers='- {identity: kms.home.example, address: 10.99.0.4, port: 5868}'
hse_key_sources='- {kind: diameter, name: hss, host: hss.home.example, realm: home.example}
- {kind: diameter, name: kms, host: kms.home.example, realm: home.example, prefetch: true}'
ended=0 lost=0
declare -A done_of=() # by action

# --- traffic ---------------------------------------------------------------------------------------------------

talk() {
	rm -f "$lab/talk-up" "$lab/talk-down"
	start talk-up sgsn python3 "$e2e_dir/talker.py" --device ue0 10.2.0.1 "$lab/talk-up"
	start talk-down ggsn python3 "$e2e_dir/talker.py" "$ue_address" "$lab/talk-down"
	wait_for 20 "the talkers" eval '[ -e "$lab/talk-up" ] && [ -e "$lab/talk-down" ]'
}

silence() {
	end talk-up || true
	end talk-down || true
}

answers() {
	local n=0
	[ ! -e "$lab/$1" ] || read -r n <"$lab/$1" || true
	echo "${n:-0}"
}

answered_since() {
	[ "$(answers talk-up)" -gt "$1" ] && [ "$(answers talk-down)" -gt "$2" ]
}

# Both ways, from now on; else the session is lost, and the UE makes another.
expect_traffic() {
	poll 20 answered_since $(($(answers talk-up) + 2)) $(($(answers talk-down) + 2)) && return
	lost=$((lost + 1))
	say "SESSION LOST after $1, ended $ended, counter_octets $counter_octets; seed $SEED"
	hsectl counters >"$lab/lost-$lost.out" 2>&1 || true
	hsectl sessions >>"$lab/lost-$lost.out" 2>&1 || true
	lose_ue
}

start_hse_again() {
	start hse hse "$build/app/hse" --config "$lab/hse.yaml"
}

is_up() {
	hsectl status
}

# Up to so many hundredths of a second.
some_time() {
	local t=$((RANDOM % $1))
	sleep "$((t / 100)).$(printf %02d $((t % 100)))"
}

start_ue_again() {
	: >"$lab/hse-ue.out"
	start_ue
	talk
}

# --- what happens ------------------------------------------------------------------------------------------------

kill_hse() {
	kill_hard hse
	ended=$((ended + 1))
	start_hse_again
}

# The second time in the middle of the start, or soon after it.
kill_hse_twice() {
	kill_hse
	some_time 120
	kill_hse
}

stop_hse() {
	stop hse
	ended=$((ended + 1))
	start_hse_again
}

# While the new keyset is on its way, or has just come.
kill_in_rekey() {
	kill -USR1 "${pids[hse-ue]}"
	some_time 30
	kill_hse
}

rekey_while_down() {
	kill_hard hse
	ended=$((ended + 1))
	kill -USR1 "${pids[hse-ue]}"
	some_time 50
	start_hse_again
}

kill_hse_and_kms() {
	kill_hard hse-kms
	kill_hse
	start_kms
}

# Keys are flushed, and pulled again by the packet that comes first.
kill_after_pause() {
	silence
	sleep 2.3
	talk
	some_time 30
	kill_hse
}

lose_ue() {
	silence
	kill_hard hse-ue
	wait_for 20 "hse" is_up
	wait_peer_open 2
	start_ue_again
}

kill_ue_and_hse() {
	lose_ue
	some_time 50
	kill_hse
}

actions=(kill_hse kill_hse kill_hse kill_hse kill_hse kill_hse_twice kill_hse_twice kill_hse_twice stop_hse stop_hse kill_in_rekey kill_in_rekey
	rekey_while_down kill_hse_and_kms kill_after_pause kill_ue_and_hse)

# --- the run ------------------------------------------------------------------------------------------------------

# Fresh keys and sessions with counter_octets $1, until hse has ended $2 times in all.
run_with() {
	local action
	counter_octets=$1
	start_hse
	wait_peer_open 2
	: >"$lab/recorder.out"
	start recorder sgsn python3 "$e2e_dir/recorder.py" gn0 --k "$k" --opc "$opc" --counter-octets "$counter_octets"
	wait_log recorder '^recording'
	start_ue_again
	expect_traffic "the start"
	while [ "$ended" -lt "$2" ]; do
		some_time 80
		action=${actions[RANDOM % ${#actions[@]}]}
		done_of[$action]=$((${done_of[$action]:-0} + 1))
		"$action"
		expect_traffic "$action"
	done
	silence
	wait_for 20 "hse" is_up
	stop hse-ue
	stop hse
	stop recorder
	figures=$(grep '^keysets=' "$lab/recorder.out" | tail -n 1)
	say "counter_octets $counter_octets: $figures"
	grep -Ev '^(recording|keysets=)' "$lab/recorder.out" >&2 || true
	repeated=$((repeated + $(sed 's/.* twice=\([0-9]*\).*/\1/' <<<"$figures")))
	unknown=$((unknown + $(sed 's/.* unknown=\([0-9]*\).*/\1/' <<<"$figures")))
	reflected=$((reflected + $(sed 's/.* reflected=\([0-9]*\).*/\1/' <<<"$figures")))
	packets=$((packets + $(sed 's/.* protected=\([0-9]*\).*/\1/' <<<"$figures")))
}

repeated=0 unknown=0 reflected=0 packets=0 phase=0
lab_network
start_ggsn
start_hss
start_kms
read -ra list <<<"$octets"
for n in "${list[@]}"; do
	phase=$((phase + 1))
	run_with "$n" $((crashes * phase / ${#list[@]}))
done
say "hse ended $ended times; $packets N-PDUs protected, $repeated COUNTs used twice, $lost sessions lost; seed $SEED"
for action in "${!done_of[@]}"; do
	printf '%s %s, ' "$action" "${done_of[$action]}"
done
echo
expect_equal "COUNTs used twice" "$repeated" 0
expect_equal "sessions lost" "$lost" 0
expect_equal "N-PDUs of no COUNT that is known" "$unknown" 0
expect_equal "N-PDUs that came back to the SGSN" "$reflected" 0
[ "$packets" -gt $((ended * 20)) ] || die "only $packets N-PDUs were protected"
