# SPDX-License-Identifier: BSD-3-Clause
# Sourced by tests that make mistakes in configurations and look at what --check says.

# check_files: certificates and a master key.
check_files() {
	local identity
	for identity in hse hss sgsn kms; do
		certificate "$identity.home.example"
	done
	master_key >"$lab/kms.master"
	chmod 600 "$lab/kms.master"
}

# check PROGRAM STATUS: runs it on its file; its output in $said. hse-kms is hse-hss in its other role.
check() {
	local status=0
	said=$(in_ns home "$build/app/${1/kms/hss}" --config "$lab/$1.yaml" --check 2>&1) || status=$?
	expect_equal "exit status of $1 --check, which said: $said" "$status" "$2"
	! grep -Eqi "$k|$opc|465b5ce8|cd63cb71" <<<"$said" || die "$1 repeats a key: $said"
}

# place PROGRAM PLACE: file:line:column of the first text in its file that looks like PLACE, at what follows the bar in it.
place() {
	local text=${2/|/} line before
	line=$(grep -nF -m 1 -- "$text" "$lab/$1.yaml") || die "no '$text' in $1.yaml"
	before=${line#*:}
	before=${before%%"$text"*}${2%%|*}
	echo "$lab/$1.yaml:${line%%:*}:$((${#before} + 1))"
}

# mistake PROGRAM SED-COMMAND: makes it in the good configuration, which is in $lab/PROGRAM.good.
mistake() {
	sed "$2" "$lab/$1.good" >"$lab/$1.yaml"
	! cmp -s "$lab/$1.yaml" "$lab/$1.good" || die "sed changed nothing: $2"
}
