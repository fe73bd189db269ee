#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The HSS is known by a host name, and the name server does not answer, or has no such name: hse starts, forwards at once, keeps protected sessions
# closed, says what is wrong, and serves them when the name resolves, without a restart.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_starts_with.sh"

eval "lab_$(declare -f config_hse)"
config_hse() {
	lab_config_hse | sed 's/address: 10.99.0.1, /address: hss.lab.example, /'
}

# The files of hse's resolver are the test's own: ip netns exec gives it a mount namespace.
eval "plain_$(declare -f start)"
start() {
	if [ "$1" = hse ]; then
		plain_start hse hse sh -c 'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf &&
			mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"' "$lab" "${@:3}"
	else
		plain_start "$@"
	fi
}

echo '127.0.0.1 localhost' >"$lab/hosts"
printf 'nameserver 10.99.0.77\noptions timeout:1 attempts:1\n' >"$lab/resolv.conf"
echo 'hosts: files dns' >"$lab/nsswitch.conf"
start_with_fault
wait_log hse "error: $lab/hse.yaml:[0-9]+:[0-9]+: diameter.peers\[0\].address: the host name hss.lab.example does not resolve: "
expect_fault "$lab/hse.yaml:[0-9]+:[0-9]+: diameter.peers\[0\].address: the host name hss.lab.example does not resolve: "
expect_closed

# Nor when the resolver is sure that there is no such name.
echo 'hosts: files' >"$lab/nsswitch.conf"
wait_log hse "the host name hss.lab.example does not resolve: Name or service not known"
expect_equal "state of the session" "$(session_state)" pulling

echo '10.99.0.1 hss.lab.example' >>"$lab/hosts"
expect_open
