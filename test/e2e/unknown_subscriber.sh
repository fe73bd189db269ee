#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The HSS does not know the subscriber (any more): said once, counted, not pulled at line rate, nothing crosses.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_refused.sh"

lab_start
stop hse-hss
hss_imsi=262010000000002
wait_for 20 "hse to notice" peers_closed
start_hss
wait_peer_open
expect_refused user_unknown
