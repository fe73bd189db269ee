#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every allowed pair of algorithms, each with a subscriber of its own, both ways.
. "$(dirname "$0")/_init.sh"

pairs="eea0+eia1 eea0+eia2 eea0+eia3 eea1+eia1 eea1+eia2 eea2+eia0 eea2+eia1 eea2+eia2 eea2+eia3
eea3+eia2 eea3+eia3 eea1+eia0 eea3+eia0 gcm+gcm"

subscribers() {
	local pair n=0
	for pair in $pairs; do
		n=$((n + 1))
		subscriber "2620100000001$(printf %02d $n)" "${pair%+*}" "${pair#*+}"
	done
}

allow_null_integrity=true
lab_network
start_ggsn
start_hss
start_hse
wait_peer_open
n=0
for pair in $pairs; do
	n=$((n + 1))
	imsi=2620100000001$(printf %02d $n)
	ciphering=${pair%+*}
	integrity=${pair#*+}
	start_ue
	ping_up 5
	ping_down 5 --size 1000
	hsectl --json sessions | grep -Fq "\"${pair/gcm+gcm/gcm}\"" || die "hse does not say $pair"
	stop hse-ue
	rm "$lab/hse-ue.out"
done
