#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The USIM is ahead of the HSS: it refuses the first vector, its AUTS moves the HSS, and the second one is good
# (TS 33.102 6.3.5).
. "$(dirname "$0")/_init.sh"

usim_sqn=000000100000
lab_start
log_has hse-ue '[Rr]esync' || die "hse-ue took a vector with an SQN of before"
ping_up 5
ping_down 5
