#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The keys of an idle session were wiped, and nobody has the keyset any more when the next packet comes: said once,
# counted, not pulled at line rate, nothing crosses. A new AKA run puts it right at once.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_refused.sh"

keyset_retention_s=3
hse_sessions=', idle_flush_s: 2'
lab_start
ping_up 5
wait_for 15 "the keys to be flushed" counter_is session.flushed 1
sleep 1.5
expect_refused not_available

: >"$lab/hse-ue.out"
kill -USR1 "${pids[hse-ue]}"
wait_log hse-ue 'step 5'
ping_up 10
