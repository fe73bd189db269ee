#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The UE moves to another S-GW and back, under traffic both ways, with all its bearers: Modify Bearer moves the
# downlink tunnels, keys and COUNTs go on, and not one packet is lost, nor reaches either S-GW in the clear.
. "$(dirname "$0")/_init.sh"

ue_system=eps
ue_move_to=10.1.0.3
lab_network
start_pgw
start_hss
start_hse
wait_peer_open
capture access sgsn gn0
start_ue
pgw dedicated 10.2.0.9
wait_log pgw 'bearer EBI 6 .* for 10.2.0.9'
marker=6b6565706f7574
for host in 1 9; do
	start "up-$host" sgsn python3 "$e2e_dir/packets.py" ping --count 200 --interval 0.01 --pattern $marker \
		--device ue0 "10.2.0.$host"
	start "down-$host" ggsn python3 "$e2e_dir/packets.py" ping --count 200 --interval 0.01 --pattern $marker \
		--source "10.2.0.$host" "$ue_address"
done
for address in 10.1.0.3 10.1.0.1 10.1.0.3 10.1.0.1; do
	kill -HUP "${pids[hse-ue]}"
	wait_for 10 "the move to $address" eval "tail -n 1 $lab/hse-ue.out | grep -q '^moved to S-GW $address:'"
	sleep 0.3 # of traffic there
done
for ping in up-1 up-9 down-1 down-9; do
	wait_for 20 "the last ping $ping" log_has $ping received
	log_has $ping '200 received' || die "packets were lost: $(cat "$lab/$ping.out")"
done
capture_end access
expect_equal "tunnels moved" "$(counter session.moved)" 8
expect_equal "requests from elsewhere" "$(counter gtpc.not_from_peer)" 0
expect_equal "frames in the clear on the access side" \
	"$(packets count "$lab/access.pcap" --containing "$marker$marker")" 0
for address in 10.1.0.1 10.1.0.3; do
	[ "$(packets count "$lab/access.pcap" --to $address)" -ge 50 ] || die "hardly any downlink packets to $address"
done
decodes access
