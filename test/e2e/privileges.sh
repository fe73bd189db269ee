#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse is started as root and becomes user hse: no thread has a capability but the one that takes interfaces again, which has
# two. The other programs have none, or the one that they need. All goes on as before: traffic, an interface that is made
# again, a link that is mirrored, a restart. Files that the user cannot read, and files with keys that others can, are named.
. "$(dirname "$0")/_init.sh"

net_admin=0000000000001000
both=0000000000003000 # and CAP_NET_RAW
none=0000000000000000
hse_uid=64321
hss_uid=64322

# as_listed COMMAND...: where the users hse and hse-hss exist; the machine does not see them.
cat >"$lab/as_listed" <<-END
	#!/bin/sh
	mount --bind $lab/passwd /etc/passwd && exec "\$@"
END
chmod 755 "$lab/as_listed"
{
	grep -Ev '^hse(-hss)?:' /etc/passwd
	echo "hse:x:$hse_uid:$hse_uid::/nonexistent:/usr/sbin/nologin"
	echo "hse-hss:x:$hss_uid:$hss_uid::/nonexistent:/usr/sbin/nologin"
} >"$lab/passwd"
chmod 644 "$lab/passwd"
chmod 711 "$lab"

# capabilities NAME [SET]: SET and what NAME needs to lock its memory, where the bound on that cannot be lifted.
capabilities() {
	local lock=0x4000
	! grep -q '^Max locked memory  *unlimited' "/proc/${pids[$1]}/limits" || lock=0
	printf '%016x' $((0x${2:-0} | lock))
}

# write_config NAME: without a user, so that it is the default.
write_config() {
	"config_${1#hse-}" | sed '/^user:/d' >"$lab/$1.yaml"
}

# run_as_listed NAME NAMESPACE PROGRAM
run_as_listed() {
	start "$1" "$2" "$lab/as_listed" "$build/app/$3" --config "$lab/$1.yaml"
}

start_listed_hse() {
	: >"$lab/hse.log"
	run_as_listed hse hse hse
	wait_for 20 "hse to answer on its telemetry socket" hsectl status
}

# threads NAME FIELD: of each thread, once.
threads() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/${pids[$1]}"/task/*/status | sort -u
}

# has_no_more NAME UID: all threads are that user's, and can never get more.
has_no_more() {
	expect_equal "users of $1's threads" "$(threads "$1" Uid)" "$2	$2	$2	$2"
	expect_equal "groups of $1's threads" "$(threads "$1" Groups)" "$3"
	expect_equal "bounding sets of $1's threads" "$(threads "$1" CapBnd)" $none
	expect_equal "inheritable capabilities of $1's threads" "$(threads "$1" CapInh)" $none
	expect_equal "no_new_privs of $1's threads" "$(threads "$1" NoNewPrivs)" 1
}

# says PROGRAM STATUS TEXT [OPTION]: as root, where the users exist, on its file.
says() {
	local status=0
	in_ns hse timeout 30 "$lab/as_listed" "$build/app/$1" --config "$lab/$1.yaml" "${@:4}" \
		>"$lab/said.out" 2>&1 </dev/null || status=$?
	expect_equal "exit status of $1, which said: $(cat "$lab/said.out")" "$status" "$2"
	[ -z "$3" ] || grep -Fq -- "$3" "$lab/said.out" || die "$1 was to say: $3; it said: $(cat "$lab/said.out")"
}

lab_network
start_ggsn
certificate hss.home.example
certificate hse.home.example
chmod 644 "$lab"/*.pem
mkdir "$lab/state"
hse_state="{path: $lab/state}"
write_config hse

# What the user could not read, or write, is named.
says hse 2 "$lab/hse.home.example.key cannot be read: Permission denied for user id $hse_uid" --check
says hse 2 "user hse, that the program becomes, cannot read the configuration again: Permission denied: chown hse $lab/hse.yaml" --check
chown $hse_uid "$lab/hse.yaml" "$lab/hse.home.example.key"
says hse 1 "the state cannot be opened for writing: Permission denied for user id $hse_uid: mkdir -p $lab/state && chown -R $hse_uid $lab/state"
chown $hse_uid "$lab/state"
says hse 0 '' --check

# Files with keys that others can read are refused.
chmod 640 "$lab/hse.home.example.key"
says hse 2 "$lab/hse.home.example.key may be read or written by others than its owner: chmod 600 $lab/hse.home.example.key" --check
chmod 600 "$lab/hse.home.example.key"
write_config hse-hss
chmod 644 "$lab/hse-hss.yaml"
says hse-hss 2 "subscribers[0].k: others than the owner may read or write the file, which holds keys: chmod 600 $lab/hse-hss.yaml"
chmod 600 "$lab/hse-hss.yaml"
write_config hse-ue
chmod 604 "$lab/hse-ue.yaml"
says hse-ue 2 "usim.k: others than the owner may read or write the file, which holds keys: chmod 600 $lab/hse-ue.yaml" --check
rm "$lab/hse-ue.yaml"

# The HSS, with a state of its own.
mkdir "$lab/hss.d"
sed -i "s|^state: .*|state: $lab/hss.d/state|" "$lab/hse-hss.yaml"
chown $hss_uid "$lab/hss.d" "$lab/hss.home.example.key" "$lab/hse-hss.yaml"
run_as_listed hse-hss home hse-hss
wait_for 15 "hse-hss to listen" hss_listens
has_no_more hse-hss $hss_uid "$hss_uid "
expect_equal "capabilities of hse-hss" "$(threads hse-hss CapPrm)" "$(capabilities hse-hss)"

# hse.
start_listed_hse
wait_peer_open
start_ue
ping_up 5
ping_down 5
has_no_more hse $hse_uid "$hse_uid "
expect_equal "the user in hsectl status" "$(status user)" hse
for set in CapPrm CapEff; do
	expect_equal "$set of hse's threads" "$(threads hse $set | tr '\n' ' ')" \
		"$(capabilities hse) $(capabilities hse $both) "
done
expect_equal "threads of hse with capabilities" \
	"$(grep -lE "^CapPrm:.*$(capabilities hse $both)" "/proc/${pids[hse]}"/task/*/status | wc -l)" 1
