#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The keyset's time in the HSS has passed when hse pulls it: said once, counted, not pulled at line rate, nothing
# crosses. A new AKA run puts it right at once.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_refused.sh"

keyset_retention_s=1
lab_start
sleep 2.5
expect_refused not_available

: >"$lab/hse-ue.out"
kill -USR1 "${pids[hse-ue]}"
wait_log hse-ue 'step 5'
ping_up 10
