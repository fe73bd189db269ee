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

# crosses_as SENT EXPECTED FROM TO: sends the frames of a file in one namespace and looks in the other for each of
# those of the second, octet for octet.
crosses_as() {
	local missing
	capture "to-$4" "$4" gn0
	packets_in "$3" send gn0 "$1"
	poll 5 frames_are_in "$2" "$lab/to-$4.pcap" || true
	capture_end "to-$4"
	missing=$(packets missing "$lab/to-$4.pcap" "$2")
	[ -z "$missing" ] || die "not seen on the way from $3 to $4: ${missing//$'\n'/ }"
}

# opens TEID FIRST COUNT, protects TEID FIRST COUNT: what comes to this tunnel protected, or clear, leaves clear, or
# protected with these COUNTs.
opens() {
	tunnel protected up "$@" >"$lab/sent"
	tunnel clear up "$@" >"$lab/expected"
	crosses_as "$lab/sent" "$lab/expected" sgsn ggsn
}

protects() {
	tunnel clear down "$@" >"$lab/sent"
	tunnel protected down "$@" >"$lab/expected"
	crosses_as "$lab/sent" "$lab/expected" ggsn sgsn
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
