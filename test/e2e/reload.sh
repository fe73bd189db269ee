#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# SIGHUP under traffic both ways: hse takes another log level and file, another order of its key sources, other limits and
# certificates; says of each other key that has changed that it needs a restart, with its place; and changes nothing when the
# configuration has an error. A certificate that is not good holds up nothing else. No packet is lost.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_reload.sh"

# log_to LEVEL FILE: and wait for a line there.
log_to() {
	sed -i "s|^log: .*|log: {level: $1, output: $2}|" "$lab/hse.yaml"
	kill -HUP "${pids[hse]}"
	wait_for 5 "the log in $2" grep -q 'Z hse: info: .*: reloaded$' "$2"
}

hse_sources() {
	hsectl --json counters | packets counters key_source. | awk -v name="key_source.$1.sent" '$1 == name { n = $2 } END { print n + 0 }'
}

kms='- {kind: diameter, name: kms, host: kms.home.example, realm: home.example}'
hss='- {kind: diameter, name: hss, host: hss.home.example, realm: home.example}'
hss_hses='[hse.home.example, kms.home.example]'
hse_peers='- {identity: kms.home.example, address: 10.99.0.4, port: 5868}'
hse_key_sources="$hss
$kms"
lab_network
start_ggsn
start_hss
start_kms
start_hse
wait_peer_open 2
start_ue
ping_up 3
traffic_begins 700

hse_more='link_state_mirror: false
gtpc: {hold_ms: 50}'
hse_mib=300
hse_key_sources="$kms
$hss"
hse_pull='{negative_cache_s: 2, hold_ms: 500}'
reload_hse
for key in ' link_state_mirror' ' memory.mib'; do
	log_has hse "hse.yaml:[0-9]+:[0-9]+:$key: changed, which takes effect at a restart" || die "$key is not named"
done
for key in ' pull.negative_cache_s' ' pull.hold_ms' ' gtpc.hold_ms'; do
	log_has hse "hse.yaml:[0-9]+:[0-9]+:$key: changed, and in effect" || die "$key is not named"
done
log_has hse 'hse.yaml:[0-9]+:[0-9]+: key_sources: another order, in effect' || die "the order is not said"
expect_equal "keys that need a restart" "$(times hse 'takes effect at a restart')" 2

# A new AKA run goes to the KMS now.
expect_equal "pulls from the KMS" "$(hse_sources kms)" 0
kill -USR1 "${pids[hse-ue]}"
wait_for 10 "a pull from the KMS" eval '[ "$(hse_sources kms)" -eq 1 ]'

log_to debug "$lab/hse-file.txt"
mv "$lab/hse-file.txt" "$lab/hse-file.1.txt"
log_to info "$lab/hse-file.txt"
sed -i "s/^log: .*/log: {level: info}/" "$lab/hse.yaml"
reload hse

# An error.
cp "$lab/hse.yaml" "$lab/good.yaml"
sed -i 's/negative_cache_s: 2/negative_cache_s: 3/; s/^telemetry:.*/telemetry: {prefix: [1]}/' "$lab/hse.yaml"
refuse_reload hse
log_has hse 'hse.yaml:[0-9]+:[0-9]+: telemetry.prefix: expected a string' || die "the error is not said"
# With a certificate of another, those in use stay, and all else is reloaded.
sed 's/negative_cache_s: 2/negative_cache_s: 4/; s/hse.home.example.pem/sgsn.home.example.pem/' "$lab/good.yaml" >"$lab/hse.yaml"
reload hse
log_has hse 'certificates are not reloaded, for the errors above; all else is' || die "the certificate is not said"
expect_equal "times that another negative_cache_s was taken" \
	"$(times hse 'pull.negative_cache_s: changed, and in effect')" 2
cp "$lab/good.yaml" "$lab/hse.yaml"
reload hse

# Another certificate, which a new connection has.
was=$(openssl x509 -in "$lab/hse.home.example.pem" -noout -serial)
certificate hse.home.example
[ "$was" != "$(openssl x509 -in "$lab/hse.home.example.pem" -noout -serial)" ] || die "it is the same certificate"
reload hse
traffic_lost_nothing 700
peers_open 2 || die "a connection was lost"
expect_equal "sessions" "$(status sessions)" 1
stop hse
