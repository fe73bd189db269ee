# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _init.sh: what the end-to-end tests and the demo share. It stands up, in network namespaces that are
# this run's own, the network in which an HSE lives; starts and stops programs; and takes everything
# down again, however the run ends.
#
#   namespace sgsn              namespace hse                namespace ggsn
#   hse-ue, sgsnemu             hse, hse-hss' peer           osmo-ggsn
#   gn0 10.1.0.1 ------- acc0 [ hse ] core0 ---------- gn0 10.1.0.2   tun0 10.2.0.1
#   mgmt0 10.99.0.3 --+         mgmt0 10.99.0.2
#                     |         |
#                     +- br0 10.99.0.1 -+    namespace home: hse-hss; as KMS 10.99.0.4, .5
#
# A test sources this file, sets what it wants otherwise (see "what a test may set"), calls
# lab_start, does its one thing, and ends; `die` or any failing command fails it. It needs root.
#
# Environment: HSE_BUILD is the build folder (build), HSE_KEEP=1 keeps the run's files.

set -Eeuo pipefail
shopt -s inherit_errexit

e2e_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$e2e_dir/../.." && pwd)
build=$(cd "$top" && realpath -m "${HSE_BUILD:-build}")
export PYTHONDONTWRITEBYTECODE=1
# The packages' programs first: another python3 may be a version manager's script, which takes thrice the time to start.
PATH=/usr/bin:$PATH
test_name=$(basename "$0" .sh)
run=hse-$$
umask 077 # other users must not read files with keys
lab=$(mktemp -d "${TMPDIR:-/tmp}/$run-XXXXXX")
chmod 700 "$lab"
declare -A pids=()
declare -a started=() mounts=()

. "$e2e_dir/_configs.sh"
. "$e2e_dir/_observe.sh"

# --- what a test may set -----------------------------------------------------------------------------

# The subscriber: K and OPc of TS 35.208 test set 1, which are public.
imsi=262010000000001
k=465b5ce8b199b49faa5f0a2ee238a6bc
opc=cd63cb71954a9f4e48a5994e37a02baf
ciphering=eea2
integrity=eia2
counter_octets=1
gcm_tag_octets=8
allow_null_integrity=false
name_run_by=sqn
lifetime_s=0
keyset_retention_s=300
hss_imsi=$imsi         # the IMSI in hse-hss.yaml
hss_hses='[hse.home.example]'
kms_hses='[hse.home.example]'
hse_pull='{}'          # the pull: mapping of hse.yaml
hse_peers=             # more of its peers: lines of a list
hse_key_sources='- {kind: diameter, name: hss, host: hss.home.example, realm: home.example, keyset_retention_s: 300}'
hse_sessions=          # more of its sessions: mapping, each ", key: value"
hse_listen=            # "{address: 10.99.0.2, port: 5868}": Diameter peers may connect to hse
hse_more=              # more of hse.yaml, from its top
ggsn_more=             # one more line of osmo-ggsn's configuration of ggsn0
hse_state=             # "{path: FOLDER}": sessions outlive hse; else it runs in lab_mode
hse_user=root          # that hse becomes; the run's files are root's
log_level=info
ue_tun_mtu=1400
ue_move_to=            # address of an SGSN to which SIGHUP moves the UE
ue_static=             # static address that the UE asks for
ue_system=umts         # or eps: then the GGSN is start_pgw
hse_workers='{count: 1, lcores: [1], poll: adaptive}'
hse_queues=1           # of either port
hse_mtu=               # "mtu: 9000"
hse_mib=256            # memory
hse_more=              # more of hse.yaml: whole lines
access_device=net_af_packet0,iface=acc0
core_device=net_af_packet1,iface=core0
usim_sqn=000000000000
sgsnemu_imsi=262010000000099
sgsnemu_more=()        # more of its options
sgsn_address=10.1.0.1  # of hse-ue, and of the GGSN
ggsn_address=10.1.0.2

# --- words ---------------------------------------------------------------------------------------------

say() {
	printf '%s: %s\n' "$test_name" "$*"
}

die() {
	printf '%s: FAILED: %s\n' "$test_name" "$*" >&2
	last_failure=
	exit 1
}

