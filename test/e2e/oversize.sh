#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A downlink packet that protection makes longer than the access side's MTU leaves in fragments of the outer IP, and the
# SGSN puts them together.
. "$(dirname "$0")/_init.sh"

lab_start
capture access sgsn gn0
capture core ggsn gn0
ping_down 10 --size 1432 # 1500 octets with the headers of IP, UDP and GTP-U
capture_end access
capture_end core
expect_equal "whole G-PDUs to the SGSN on the core side" "$(packets count "$lab/core.pcap" --to 10.1.0.1)" 10
expect_equal "whole G-PDUs to the SGSN on the access side" \
	"$(packets count "$lab/access.pcap" --to 10.1.0.1)" 0
expect_equal "packets that were fragmented" "$(counter core.fragmented)" 10
ping_down 10 --size 1426
expect_equal "packets that were fragmented, when they still fit" "$(counter core.fragmented)" 10
