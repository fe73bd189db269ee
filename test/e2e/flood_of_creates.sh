#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A flood of Create requests of either GTP version that nobody answers, while a protected session talks both ways and is
# rekeyed: what hse remembers of them is bounded, the oldest half-open goes first, no packet of the session is lost or
# crosses in clear. One of the latest can still be accepted, the first no more. Then the UE attaches anew as always.
. "$(dirname "$0")/_init.sh"

half_open=65536 # that hse remembers
expected=4096   # tunnels of theirs
marker=6b6565706f7574
requests=0

flood() {
	in_ns "$1" python3 "$e2e_dir/flood.py" "$2" gn0 "$(mac_of "$1" gn0)" "$(mac_of "$3" gn0)" "${@:4}"
}

rss_kib() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/${pids[hse]}/status"
}

# capture_gtpu: of the access side, by a program that looks at nothing else.
capture_gtpu() {
	start dumpcap sgsn dumpcap -q -P -i gn0 -f 'udp port 2152' -w "$lab/access.pcap"
	wait_for 10 "the capture" test -s "$lab/access.pcap"
}

# Under AddressSanitizer: what is freed is not to be kept for long, for memory is looked at.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=8
access_device+=,framecnt=8192 # a busy machine lets hse wait, and the kernel is not to lose its packets
lab_start
ping_up 5
ping_down 5
capture_gtpu
before=$(rss_kib)
seen=$(counter gtpc.seen)
start up sgsn python3 "$e2e_dir/packets.py" ping --count 400 --interval 0.01 --pattern $marker --device ue0 10.2.0.1
start down ggsn python3 "$e2e_dir/packets.py" ping --count 400 --interval 0.01 --pattern $marker "$ue_address"
while [ "$(counter gtpc.seen)" -lt $((seen + half_open + 5000)) ]; do
	[ $requests -lt 500000 ] || die "hse sees hardly any of $requests requests"
	flood sgsn requests ggsn $requests 15000
	requests=$((requests + 15000))
	[ $requests -ne 30000 ] || kill -USR1 "${pids[hse-ue]}"
done
after=$(rss_kib)
# A little above 800 octets a request; AddressSanitizer puts as much around each.
case $(ldd "$build/app/hse") in *libasan*) most=131072 ;; *) most=65536 ;; esac
[ $((after - before)) -lt $most ] || die "memory grew from $before to $after KiB"
seen=$(($(counter gtpc.seen) - seen))
for what in "transactions $half_open" "expected $expected"; do
	lost=$(counter "gtpc.${what% *}_lost")
	[ "$lost" -le $((seen - ${what#* })) ] && [ "$lost" -ge $((seen - ${what#* } - 100)) ] ||
		die "of $seen requests that were seen ${what#* } are to be remembered, but $lost were put out (${what% *})"
done
for way in up down; do
	wait_for 20 "the last ping $way" log_has $way received
	log_has $way '400 received' || die "packets were lost: $(cat "$lab/$way.out")"
done
wait_for 20 "the rekey" counter_is session.rekeyed 1
ping_up 5 --pattern $marker
expect_equal "GTP-C that control had no time for" "$(counter access.drop.gtpc_late) $(counter core.drop.gtpc_late)" "0 0"

unmatched=$(counter gtpc.drop.no_request)
flood ggsn accept sgsn 0 1
wait_for 5 "the answer to the oldest" counter_is gtpc.drop.no_request $((unmatched + 1))
flood ggsn accept sgsn $((requests - 40)) 40
wait_for 5 "a session of one of the latest" eval '[ "$(status sessions)" -ge 2 ]'

stop hse-ue
rm "$lab/hse-ue.out"
start_ue
ping_up 5 --pattern $marker
ping_down 5 --pattern $marker
expect_equal "G-PDUs of tunnels that hse does not know" "$(counter access.unknown_teid) $(counter core.unknown_teid)" "0 0"
stop dumpcap
expect_equal "frames in clear on the access side" "$(packets count "$lab/access.pcap" --containing $marker$marker)" 0
[ "$(packets count "$lab/access.pcap")" -ge 1600 ] || die "the capture has hardly any of the pings"
