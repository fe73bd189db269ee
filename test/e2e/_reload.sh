# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _reload.sh: what tests of SIGHUP share, for _init.sh's lab.

# times NAME REGEX: how often the program has written it.
times() {
	grep -Ecs -- "$2" "$lab/$1.log" || true
}

# reload NAME: SIGHUP, and wait until it has said that it is done.
reload() {
	local before
	before=$(times "$1" ': reloaded')
	kill -HUP "${pids[$1]}"
	wait_for 10 "$1 to reload" eval '[ "$(times '"$1"' ": reloaded")" -gt '"$before"' ]'
}

# reload_hse: with the configuration as the test has it now.
reload_hse() {
	config_hse >"$lab/hse.yaml.new"
	mv "$lab/hse.yaml.new" "$lab/hse.yaml"
	reload hse
}

# refuse_reload NAME: SIGHUP; the program says that nothing changes.
refuse_reload() {
	local before
	before=$(times "$1" 'not reloaded')
	kill -HUP "${pids[$1]}"
	wait_for 10 "$1 to refuse" eval '[ "$(times '"$1"' "not reloaded")" -gt '"$before"' ]'
}

# traffic_begins, traffic_lost_nothing: pings both ways meanwhile.
traffic_begins() {
	rm -f "$lab/up.out" "$lab/down.out"
	start up sgsn python3 "$e2e_dir/packets.py" ping --count "$1" --interval 0.01 --device ue0 10.2.0.1
	start down ggsn python3 "$e2e_dir/packets.py" ping --count "$1" --interval 0.01 "$ue_address"
}

traffic_lost_nothing() {
	local way
	for way in up down; do
		wait_for 20 "the last ping $way" log_has $way received
		log_has $way "$1 received" || die "packets were lost $way: $(cat "$lab/$way.out")"
	done
}
