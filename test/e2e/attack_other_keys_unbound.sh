#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The attacker has the GGSN move V's downlink onto the tunnel of A, whose keys the attacker has: by an Update, by one in IP
# fragments, by one that readers understand differently, and by two under one number. The response to V's Create has
# 0.0.0.0, so the session is not bound; the policy is `protect`. No N-PDU of V leaves in clear or under A's keys.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_attack.sh"
. "$(dirname "$0")/_other_keys.sh"

hse_more='policy: [{action: protect}]'
ue_static=10.2.0.77
attack_lab start_gsn --told-address zero
other_keys
