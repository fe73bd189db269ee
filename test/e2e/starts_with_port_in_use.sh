#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The HSS connects to hse, and another program has the port: hse starts, forwards at once, keeps protected sessions closed,
# says what is wrong, and serves them when the port is free, without a restart. So it does when the address is not there yet.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_starts_with.sh"

hse_listen='{address: 10.99.0.8, port: 5868}'
eval "lab_$(declare -f config_hss)"
config_hss() {
	lab_config_hss | sed 's/{identity: hse.home.example}/{identity: hse.home.example, address: 10.99.0.8}/'
}
eval "lab_$(declare -f config_hse)"
config_hse() {
	lab_config_hse | sed 's/{identity: hss.home.example, address: .*}/{identity: hss.home.example}/'
}

start_with_fault
expect_fault "$lab/hse.yaml:[0-9]+:[0-9]+: diameter.listen: no interface of this machine has the address 10.99.0.8"
expect_closed
grep -q "from hss failed: unreachable: hss.home.example is not connected: no interface of this machine" "$lab/hse.log" ||
	die "hse does not say why it cannot pull"

start listener hse python3 -c "
import signal, socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_IP, 15, 1) # IP_FREEBIND
s.bind(('10.99.0.8', 5868))
s.listen()
print('listening', flush=True)
signal.pause()"
wait_log listener '^listening'
ip -n "$run-hse" addr add 10.99.0.8/24 dev mgmt0
wait_log hse "error: $lab/hse.yaml:[0-9]+:[0-9]+: diameter.listen: another program listens on 10.99.0.8 port 5868"
expect_equal "state of the session" "$(session_state)" pulling
kill_hard listener
expect_open
