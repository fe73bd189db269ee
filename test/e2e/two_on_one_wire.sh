#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A second hse on an interface that one has is refused, by whatever name it is called, and the first does not mind. An
# ordinary user cannot pretend to have it. One interface for both ports is refused, by --check too.
. "$(dirname "$0")/_init.sh"

# second [SED-COMMAND]: the configuration of another hse on the same wire.
second() {
	config_hse | sed "s/prefix: .*}/prefix: ${run}2}/${1:+; $1}" >"$lab/second.yaml"
}

# refused STATUS TEXT [OPTION]: that one ends so, and says TEXT.
refused() {
	local status=0
	in_ns hse timeout 30 "$build/app/hse" --config "$lab/second.yaml" "${@:3}" \
		>"$lab/second.out" 2>"$lab/second.log" </dev/null || status=$?
	expect_equal "exit status, after it said: $(cat "$lab/second.log")" "$status" "$1"
	grep -Fq -- "$2" "$lab/second.log" || die "it was to say: $2; it said: $(cat "$lab/second.log")"
}

in_use() {
	printf 'ports.%s.device: %s is in use by process %s, another hse: end that one, or give each interfaces of its own' \
		"$1" "$2" "${pids[hse]}"
}

lab_start
ping_up 3
second
refused 1 "$(in_use access acc0)"
second 's/net_af_packet0,iface=acc0/net_pcap0,rx_iface_in=acc0,tx_iface=acc0/'
refused 1 "$(in_use access acc0)"
second 's/net_af_packet0,iface=acc0/net_null0/'
refused 1 "$(in_use core core0)"
ip -n "$run-hse" link property add dev acc0 altname wire0
second 's/iface=acc0/iface=wire0/'
refused 1 "$(in_use access wire0)"
capture access sgsn gn0
ping_up 3
ping_down 3
capture_end access
expect_equal "packets of the first hse" "$(packets count "$lab/access.pcap" --to 10.1.0.1)" 6

# After a crash the wire is free.
kill_hard hse
start_hse
stop hse

# One interface for both ports, under one name and under two.
second 's/core0", queues/acc0", queues/'
refused 2 'ports.core.device: acc0 is the access port already; each port needs an interface of its own' --check
refused 2 'ports.core.device: acc0 is the access port already'
second 's/core0", queues/wire0", queues/'
refused 2 'ports.core.device: wire0 is the access port already' --check

# Another user's program has the address of the lock: it does not count, whatever it may do now. (An ordinary user gets all
# capabilities in a user namespace, or by a setuid program.) The second hse is refused all the same.
start squatter hse setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +net_raw --ambient-caps +net_raw \
	python3 -c "
import socket, signal
held = []
for name in 'acc0', 'core0':
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.bind(f'\0hse-wire/name/{name}/0')
    s.listen()
    held.append(s)
print('holds', flush=True)
signal.pause()"
wait_log squatter '^holds'
: >"$lab/hse-ue.out"
start_hse
wait_peer_open
second
refused 1 "$(in_use access acc0)"
