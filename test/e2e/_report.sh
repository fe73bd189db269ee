# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# _report.sh: for tests with a GGSN that reports its sessions to hse. Sourced after _init.sh.

hse_listen='{address: 10.99.0.2, port: 5868}'
hse_peers='- {identity: ggsn.home.example}'
hse_more='notifications: {peers: [ggsn.home.example]}'

# report_of IDENTITY REPORT...: the Result-Codes.
report_of() {
	in_ns home python3 "$e2e_dir/reporting_ggsn.py" --identity "$1" --realm home.example --connect 10.99.0.2 \
		--peer hse.home.example --certificate "$lab/$1.pem" --key "$lab/$1.key" --ca "$lab/ca.pem" "${@:2}"
}

# reported RESULT-CODE REPORT
reported() {
	expect_equal "Result-Code of '$2'" "$(report_of ggsn.home.example "$2")" "$1"
}

session() {
	hsectl --json sessions | python3 -c 'import json,sys; print(json.load(sys.stdin)["sessions"][0][sys.argv[1]])' "$1"
}
