#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The ten steps of e2m.md 1, and then ordinary pings: on the access side nobody can read them and each costs 6
# octets more; the core side knows nothing of it.
. "$(dirname "$0")/_init.sh"

lab_start
capture access sgsn gn0
capture core ggsn gn0
marker=6b6565706f7574 # in every ping's data
ping_up 20 --pattern "$marker"
ping_down 20 --pattern "$marker"
capture_end access
capture_end core

for n in 0 1 2 3 4 5; do
	log_has hse-ue "^step $n" || [ "$n" = 0 ] || die "hse-ue did not say step $n"
done
for side in access core; do
	for to in 10.1.0.1 10.1.0.2; do
		expect_equal "G-PDUs to $to on the $side side" \
			"$(packets count "$lab/$side.pcap" --to $to)" 40
	done
	packets checksums "$lab/$side.pcap"
done
expect_equal "frames with the ping's data in the clear on the access side" \
	"$(packets count "$lab/access.pcap" --containing "$marker$marker")" 0
expect_equal "frames with the ping's data in the clear on the core side" \
	"$(packets count "$lab/core.pcap" --containing "$marker$marker")" 80

# payload_sizes SIDE: how many octets stand in each G-PDU.
payload_sizes() {
	packets payloads "$lab/$1.pcap" | awk '{ print length($2) / 2 }' | sort -u
}
expect_equal "octets of an N-PDU on the core side" "$(payload_sizes core)" 84
expect_equal "octets of the same on the access side" "$(payload_sizes access)" $((84 + 6))
stop hse-ue
stop hse
stop hse-hss