has_no_more hse-ue 0 "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/${pids[hse-ue]}/status")"
expect_equal "capabilities of hse-ue" "$(threads hse-ue CapPrm)" "$(capabilities hse-ue $net_admin)"

# What takes capabilities: a link that is mirrored, an MTU, an interface that is made again.
ip -n "$run-sgsn" link set gn0 down
wait_for 5 "the core port to be taken down" counter_is link.core.taken_down 1
ip -n "$run-sgsn" link set gn0 up
wait_log hse 'ports.core: up again'
ip -n "$run-hse" link set acc0 mtu 1400
ip -n "$run-hse" link del acc0
wait_for 5 "hse to see that the interface is gone" counter_is link.access.gone 1
veth_add sgsn gn0 hse acc0
ip -n "$run-hse" link set acc0 promisc on arp off
ip -n "$run-sgsn" addr add 10.1.0.1/24 dev gn0
wait_log hse 'ports.access: the interface is back'
link_is_up() {
	[ "$(status link_core)" = up ] && [ "$(status link_access)" = up ]
}
wait_for 10 "both links" link_is_up
ping_up 5
ping_down 5

# A restart: nothing is left behind but an empty folder, and the session goes on.
stop hse
expect_equal "files left behind" "$(find "/var/run/dpdk/$run" -type f -o -type s)" ""
expect_equal "owner of the state" "$(stat -c %u "$lab/state"/* | sort -u)" $hse_uid
start_listed_hse
wait_peer_open
wait_for 5 "the session to be back" counter_is session.restored 1
ping_up 5
ping_down 5

# The folder that is left is not one that root would write into, once the user has put a link there.
stop hse
echo precious >"$lab/precious"
ln -s "$lab/precious" "/var/run/dpdk/$run/config"
chown -h $hse_uid "/var/run/dpdk/$run/config"
start_listed_hse
expect_equal "what the link pointed to" "$(cat "$lab/precious")" precious
stop hse

# Started by a service manager, as the user, with the capabilities that are needed.
mkdir "$lab/runtime"
chown $hse_uid "$lab/runtime"
: >"$lab/hse.log"
given=-all,+net_raw,+net_admin,+sys_chroot # one more than that
unlimited=(prlimit --memlock=unlimited)
"${unlimited[@]}" true 2>"$lab/prlimit.out" || { unlimited=() && given+=,+ipc_lock; }
start hse hse env RUNTIME_DIRECTORY="$lab/runtime" "$lab/as_listed" "${unlimited[@]}" \
	setpriv --reuid $hse_uid --regid $hse_uid --clear-groups \
	--inh-caps=$given --ambient-caps=$given --bounding-set=$given \
	"$build/app/hse" --config "$lab/hse.yaml"
wait_log hse 'info: ready'
wait_log hse 'hss.home.example is connected'
ping_up 5
expect_equal "users of hse's threads" "$(threads hse Uid)" "$hse_uid	$hse_uid	$hse_uid	$hse_uid"
expect_equal "capabilities of hse's threads" "$(threads hse CapPrm | tr '\n' ' ')" \
	"$(capabilities hse) $(capabilities hse $both) "
expect_equal "ambient capabilities of hse's threads" "$(threads hse CapAmb)" $none
stop hse

# A user whom the configuration names must be there.
sed -i '$auser: nobody-of-that-name' "$lab/hse.yaml"
says hse 2 "user: there is no user 'nobody-of-that-name': useradd --system --shell /usr/sbin/nologin nobody-of-that-name" --check
