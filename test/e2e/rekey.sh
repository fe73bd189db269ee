#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A new AKA run and an Update PDP Context under traffic: the Key ID changes, and not one packet is lost. The keyset
# before goes when the UE has left it.
. "$(dirname "$0")/_init.sh"

# key_ids: the Key IDs of uplink N-PDUs on the access side, in order of first use.
key_ids() {
	packets payloads "$lab/access.pcap" --to 10.1.0.2 | cut -d ' ' -f 2 | cut -c 1-2 |
		while read -r octet; do echo $((0x$octet >> 3 & 7)); done | uniq
}

hse_sessions=', changeover_s: 2'
lab_start
capture access sgsn gn0
ping_up 5
start ping sgsn python3 "$e2e_dir/packets.py" ping --count 200 --interval 0.03 --device ue0 10.2.0.1
for key_id in 2 3; do
	kill -USR1 "${pids[hse-ue]}"
	wait_for 10 "packets with Key ID $key_id" eval "key_ids | grep -qx $key_id"
done
wait_for 20 "the last ping" log_has ping 'received'
log_has ping '200 received' || die "packets were lost: $(cat "$lab/ping.out")"
capture_end access
expect_equal "Key IDs in order" "$(key_ids | paste -sd ' ')" "1 2 3"
ping_down 5
wait_for 15 "the keyset before to go" counter_at_least session.keysets_left 1
ping_up 5
ping_down 5
