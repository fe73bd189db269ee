#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# GTP-C whose lengths are wrong is passed on untouched, both ways, and counted as unparsed.
. "$(dirname "$0")/_init.sh"

lab_start
packets gtpc-broken 02:00:00:00:00:01 02:00:00:00:00:02 >"$lab/broken"
kinds=$(wc -l <"$lab/broken")
frames_cross "$lab/broken" sgsn ggsn
wait_for 5 "each to be counted" counter_is gtpc.unparsed "$kinds"
frames_cross "$lab/broken" ggsn sgsn
wait_for 5 "each to be counted" counter_is gtpc.unparsed $((2 * kinds))
ping_up 5