# poll SECONDS COMMAND...: until COMMAND succeeds, or the time is over.
poll() {
	local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

# wait_for SECONDS WHAT COMMAND...
wait_for() {
	poll "$1" "${@:3}" || die "waited in vain for: $2"
}

# expect_equal WHAT GOT WANTED
expect_equal() {
	[ "$2" = "$3" ] || die "$1: got '$2', wanted '$3'"
}

# --- the end, in any case --------------------------------------------------------------------------------

sanitizer_report='ERROR: (Address|Leak)Sanitizer|runtime error:'

lab_dump() {
	local f
	for f in "$lab"/*.log "$lab"/*.out; do
		[ -s "$f" ] || continue
		printf -- '--- %s\n' "${f##*/}"
		grep -E -A 40 "$sanitizer_report" "$f" || tail -n 60 "$f"
	done >&2
}

# end_all SIGNAL NAME...: those that run, all at once.
end_all() {
	local name
	for name in "${@:2}"; do
		[ -z "${pids[$name]:-}" ] || kill -"$1" "${pids[$name]}" 2>/dev/null
	done
	for name in "${@:2}"; do
		[ -n "${pids[$name]:-}" ] || continue
		end_within 5 "${pids[$name]}" || kill -KILL "${pids[$name]}" 2>/dev/null
		wait "${pids[$name]}" 2>/dev/null
		unset "pids[$name]"
	done
}

