#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# tshark decodes all that hse hands on, on either side, while an ordinary subscriber and a protected one attach, talk, are
# rekeyed, move to another SGSN and leave: no packet of GTP-C or GTP-U is malformed, has a wrong length or checksum, or an
# expert's warning. Of packets that are spoilt on purpose it does complain.
. "$(dirname "$0")/_init.sh"

# Payload of a G-PDU of a protected tunnel is ciphertext: tshark is not to read it as IP.
tshark_read() {
	tshark -n -r "$lab/$1.pcap" -o gtp.dissect_tpdu_as:none -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		"${@:2}" 2>>"$lab/tshark.log" || die "tshark cannot read $1.pcap: $(cat "$lab/tshark.log")"
}

# complaints CAPTURE: of severity warning and worse; and what tshark itself does not mind, a length in GTP that is not the
# one in UDP. What is of GTP is known by its ports too, for tshark may find nothing in it that it would call GTP.
complaints() {
	tshark_read "$1" -Y '(udp.port in {2123, 2152} || gtp) && (_ws.malformed || _ws.short ||
		ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || _ws.expert.severity >= 6291456 ||
		udp.length != gtp.length + 16)' -T fields -e frame.number -e _ws.col.Info -e _ws.expert.message
}

# messages CAPTURE: the types of GTP's messages that came.
messages() {
	tshark_read "$1" -Y gtp -T fields -e gtp.message | sort -u | paste -sd ' '
}

# g_pdus CAPTURE
g_pdus() {
	tshark_read "$1" -Y 'gtp.message == 255' | wc -l
}

# is_complained_of FILE: of each of the frames of FILE there is a complaint. They are taken where they are sent: hse drops those of GTP-C.
is_complained_of() {
	capture sent sgsn gn0
	packets_in sgsn send gn0 "$1"
	poll 5 frames_are_in "$1" "$lab/sent.pcap" || die "not all frames of $1 were sent"
	capture_end sent
	expect_equal "spoilt frames of $1 that tshark complains of" "$(complaints sent | wc -l)" "$(wc -l <"$1")"
}

decoded() {
	local wrong
	wrong=$(complaints "$1")
	[ -z "$wrong" ] || die "tshark complains of $1.pcap: $wrong"
}

pings() {
	ping_up 10
	ping_down 10 --size 1
	ping_all sgsn 10 10.2.0.1 --source "$emu_address"
	ping_all ggsn 10 "$emu_address"
}

ue_move_to=10.1.0.4
hse_more='unknown_teid: pass' # for the spoilt G-PDU
lab_network
ip -n "$run-sgsn" addr add $ue_move_to/24 dev gn0
start_ggsn
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
capture core ggsn gn0
start_sgsnemu
emu_address=$(sgsnemu_address)
start_ue
pings
kill -USR1 "${pids[hse-ue]}"
wait_log hse-ue 'accepted: Key ID 2'
pings
kill -HUP "${pids[hse-ue]}"
wait_for 10 "the move" counter_is session.moved 1
pings
ping_down 1 --size 1432 # leaves hse in fragments of the outer IP; the UE answers in two of the inner
stop hse-ue
kill -INT "${pids[sgsnemu]}"
wait_log sgsnemu 'Received delete PDP context response'
wait_for 5 "the sessions to end" eval '[ "$(status sessions)" -eq 0 ]'
capture_end access
capture_end core
[ "$(tshark_read access -Y 'gtp && ip.fragment.count == 2' | wc -l)" -ge 1 ] || die "nothing has left in fragments"
for side in access core; do
	decoded $side
	expect_equal "types of messages on the $side side" "$(messages $side)" \
		"0x01 0x02 0x10 0x11 0x12 0x13 0x14 0x15 0xff"
	expect_equal "G-PDUs on the $side side" "$(g_pdus $side)" $((3 * 80 + 3))
done

packets gtpc-broken "$(mac_of sgsn gn0)" "$(mac_of ggsn gn0)" >"$lab/broken"
is_complained_of "$lab/broken"
packets gpdu "$(mac_of ggsn gn0)" "$(mac_of sgsn gn0)" 10.1.0.1 10.1.0.2 0x10 | sed 's/..$/5a/' >"$lab/checksum"
is_complained_of "$lab/checksum"
