#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A clear-text packet for a protected tunnel does not get past hse in disguise either: in IP fragments, which the GGSN
# would put together; in a frame that is cut short.
. "$(dirname "$0")/_init.sh"

lab_start
capture access sgsn gn0
ping_up 1
capture_end access
capture inside ggsn tun0
capture core ggsn gn0
for disguise in "--fragmented" "--cut-frame 4" "--cut-frame 20"; do
	# shellcheck disable=SC2086
	packets_in sgsn inject gn0 "$lab/access.pcap" clear_text --to 10.1.0.2 $disguise
done
ping_up 3
capture_end core
capture_end inside
expect_equal "clear-text packets that the GGSN passed on" \
	"$(packets count "$lab/inside.pcap" --containing "$(printf leakleak | od -An -tx1 | tr -d ' ')")" 0
expect_equal "clear-text packets on the core side" \
	"$(packets count "$lab/core.pcap" --containing "$(printf leakleak | od -An -tx1 | tr -d ' ')")" 0
