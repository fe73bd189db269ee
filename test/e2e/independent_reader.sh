#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A second reading of e2m.md (oracle.py) makes the keys from the RAND on the wire, and opens on the access side
# exactly what crosses the core side.
. "$(dirname "$0")/_init.sh"

name_run_by=rand
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
capture core ggsn gn0
start_ue
ping_up 5
ping_up 5 --size 1 --pattern 5a
ping_down 5 --size 700
capture_end access
capture_end core
reads_alike 0 10.1.0.2
reads_alike 1 10.1.0.1
