# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _observe.sh: what hse says of itself, traffic through it, and what is seen of it on either side. For _init.sh.

# --- looking at hse --------------------------------------------------------------------------------------------------

hsectl() {
	"$build/app/hsectl" --prefix "$run" "$@"
}

# status NAME: one number of `hsectl status`.
status() {
	hsectl --json status | python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# counters PREFIX: lines of name and value, summed over the workers and the control thread.
counters() {
	hsectl --json counters | packets counters "$1"
}

# counter NAME: 0 when hse does not know it.
counter() {
	counters "$1" | awk -v name="$1" '$1 == name { n = $2 } END { print n + 0 }'
}

# risen PREFIX FILE: which of them are no longer what FILE, written by counters before, says, and by how much.
risen() {
	counters "$1" | awk 'NR == FNR { was[$1] = $2; next } $2 != was[$1] { print $1, $2 - was[$1] }' "$2" -
}

counter_is() {
	[ "$(counter "$1")" -eq "$2" ]
}

counter_at_least() {
	[ "$(counter "$1")" -ge "$2" ]
}

peers_open() {
	[ "$(status peers_open)" -ge "${1:-1}" ]
}

peers_closed() {
	[ "$(status peers_open)" -eq 0 ]
}

# wait_peer_open [COUNT]: that many Diameter peers of hse.
wait_peer_open() {
	wait_for 20 "hse's Diameter connections" peers_open "${1:-1}"
}

# --- traffic and captures ----------------------------------------------------------------------------------------------

# ping_all NAMESPACE COUNT ADDRESS [OPTION...]: every single one must come back.
ping_all() {
	local out
	out=$(packets_in "$1" ping --count "$2" "$3" "${@:4}" 2>&1) ||
		die "lost packets on the way from $1 to $3: $out"
}

# try_ping COUNT [OPTION...]: from the UE, where answers are not expected.
try_ping() {
	packets_in sgsn ping --device ue0 --count "$1" --wait 0.1 10.2.0.1 "${@:2}" >/dev/null || true
}

# reads_alike DIRECTION RECEIVER: what oracle.py opens of access.pcap, which must have the RAND, is what core.pcap has.
reads_alike() {
	packets payloads "$lab/core.pcap" --to "$2" | cut -d ' ' -f 2 >"$lab/core.txt"
	python3 "$e2e_dir/oracle.py" open "$lab/access.pcap" --k "$k" --opc "$opc" --to "$2" \
		--direction "$1" >"$lab/access.txt"
	[ -s "$lab/core.txt" ] || die "nothing went to $2"
	cmp "$lab/core.txt" "$lab/access.txt" || die "direction $1: not the same N-PDUs"
}

# withhold COUNT: captures, into withheld.pcap, packets that the UE has protected and hse has not seen: a route leads them
# into a blind end.
withhold() {
	veth_add sgsn blind0 sgsn blind1
	ip -n "$run-sgsn" link set blind0 address "$(mac_of sgsn gn0)"
	ip -n "$run-sgsn" neigh add 10.1.0.2 lladdr "$(mac_of ggsn gn0)" dev blind0
	ip -n "$run-sgsn" route add 10.1.0.2/32 dev blind0
	capture withheld sgsn blind0
	try_ping "$1" --interval 0.01
	capture_end withheld
	ip -n "$run-sgsn" route del 10.1.0.2/32 dev blind0
	expect_equal "withheld packets" "$(packets count "$lab/withheld.pcap" --to 10.1.0.2)" "$1"
}

# One way and the other: from the UE to the GGSN's TUN device, and back.
ping_up() {
	ping_all sgsn "$1" 10.2.0.1 --device ue0 "${@:2}"
}

ping_down() {
	ping_all ggsn "$1" "$ue_address" "${@:2}"
}

packets() {
	python3 "$e2e_dir/packets.py" "$@"
}

# packets_in NAMESPACE COMMAND...
packets_in() {
	in_ns "$1" python3 "$e2e_dir/packets.py" "${@:2}"
}

# seen NAME COUNT [OPTION...]: capture NAME holds so many G-PDUs.
seen() {
	[ "$(packets count "$lab/$1.pcap" "${@:3}")" -eq "$2" ]
}

# frames_cross FILE FROM TO: sends the named frames of FILE in one namespace and looks for each of them, octet for
# octet, in the other.
frames_cross() {
	frames_cross_as "$1" "$@"
}

# frames_cross_as EXPECTED FILE FROM TO: the same, but looks for the frames of EXPECTED.
frames_cross_as() {
	local missing
	capture "to-$4" "$4" gn0
	packets_in "$3" send gn0 "$2"
	poll 5 frames_are_in "$1" "$lab/to-$4.pcap" || true
	capture_end "to-$4"
	missing=$(packets missing "$lab/to-$4.pcap" "$1")
	[ -z "$missing" ] || die "did not cross from $3 to $4 as they should: ${missing//$'\n'/ }"
}

frames_are_in() {
	[ -z "$(packets missing "$2" "$1")" ]
}

# capture NAME NAMESPACE INTERFACE: from now on into NAME.pcap, until capture_end NAME.
capture() {
	rm -f "$lab/capture-$1.out"
	start "capture-$1" "$2" python3 "$e2e_dir/packets.py" capture "$3" "$lab/$1.pcap"
	wait_log "capture-$1" '^capturing'
}

capture_end() {
	stop "capture-$1"
}

# decodes CAPTURE: every GTP-C and GTP-U packet in it, by tshark, without a word about malformation. In access.pcap payloads
# are ciphertext, of which one in some ten thousand looks like Ethernet.
decodes() {
	local wrong payload='TPDU Heuristic'
	[ "$1" != access ] || payload=none
	wrong=$(tshark -n -r "$lab/$1.pcap" -o "gtp.dissect_tpdu_as:$payload" -Y '(gtp || gtpv2) && (_ws.malformed || _ws.expert.severity >= 6291456)' \
		2>/dev/null) || die "tshark failed on $1.pcap"
	[ -z "$wrong" ] || die "tshark says of $1.pcap: $wrong"
}

# gtpv2 CAPTURE FIELD [FILTER]: that field of every GTPv2-C message, by tshark.
gtpv2() {
	tshark -n -r "$lab/$1.pcap" -Y "gtpv2 ${3:+&& $3}" -T fields -e "gtpv2.$2" 2>/dev/null
}
