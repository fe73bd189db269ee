#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The attacker has the GGSN move V's downlink onto the tunnel of A, whose keys the attacker has: by an Update, and by one
# that readers understand differently. The responses to the Creates of V and A have 0.0.0.0, so neither session is
# bound: the tunnel alone decides, and a claim of another session bars it. No N-PDU of V leaves in clear or under A's keys,
# with a policy `protect`, and without a policy.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_attack.sh"
. "$(dirname "$0")/_other_keys.sh"

# moved_onto_a_as_claimed: those forms whose message hse reads.
moved_onto_a_as_claimed() {
	moved_onto_a
	moved_onto_a --third-address
}

ue_static=10.2.0.77
a_static=10.2.0.78
hse_more='policy: [{action: protect}]'
attack_lab start_gsn --told-address zero
moved_onto_a_as_claimed
stop hse
hse_more=
start_hse
wait_peer_open
moved_onto_a_as_claimed
