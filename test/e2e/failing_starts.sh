#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A start that fails says what, where and what to do, ends with status 1, and leaves nothing behind, nor harms another hse
# that runs. A stop in the middle of things is a stop as any other.
. "$(dirname "$0")/_init.sh"

# left PREFIX: files of that hse.
left() {
	if [ -e "/var/run/dpdk/$1" ]; then
		find "/var/run/dpdk/$1"
	fi
}

# fails SED-COMMAND TEXT: with its configuration changed so, hse says TEXT in one line of errors.
fails() {
	local status=0 said
	config_hse | sed "$1" >"$lab/failing.yaml"
	! config_hse | cmp -s - "$lab/failing.yaml" || die "sed changed nothing: $1"
	in_ns hse timeout 30 "$build/app/hse" --config "$lab/failing.yaml" >"$lab/failing.out" \
		2>"$lab/failing.log" </dev/null || status=$?
	said=$(grep -F 'hse: error: ' "$lab/failing.log" || true)
	expect_equal "exit status of a start that says: $said" "$status" 1
	expect_equal "what it says" "$said" "hse: error: $2"
}

# left_nothing
left_nothing() {
	expect_equal "left behind" "$(left "$run")" ""
}

lab_network
certificate hse.home.example

fails 's/iface=acc0/iface=nowhere0/' \
	"ports.access.device: there is no net_af_packet0: rte_pmd_init_internals(): net_af_packet0: ioctl failed (SIOCGIFINDEX):No such device"
left_nothing
fails 's/net_af_packet1,iface=core0/0000:fe:1f.7/' \
	"ports.core.device: there is no 0000:fe:1f.7: is it bound to vfio-pci (dpdk-devbind.py --status)?"
left_nothing
fails 's/net_af_packet0/net_nonsense0/' \
	"DPDK does not start: failed to parse device \"net_nonsense0\": No such device; with log: {level: debug} it says more"
left_nothing
mkdir -p "/var/run/dpdk/$run/config"
fails 's/log: .*/log: {level: warning}/' \
	"DPDK does not start: Cannot open '/var/run/dpdk/$run/config' for rte_mem_config; with log: {level: debug} it says more"
rm -rf "/var/run/dpdk/${run:?}"
fails 's/core0", queues: 1/core0", queues: 3/' \
	"ports.core.queues: net_af_packet1,iface=core0 has 1 receive queues, not 3 (a vdev may take more by its arguments, af_packet by qpairs=N)"
left_nothing
fails 's/core0", queues: 1/core0,qpairs=2", queues: 1/' \
	"ports.core.queues: net_af_packet1,iface=core0,qpairs=2 spreads over 2 queues, all of which must be read: write queues: 2"
left_nothing
fails 's/count: 1, lcores: \[1\]/count: 2, lcores: [0, 1]/' \
	"ports.access: net_af_packet0,iface=acc0 has 1 transmit queues, and each of 2 workers needs one (a vdev may take more by its arguments, af_packet by qpairs=N)"
left_nothing
fails 's/acc0", queues: 1/acc0", queues: 1, mtu: 9000/' \
	"ports.access.mtu: net_af_packet0,iface=acc0 has an MTU of 1500; give it 9000 by \`ip link set mtu\`, or write mtu: 1500"
left_nothing
fails 's/acc0", queues: 1/acc0,framesz=1536", queues: 1/' \
	"ports.access.device: net_af_packet0,iface=acc0,framesz=1536 has no room for frames of its MTU of 1500, or blocksz is no multiple of framesz; write framesz=4096,blocksz=4096"
left_nothing
fails 's/mib: 256/mib: 64, mbufs: 1000000/' \
	"no memory on NUMA node 0 for 1000000 packet buffers of 2048 octets: Cannot allocate memory; raise memory.mib or lower memory.mbufs"
left_nothing
fails 's/max: 1024/max: 4000000/' \
	"worker 0: no memory for 8036370 flows; raise memory.mib or lower sessions.max"
left_nothing

# Somebody else listens where telemetry should.
mkdir -p "/var/run/dpdk/$run"
start listener hse python3 -c "
import signal, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind('/var/run/dpdk/$run/dpdk_telemetry.v2')
s.listen()
print('listening', flush=True)
signal.pause()"
wait_log listener '^listening'
fails 's/log: .*/log: {level: warning}/' \
	"telemetry.prefix: DPDK cannot listen on /var/run/dpdk/$run/dpdk_telemetry.v2; end the program that does, or take another prefix"
kill_hard listener
left_nothing

# A second one with the prefix of the first, on other ports. The first does not mind.
start_ggsn
start_hss
start_hse
wait_peer_open
start_ue
ping_up 2
fails 's/net_af_packet\([01]\),iface=[a-z]*0/net_null\1,no-rx=1/' \
	"telemetry.prefix: another program runs with the prefix $run; end it, or give each its own"
ping_up 2
hsectl status >/dev/null
stop hse-ue

# In the middle of a pull that nobody answers.
kill -STOP "${pids[hse-hss]}"
stop hse
kill -CONT "${pids[hse-hss]}"
left_nothing
start_hse
wait_peer_open
rm "$lab/hse-ue.out"
start_ue
kill -STOP "${pids[hse-hss]}"
try_ping 3
wait_for 5 "a pull on its way" counter_at_least pull.sent 1
[ "$(status pulls_in_flight)" -ge 1 ] || die "no pull is on its way"
[ "$(status held_packets)" -ge 1 ] || die "no packet waits for its key"
stop hse
kill -CONT "${pids[hse-hss]}"
left_nothing

# As soon as it runs, and a little later: before it is ready, it may not know the signal yet, but ends all the same.
stop hse-hss
for after in 0.02 0.1 0.2 0.3 0.5; do
	start hse hse "$build/app/hse" --config "$lab/hse.yaml"
	sleep "$after"
	end hse || [ $? -eq 143 ] || die "hse did not end as it should, $after s after its start"
	left_nothing
done
