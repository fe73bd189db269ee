#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Outer IPv4 headers with options, and UDP without a checksum: uplink is opened and downlink protected all the same; options
# and the missing checksum stay as they are.
. "$(dirname "$0")/_init.sh"

options=9404000001010101 # Router Alert, and padding
lab_start
ping_up 3
withhold 6
capture downlink ggsn gn0
ping_down 3
capture_end downlink

# crosses SENDER PCAP TO RECEIVER COUNTER [OPTION...]: the first three G-PDUs of PCAP, injected so.
nth=0
crosses() {
	local before nth_end=$((nth + 3)) i
	before=$(counter "$5")
	capture out "$4" gn0
	for ((i = nth; i < nth_end; i++)); do
		packets_in "$1" inject gn0 "$lab/$2.pcap" untouched --to "$3" --nth $i "${@:6}"
	done
	wait_for 5 "three packets more in $5" counter_is "$5" $((before + 3))
	wait_for 5 "the packets at $4" seen out 3 --to "$3"
	capture_end out
	packets checksums "$lab/out.pcap" --to "$3"
}

# with_options: G-PDUs of out.pcap that have them.
with_options() {
	packets count "$lab/out.pcap" --containing $options
}

# without_checksum: those of out.pcap whose UDP checksum is zero.
without_checksum() {
	packets count "$lab/out.pcap" --without-udp-checksum --to "$1"
}

crosses sgsn withheld 10.1.0.2 ggsn access.opened --ip-options $options
expect_equal "uplink packets with their options" "$(with_options)" 3
nth=3
crosses sgsn withheld 10.1.0.2 ggsn access.opened --no-udp-checksum
expect_equal "uplink packets without a UDP checksum" "$(without_checksum 10.1.0.2)" 3
nth=0
crosses ggsn downlink 10.1.0.1 sgsn core.protected --ip-options $options
expect_equal "downlink packets with their options" "$(with_options)" 3
crosses ggsn downlink 10.1.0.1 sgsn core.protected --no-udp-checksum
expect_equal "downlink packets without a UDP checksum" "$(without_checksum 10.1.0.1)" 3
ping_up 3
ping_down 3
