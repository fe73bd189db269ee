#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The attacker has the GGSN move V's downlink onto the tunnel of A, whose keys the attacker has: by an Update, by one in IP
# fragments, by one that readers understand differently, and by two under one number. V's session is bound to its
# address, and there is no policy. No N-PDU of V leaves in clear or under A's keys.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_attack.sh"
. "$(dirname "$0")/_other_keys.sh"

attack_lab start_ggsn
other_keys
