# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# _starts_with.sh: a start of hse with a fault outside of it: what every such start has in common.

# A pull that fails is soon tried again, and packets wait for it through the whole test.
hse_pull='{retry_min_ms: 100, retry_max_ms: 500, hold_ms: 60000}'
clear_marker=706c61696e     # in each ping of the subscriber without protection
secret_marker=73656372657421 # in each ping of the other

# start_with_fault: the lab, with hse last before its UEs; says how long it took until hse forwarded.
start_with_fault() {
	local began
	lab_network
	start_ggsn
	start_hss
	config_hse >"$lab/hse.yaml"
	began=${EPOCHREALTIME/./}
	start_hse
	run_sgsnemu # its GTP-C is the first that crosses
	wait_for 15 "sgsnemu's TUN device" sgsnemu_address
	say "an unprotected subscriber is served $(((${EPOCHREALTIME/./} - began) / 1000)) ms after the start of hse"
	route_emu
}

# expect_fault REGEX: one line of status and an error in the log that look so.
expect_fault() {
	hsectl status | grep -Eq "^fault: $1" || die "hsectl status does not say '$1': $(hsectl status | grep ^fault)"
	log_has hse "^hse: error: $1" || die "the log of hse has no error '$1'"
	[ "$(hsectl --json status | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["faults"]))')" -ge 1 ] ||
		die "hsectl --json status has no fault"
}

# expect_closed: an unprotected subscriber is served; nothing of a protected one crosses, either way.
expect_closed() {
	ping_all sgsn 5 10.2.0.1 --source "$(sgsnemu_address)" --pattern $clear_marker
	ping_all ggsn 5 "$(sgsnemu_address)" --pattern $clear_marker
	start_ue
	capture core ggsn gn0
	capture access sgsn gn0
	try_ping 5 --interval 0.02 --pattern $secret_marker
	packets_in ggsn ping --count 3 --interval 0.02 --wait 0.2 "$ue_address" --pattern $secret_marker >/dev/null 2>&1 || true
	capture_end core
	capture_end access
	expect_equal "G-PDUs of the protected subscriber on the core side" \
		"$(packets count "$lab/core.pcap" --to 10.1.0.2)" 0
	expect_equal "readable packets of the protected subscriber on the access side" \
		"$(packets count "$lab/access.pcap" --containing $secret_marker)" 0
	expect_equal "state of the session" "$(session_state)" pulling
	[ "$(status held_packets)" -ge 1 ] || die "no packet waits for its key"
}

session_state() {
	hsectl --json sessions --imsi "$imsi" |
		python3 -c 'import json,sys; print(json.load(sys.stdin)["sessions"][0]["state"])'
}

# expect_open: the fault is mended; the same hse serves the protected subscriber.
expect_open() {
	local pid=${pids[hse]}
	wait_peer_open
	ping_up 5
	ping_down 5
	wait_for 10 "no fault in hsectl status" no_fault
	expect_equal "process of hse" "${pids[hse]}" "$pid"
	is_running hse || die "hse has ended"
	expect_equal "drops of malformed or wrong packets" \
		"$(($(counter access.drop.bad_mac) + $(counter access.drop.malformed) + $(counter access.drop.replay)))" 0
}

no_fault() {
	[ "$(hsectl --json status | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["faults"]))')" -eq 0 ]
}
