#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# SIGHUP of hse-hss: a subscriber that is new gets vectors, one that is gone gets none, and no keyset is given for it; one
# that stays goes on with its SQNs, and its traffic loses no packet. Rights, log level and certificates are taken, other
# keys named that need a restart, and a broken configuration changes nothing.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_reload.sh"

other=262010000000077
hse_pull='{when: on_activation}'
reload_hss() {
	config_hss >"$lab/hse-hss.yaml"
	reload hse-hss
}

# Each AKA run of the UE is a vector, and the pull of its keyset.
rekey() {
	local before
	before=$(times hse-hss "$1")
	kill -USR1 "${pids[hse-ue]}"
	wait_for 10 "another AKA run: $1" eval '[ "$(times hse-hss "'"$1"'")" -gt '"$before"' ]'
}

lab_start
ping_up 3
traffic_begins 500

subscribers() {
	subscriber "$imsi" "$ciphering" "$integrity"
	subscriber "$other" "$ciphering" "$integrity"
}
keyset_retention_s=301
reload_hss
log_has hse-hss 'reloaded: 2 subscribers' || die "it does not say how many there are"
log_has hse-hss 'hse-hss.yaml:[0-9]+:[0-9]+: subscribers: changed, and in effect' || die "subscribers are not named"
log_has hse-hss 'hse-hss.yaml:[0-9]+:[0-9]+: keyset_retention_s: changed, which takes effect at a restart' ||
	die "the retention is not named"
rekey "IMSI $imsi, SQN .*: e2mKEYSET given"
last=$(grep -o "IMSI $imsi, SQN [0-9a-f]*: vector made" "$lab/hse-hss.log" | tail -n 1 | cut -d ' ' -f 4)
expect_equal "SQN of the second vector" "${last%:}" 000000000062

# Broken: as before.
sed -i 's/^role: hss/role: hzz/' "$lab/hse-hss.yaml"
refuse_reload hse-hss
log_has hse-hss 'hse-hss.yaml:[0-9]+:[0-9]+: role: expected one of hss, kms' || die "the error is not said"
rekey "IMSI $imsi, SQN .*: e2mKEYSET given"

# Rights: this HSE is none of the subscriber's any more. Certificates come anew.
traffic_lost_nothing 500
hss_hses='[hse2.home.example]'
certificate hss.home.example
reload_hss
rekey "IMSI $imsi, SQN .*: not one of its hses"
hss_hses='[hse.home.example]'
reload_hss
in_ns home openssl s_client -connect 10.99.0.1:5868 -cert "$lab/hse.home.example.pem" -key "$lab/hse.home.example.key" \
	</dev/null 2>/dev/null | openssl x509 -noout -serial >"$lab/serial" || true
expect_equal "certificate of new connections" "$(cat "$lab/serial")" \
	"$(openssl x509 -in "$lab/hss.home.example.pem" -noout -serial)"

# Gone: no more vectors, no more keysets.
subscribers() {
	subscriber "$other" "$ciphering" "$integrity"
}
reload_hss
log_has hse-hss 'reloaded: 1 subscribers' || die "it does not say how many there are"
rekey "IMSI $imsi: .* asks for a vector, but there is no such subscriber"

# Back again: SQNs go on.
subscribers() {
	subscriber "$imsi" "$ciphering" "$integrity"
}
reload_hss
rekey "IMSI $imsi, SQN .*: e2mKEYSET given"
try_ping 3 # until the UE uses it
ping_up 3
stop hse-hss
