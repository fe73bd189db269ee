#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The lab without hse: an ordinary SGSN reaches the GGSN through a kernel bridge. When this fails, it is the
# lab or osmo-ggsn, and no other test says anything.
. "$(dirname "$0")/_init.sh"

lab_network
lab_bridge
start_ggsn
start_sgsnemu
ping_all sgsn 20 10.2.0.1 --source "$(sgsnemu_address)"
ping_all ggsn 20 "$(sgsnemu_address)"
stop ggsn
