#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# SIGHUP of hse-hss as a KMS: who may pull, log level and certificates are taken anew; keys that need a restart are named; a
# broken configuration, or another role, changes nothing.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_reload.sh"

hss_hses='[hse.home.example, kms.home.example]'
hse_peers='- {identity: kms.home.example, address: 10.99.0.4, port: 5868}'
hse_key_sources='- {kind: diameter, name: kms, host: kms.home.example, realm: home.example}
- {kind: diameter, name: hss, host: hss.home.example, realm: home.example}'

reload_kms() {
	config_kms >"$lab/hse-kms.yaml"
	reload hse-kms
}

rekey() {
	kill -USR1 "${pids[hse-ue]}"
	wait_for 10 "$1 of the KMS to be $2" counter_is "key_source.kms.$1" "$2"
}

hse_pull='{when: on_activation}'
lab_network
start_ggsn
start_hss
start_kms
start_hse
wait_peer_open 2
start_ue
ping_up 3
expect_equal "keysets from the KMS" "$(counter key_source.kms.found)" 1

kms_hses='[hse2.home.example]'
reload_kms
log_has hse-kms 'hse-kms.yaml:[0-9]+:[0-9]+: kms.may_pull: changed, and in effect' || die "the rights are not named"
rekey not_authorized 1

sed -i 's/^role: kms/role: hss/' "$lab/hse-kms.yaml"
refuse_reload hse-kms
kms_hses='[hse.home.example]'
log_level=debug
config_kms >"$lab/hse-kms.yaml"
echo 'keyset_capacity: 5' >>"$lab/hse-kms.yaml"
# A CA that is not there holds up nothing else.
sed -i 's/ca.pem/nothing.pem/' "$lab/hse-kms.yaml"
reload hse-kms
log_has hse-kms 'certificates are not reloaded, for the errors above; all else is' || die "the CA is not said"
log_has hse-kms 'hse-kms.yaml:[0-9]+:[0-9]+: keyset_capacity: changed, which takes effect at a restart' ||
	die "the capacity is not named"
log_has hse-kms 'hse-kms.yaml:[0-9]+:[0-9]+: log.* changed, and in effect' || die "the log level is not named"
rekey found 2
sed -i 's/nothing.pem/ca.pem/' "$lab/hse-kms.yaml"
certificate kms.home.example
reload hse-kms
try_ping 3 # until the UE uses it
ping_up 3
peers_open 2 || die "a connection was lost"
stop hse-kms
