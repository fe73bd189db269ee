#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse-bench storm, small: it stands its lab up by itself, all devices of a storm are served and none of their packets is lost,
# with sessions on disk too; and nothing of it is left. How fast it was is not looked at.
. "$(dirname "$0")/_init.sh"


processes() {
	pgrep -f "$lab/storm" || true
}

for how in "" "--state $lab/storm-state"; do
	# shellcheck disable=SC2086
	"$build/app/hse-bench" storm --devices 300 --rounds 1 --cold 20 --traffic 200 --calm 2 --csv "$lab/storm.csv" \
		--keep "$lab/storm" $how >"$lab/storm.log" 2>&1 || die "hse-bench storm $how: exit status $?"
	grep -q 'devices not served .* 0 .*held' "$lab/storm.log" || die "$how: it does not say that all were served"
	[ -s "$lab/storm.csv" ] || die "$how: there is no table"
	expect_equal "programs that are left" "$(processes)" ""
	rm -r "$lab/storm"
done
[ -s "$lab/storm-state/sessions.mdb" ] || die "hse kept nothing on disk"

# An end in the middle leaves nothing either.
"$build/app/hse-bench" storm --devices 100000 --keep "$lab/storm" >"$lab/interrupted.log" 2>&1 &
pids[storm]=$!
hse_is_there() {
	pgrep -f "$lab/storm/hse.yaml"
}
wait_for 20 "its hse to start" hse_is_there
status=0
end storm INT || status=$?
expect_equal "exit status after SIGINT" "$status" 1
wait_for 10 "its programs to end" eval '[ -z "$(processes)" ]'
