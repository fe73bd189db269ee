#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A subscriber without e2m, of another SGSN, beside a protected one: its packets cross hse as they are.
. "$(dirname "$0")/_init.sh"

lab_start
start_sgsnemu
capture access sgsn gn0
marker=706c61696e # in every ping's data
ping_all sgsn 20 10.2.0.1 --source "$(sgsnemu_address)" --pattern $marker
ping_all ggsn 20 "$(sgsnemu_address)" --pattern $marker
capture_end access
expect_equal "readable pings on the access side" \
	"$(packets count "$lab/access.pcap" --containing $marker$marker)" 80
ping_up 20
ping_down 20
kill -INT "${pids[sgsnemu]}"
wait_log sgsnemu 'Received delete PDP context response'
stop hse-ue
