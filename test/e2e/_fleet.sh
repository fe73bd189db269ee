# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _fleet.sh: many devices in the lab, for tests that source it after _init.sh: hse-ue --fleet, with subscribers for
# all of them, each with a K of its own. What a test may set:

devices=200 # osmo-ggsn has 253 addresses for them
fleet_settings='window: 32'

subscribers() {
	subscriber "$imsi" "$ciphering" "$integrity"
	printf '  count: %s\n  derive_k: true\n' "$devices"
}

config_fleet() {
	config_ue
	printf 'fleet: {derive_k: true, ping: 10.2.0.1, %s}\n' "$fleet_settings"
}

# lab_start_without_ue: the lab, ready for a fleet.
lab_start_without_ue() {
	lab_network
	start_ggsn
	start_hss
	start_hse
	wait_peer_open
}

# start_fleet: returns at once.
start_fleet() {
	[ -e "$lab/sgsn.home.example.pem" ] || certificate sgsn.home.example
	config_fleet >"$lab/fleet.yaml"
	: >"$lab/fleet.out"
	start fleet sgsn "$build/app/hse-ue" --config "$lab/fleet.yaml" --fleet "$devices"
}

# end_fleet SECONDS: waits for the fleet to be done with all its devices; fails the test where it was not well.
end_fleet() {
	local pid=${pids[fleet]} status=0
	end_within "$1" "$pid" || die "the fleet is not done after $1 s: $(tail -n 1 "$lab/fleet.out")"
	unset "pids[fleet]"
	wait "$pid" || status=$?
	expect_equal "exit status of the fleet" "$status" 0
	[ -n "$(figure devices)" ] || die "the fleet has said no figures"
}

# figure NAME: of the fleet's last line of what it has done, now or in the end.
figure() {
	grep -E '^(progress|fleet): ' "$lab/fleet.out" | tail -n 1 | tr ' ' '\n' | sed -n "s/^$1=//p"
}