lab_cleanup() {
	local status=$? name ns ues=()
	trap '' INT TERM
	trap - EXIT ERR
	set +e
	[ "$status" -eq 0 ] || [ -z "${last_failure:-}" ] ||
		printf '%s: FAILED: %s\n' "$test_name" "$last_failure" >&2
	[ "$status" -eq 0 ] || [ "$status" -ge 128 ] || [ -z "${pids[hse]:-}" ] ||
		hsectl counters >"$lab/hse-counters.out" 2>&1
	# A UE says good-bye to its GGSN, through hse, so it goes first. sgsnemu would wait for an answer that is not looked at.
	for name in "${!pids[@]}"; do
		[[ $name != hse-ue* && $name != fleet ]] || ues+=("$name")
	done
	end_all TERM "${ues[@]}"
	end_all KILL sgsnemu
	end_all TERM "${!pids[@]}"
	if [ "$status" -eq 0 ] && grep -Eq "$sanitizer_report" "$lab"/*.log 2>/dev/null; then
		printf '%s: FAILED: a sanitizer has something to say\n' "$test_name" >&2
		status=1
	fi
	[ "$status" -eq 0 ] || [ "$status" -ge 128 ] || lab_dump
	for ns in sgsn hse hse2 ggsn home; do
		[ -e "/run/netns/$run-$ns" ] && ip netns del "$run-$ns"
	done
	for name in "${mounts[@]}"; do
		umount "$name"
	done
	if [ -n "${HSE_KEEP:-}" ]; then
		say "files are kept in $lab" >&2
	else
		rm -rf "$lab"
	fi
	rm -rf "/var/run/dpdk/$run" "/var/run/dpdk/${run}2"
	exit "$status"
}
trap lab_cleanup EXIT
trap 'last_failure="line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND"' ERR
trap 'exit 130' INT
trap 'exit 143' TERM

# --- programs ----------------------------------------------------------------------------------------------

# in_ns NAMESPACE COMMAND...
in_ns() {
	ip netns exec "$run-$1" "${@:2}"
}

# start NAME NAMESPACE COMMAND...: stdout goes to NAME.out, stderr to NAME.log.
start() {
	local name=$1 ns=$2
	shift 2
	# A shell starts background programs with SIGINT ignored; they shall get it.
	ip netns exec "$run-$ns" env --default-signal=INT "$@" \
		</dev/null >>"$lab/$name.out" 2>>"$lab/$name.log" &
	pids[$name]=$!
	started+=("$name")
}

is_running() {
	kill -0 "${pids[$1]}" 2>/dev/null
}

# end_within SECONDS PID
end_within() {
	local deadline=$((SECONDS + $1))
	while kill -0 "$2" 2>/dev/null; do
		[ "$SECONDS" -le "$deadline" ] || return 1
		sleep 0.05
	done
}

# end NAME [SIGNAL]: ends the program and returns its exit status; 124 when it would not end.
end() {
	local pid=${pids[$1]}
	kill -"${2:-TERM}" "$pid" 2>/dev/null || true
	end_within 15 "$pid" || return 124
	unset "pids[$1]"
	wait "$pid"
}

# stop NAME [SIGNAL]: the same, and a failure of the test when it does not end as it should.
stop() {
	local status=0
	is_running "$1" || die "$1 has ended by itself"
	end "$@" || status=$?
	expect_equal "exit status of $1 after SIG${2:-TERM}" "$status" 0
}

# kill_hard NAME: as a crash would.
kill_hard() {
	local pid=${pids[$1]}
	unset "pids[$1]"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || true
}

# log_has NAME REGEX: in what the program has written so far, on either stream.
log_has() {
	grep -Eqs -- "$2" "$lab/$1.log" "$lab/$1.out"
}

# wait_log NAME REGEX [SECONDS]
wait_log() {
	local deadline=$((SECONDS + ${3:-20}))
	until log_has "$1" "$2"; do
		is_running "$1" || die "$1 has ended; waited for: $2"
		[ "$SECONDS" -le "$deadline" ] || die "$1 did not write: $2"
		sleep 0.05
	done
}

# --- the network ---------------------------------------------------------------------------------------------

# offload_off NAMESPACE INTERFACE: the kernel leaves checksums half-made for hardware that veth is not.
offload_off() {
	in_ns "$1" ethtool -K "$2" tx off rx off gso off gro off >/dev/null 2>&1 ||
		in_ns "$1" ethtool -K "$2" tx off >/dev/null
}

mac_of() {
	in_ns "$1" cat "/sys/class/net/$2/address"
}

namespace_add() {
	ip netns add "$run-$1"
	in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip -n "$run-$1" link set lo up
}

# veth_add NAMESPACE INTERFACE PEER-NAMESPACE PEER
veth_add() {
	ip -n "$run-$1" link add "$2" type veth peer name "$4" netns "$run-$3"
	offload_off "$1" "$2"
	offload_off "$3" "$4"
	ip -n "$run-$1" link set "$2" up
	ip -n "$run-$3" link set "$4" up
}

# ipv6_on NAMESPACE INTERFACE ADDRESS
ipv6_on() {
	in_ns "$1" sysctl -qw "net.ipv6.conf.${2/./\/}.disable_ipv6=0"
	ip -n "$run-$1" addr add "$3" dev "$2" nodad
}

lab_network() {
	local ns
	for ns in sgsn hse ggsn home; do
		namespace_add "$ns"
	done
	veth_add sgsn gn0 hse acc0
	veth_add ggsn gn0 hse core0
	ip -n "$run-hse" link set acc0 promisc on arp off
	ip -n "$run-hse" link set core0 promisc on arp off
	ip -n "$run-sgsn" addr add 10.1.0.1/24 dev gn0
	ip -n "$run-sgsn" addr add 10.1.0.3/24 dev gn0 # a second SGSN
	ip -n "$run-ggsn" addr add 10.1.0.2/24 dev gn0

	ip -n "$run-home" link add br0 type bridge
	ip -n "$run-home" addr add 10.99.0.1/24 dev br0
	ip -n "$run-home" addr add 10.99.0.4/24 dev br0 # of a KMS, and of another
	ip -n "$run-home" addr add 10.99.0.5/24 dev br0
	ip -n "$run-home" link set br0 up
	for ns in hse sgsn; do
		veth_add "$ns" mgmt0 home "to-$ns"
		ip -n "$run-home" link set "to-$ns" master br0
	done
	ip -n "$run-hse" addr add 10.99.0.2/24 dev mgmt0
	ip -n "$run-sgsn" addr add 10.99.0.3/24 dev mgmt0
}

# A kernel bridge where hse would stand: the reference that the lab itself is right.
lab_bridge() {
	ip -n "$run-hse" link add br0 type bridge
	ip -n "$run-hse" link set acc0 master br0
	ip -n "$run-hse" link set core0 master br0
	ip -n "$run-hse" link set br0 up
}

# small_disk FOLDER SIZE: a file system of its own, for programs that start after this.
small_disk() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2,mode=0700" "$run" "$1"
	mounts+=("$1")
}

# --- the cast ----------------------------------------------------------------------------------------------------

start_ggsn() {
	mkdir -p "$lab/ggsn"
	config_ggsn >"$lab/ggsn.cfg"
	start ggsn ggsn osmo-ggsn -c "$lab/ggsn.cfg"
	wait_log ggsn 'Successfully started'
	wait_for 5 "osmo-ggsn's TUN device" ip -n "$run-ggsn" link show tun0 up
}

# start_pgw [OPTION...]: pgw.py in the GGSN's place, for a UE with ue_system=eps.
start_pgw() {
	mkfifo "$lab/pgw.fifo"
	start pgw ggsn python3 "$e2e_dir/pgw.py" 10.1.0.2 tun0 "$lab/pgw.fifo" "$@"
	wait_log pgw '^ready'
}

# pgw COMMAND...: what pgw.py is to do.
pgw() {
	printf '%s\n' "$*" >"$lab/pgw.fifo"
}

# run_sgw: an ordinary EPS subscriber, without protection, behind TUN device emu0; sgsnemu_imsi is his IMSI.
run_sgw() {
	start sgw sgsn python3 "$e2e_dir/sgw.py" 10.1.0.3 10.1.0.2 emu0 "$sgsnemu_imsi" internet
}

# start_sgw: and route his packets, as start_sgsnemu does.
start_sgw() {
	run_sgw
	wait_log sgw '^ready'
	route_emu
}

# start_gsn [OPTION...]: the GGSN of gsn.py in its place, which speaks IPv6 as well.
start_gsn() {
	start ggsn ggsn python3 "$e2e_dir/gsn.py" "$ggsn_address" "$@"
	wait_log ggsn '^ready'
}

start_hss() {
	[ -e "$lab/hss.home.example.pem" ] || certificate hss.home.example
	config_hss >"$lab/hse-hss.yaml"
	start hse-hss home "$build/app/hse-hss" --config "$lab/hse-hss.yaml"
	wait_for 15 "hse-hss to listen" hss_listens
}

# start_kms [NAME ADDRESS]: a hse-hss with role kms, as program hse-NAME; returns when it is connected with the HSS,
# or, when there is none, when it listens.
start_kms() {
	local name=${1:-kms} address=${2:-10.99.0.4}
	[ -e "$lab/$name.home.example.pem" ] || certificate "$name.home.example"
	[ -e "$lab/$name.master" ] || master_key >"$lab/$name.master"
	chmod 600 "$lab/$name.master"
	config_kms "$name" "$address" >"$lab/hse-$name.yaml"
	: >"$lab/hse-$name.log"
	start "hse-$name" home "$build/app/hse-hss" --config "$lab/hse-$name.yaml"
	wait_for 15 "the KMS to listen" kms_listens "$name" "$address"
	[ -z "${pids[hse-hss]:-}" ] || wait_log "hse-$name" 'hss.home.example is connected'
}

master_key() {
	openssl rand -hex 32
}

kms_listens() {
	is_running "hse-$1" && in_ns home ss -Htln src "$2:5868" | grep -q .
}

hss_listens() {
	is_running hse-hss && in_ns home ss -Htln src 10.99.0.1:5868 | grep -q .
}

# start_hse: returns when both ports forward; waits for no Diameter peer.
start_hse() {
	[ -e "$lab/hse.home.example.pem" ] || certificate hse.home.example
	config_hse >"$lab/hse.yaml"
	start hse hse "$build/app/hse" --config "$lab/hse.yaml"
	wait_for 20 "hse to answer on its telemetry socket" hsectl status
}

# start_ue [OPTION...]: returns when the PDP context is there and its TUN device has its address, in $ue_address.
start_ue() {
	[ -e "$lab/sgsn.home.example.pem" ] || certificate sgsn.home.example
	config_ue >"$lab/hse-ue.yaml"
	start hse-ue sgsn "$build/app/hse-ue" --config "$lab/hse-ue.yaml" "$@"
	wait_log hse-ue '^ready: ' 30
	ue_address=$(sed -n 's/^ready: .* address \([0-9.]*\).*/\1/p' "$lab/hse-ue.out" | tail -n 1)
}

