#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# COUNT comes to the configured mark: said once in the log, counted, and seen in the session; packets go on. The next
# keyset is free of it.
. "$(dirname "$0")/_init.sh"

marked_is() {
	hsectl --json sessions | grep -q "\"count_warning\": *$1"
}

warnings() {
	grep -Ec "warning: IMSI $imsi .*COUNT" "$lab/hse.log" || true
}

hse_sessions=', count_warning: 20, idle_flush_s: 8'
lab_start
ping_up 10
marked_is 0 || die "a warning before the mark"
ping_up 20
wait_for 15 "the warning" counter_is session.count_warnings 1
marked_is 1 || die "hsectl sessions does not show it"
ping_up 20
expect_equal "lines in the log" "$(warnings)" 1

kill -USR1 "${pids[hse-ue]}"
wait_for 10 "the next keyset" counter_is session.rekeyed 1
ping_up 5
marked_is 0 || die "the next keyset is marked too"
