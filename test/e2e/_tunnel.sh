# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# _tunnel.sh: for tests whose tunnels no GTP-C has ever announced, and that have neither GSN nor HSS: keysets are in a
# file, and frames are made by tunnel.py. Sourced after _init.sh.

sqn=000000000021
e2mck=00112233445566778899aabbccddeeff
e2mik=0f1e2d3c4b5a69788796a5b4c3d2e1f0
hse_key_sources='- {kind: file, name: lab, path: keysets.yaml}'

keysets() {
	cat >"$lab/keysets.yaml" <<-END
		keysets:
		  - {imsi: "$imsi", sqn: "$sqn", e2mck: $e2mck, e2mik: $e2mik}
	END
}

tunnel() {
	python3 "$e2e_dir/tunnel.py" --keyset "$e2mck$e2mik" "$@"
}

# opens TEID FIRST COUNT, protects TEID FIRST COUNT: what comes to this tunnel protected, or clear, leaves clear, or
# protected with these COUNTs.
opens() {
	tunnel protected up "$@" >"$lab/sent"
	tunnel clear up "$@" >"$lab/expected"
	frames_cross_as "$lab/expected" "$lab/sent" sgsn ggsn
}

protects() {
	tunnel clear down "$@" >"$lab/sent"
	tunnel protected down "$@" >"$lab/expected"
	frames_cross_as "$lab/expected" "$lab/sent" ggsn sgsn
}

# dropped_as_unknown WHAT DIRECTION TEID FIRST COUNT
dropped_as_unknown() {
	local side=access ns=sgsn to=ggsn before
	[ "$2" = up ] || side=core ns=ggsn to=sgsn
	tunnel "$@" >"$lab/sent"
	before=$(counter $side.drop.unknown_teid)
	capture "to-$to" "$to" gn0
	packets_in $ns send gn0 "$lab/sent"
	wait_for 5 "packets of an unknown tunnel to be dropped" counter_is $side.drop.unknown_teid $((before + $5))
	capture_end "to-$to"
	expect_equal "packets of an unknown tunnel that cross" "$(packets count "$lab/to-$to.pcap")" 0
}

# crosses_unchanged WHAT DIRECTION TEID FIRST COUNT
crosses_unchanged() {
	tunnel "$@" >"$lab/sent"
	if [ "$2" = up ]; then
		frames_cross "$lab/sent" sgsn ggsn
	else
		frames_cross "$lab/sent" ggsn sgsn
	fi
}