# run_sgsnemu: an ordinary subscriber of an ordinary SGSN, without protection, behind TUN device emu0.
run_sgsnemu() {
	mkdir -p "$lab/sgsnemu"
	start sgsnemu sgsn stdbuf -oL sgsnemu --listen 10.1.0.3 --remote 10.1.0.2 --imsi "$sgsnemu_imsi" \
		--msisdn 491700000099 --apn internet --createif --tun-device emu0 \
		--pidfile "$lab/sgsnemu/pid" --statedir "$lab/sgsnemu" "${sgsnemu_more[@]}"
}

# start_sgsnemu: returns when it has its PDP context.
start_sgsnemu() {
	run_sgsnemu
	wait_for 15 "sgsnemu's TUN device" sgsnemu_address
	route_emu
}

# What its TUN device's address sends goes out by it.
route_emu() {
	ip -n "$run-sgsn" route add 10.2.0.1/32 dev emu0 table 200
	ip -n "$run-sgsn" rule add from "$(sgsnemu_address)" table 200
}

sgsnemu_address() {
	ip -n "$run-sgsn" -4 -o addr show dev emu0 | sed -n 's/.* inet \([0-9.]*\).*/\1/p' | grep .
}

# lab_start: the whole lab, ready for a ping.
lab_start() {
	lab_network
	start_ggsn
	start_hss
	start_hse
	wait_peer_open
	start_ue
}
