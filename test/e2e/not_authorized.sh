#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Another HSE's subscriber: the HSS does not give its keyset away.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_refused.sh"

hss_hses='[other.home.example]'
lab_start
expect_refused not_authorized
