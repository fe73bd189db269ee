#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Mistakes in a configuration: each program says file:line:column: path: what is wrong, ends with status 2, and never
# repeats a key of a subscriber. The configurations of the lab are without mistakes.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_check.sh"

# rejects PROGRAM SED-COMMAND PLACE TEXT: with the mistake that the sed command makes, it says TEXT of PLACE.
rejects() {
	local where
	mistake "$1" "$2"
	check "$1" 2
	where=$(place "$1" "$3")
	grep -Fxq -- "$where: $4" <<<"$said" || die "$1 was to say $where: $4; it said: $said"
}

namespace_add home
ip -n "$run-home" addr add 10.99.0.1/32 dev lo
ip -n "$run-home" addr add 10.99.0.4/32 dev lo
check_files
chmod 644 "$lab/kms.home.example.pem" # for one of the mistakes below
for program in hse hse-hss hse-ue hse-kms; do
	"config_${program#hse-}" | tee "$lab/$program.good" >"$lab/$program.yaml"
	check $program 0
done

# --check of a configuration that a running program uses finds the port in use.
start listener home python3 -c "
import signal, socket
s = socket.socket()
s.bind(('10.99.0.1', 5868))
s.listen()
print('listening', flush=True)
signal.pause()"
wait_log listener '^listening'
check hse-hss 0
grep -Eq "^$lab/hse-hss.yaml:[0-9]+:[0-9]+: warning: diameter.listen: port 5868 is in use now: by this program, if it runs$" <<<"$said" ||
	die "hse-hss --check does not say that the port is in use: $said"
kill_hard listener

rejects hse 's/^pull:/pulls:/' '|pulls:' \
	"pulls: unknown key; did you mean pull? Known here are ports, workers, memory, sessions, pull, gtpc, policy, unknown_teid, transparent, allowed_algorithms, state, telemetry, notifications, static_sessions, user, lab_mode, link_state_mirror, bypass, diameter, key_sources, log, numbers"
rejects hse 's/count: 1/cuont: 1/' '|cuont' \
	"workers.cuont: unknown key; did you mean count? Known here are count, lcores, poll, control_lcore"
rejects hse 's/acc0", queues: 1/acc0", queues: none/' '|none' \
	"ports.access.queues: expected an integer from 1 to 64, found 'none'"
rejects hse 's/counter_octets: 1/counter_octets: 4/' '|4, gcm' \
	"sessions.counter_octets: expected an integer from 0 to 3, found '4'"
rejects hse 's/^  core:/  access:/' '|access: {device: "net_af_packet1' \
	"ports.access: given twice, first at line 3"
rejects hse 's/net_af_packet1/net_af_packet0/' 'core: {device: |"net' \
	"ports.core.device: net_af_packet0 is the access port already; each port needs an interface of its own"
rejects hse 's|prefix: .*|prefix: a/b}|' 'prefix: |a/b' \
	"telemetry.prefix: expected 1 to 64 letters, digits, - and _, found 'a/b'"
rejects hse 's/^pull: .*/pull: {retry_min_ms: 900, retry_max_ms: 800}/' '|800' \
	"pull.retry_max_ms: 800 is less than retry_min_ms, 900"
rejects hse 's/kind: diameter/kind: carrier-pigeon/' '|carrier' \
	"key_sources[0].kind: expected one of diameter, file, found 'carrier-pigeon'"
rejects hse 's/10\.99\.0\.1/10.99.0.1.5/' '|10.99.0.1.5' \
	"diameter.peers[0].address: expected an IPv4 or IPv6 address, or a host name, found '10.99.0.1.5'"
rejects hse 's/lcores: \[1\]/lcores: [1, 1]/' '1, |1]' \
	"workers.lcores[1]: CPU 1 is another worker's already"
rejects hse 's/gcm_tag_octets: 8/gcm_tag_octets: 12/' '|12, allow' \
	"sessions.gcm_tag_octets: must be 8 or 16, not 12"
rejects hse 's/hse.home.example.key/nowhere.key/' '|nowhere' \
	"diameter.tls.key: $lab/nowhere.key cannot be read: No such file or directory"
rejects hse 's/level: info/level: loud/' '|loud' \
	"log.level: expected one of error, warning, info, debug, found 'loud'"
rejects hse '/^  realm/d' '|identity: hse' "diameter.realm: required, but missing"
rejects hse '/^pull:/i policy: [{imsi: "26201-262", action: protect}]' '|"26201-262"' \
	"policy[0].imsi: expected as many digits behind the '-' as before it"
rejects hse '/^pull:/i policy: [{apn: "a*", action: drop}]' '|"a*"' \
	"policy[0].apn: expected an APN: labels with dots between, each of letters, digits and '-', or '*' for one whole label"
rejects hse '/^pull:/i policy: [{apn: internet, action: encrypt}]' '|encrypt' \
	"policy[0].action: expected one of optional, protect, pass, drop, found 'encrypt'"
rejects hse '/^pull:/i unknown_teid: forward' '|forward' \
	"unknown_teid: expected one of pass, drop, found 'forward'"
rejects hse '/^pull:/i allowed_algorithms: {ciphering: [gcm], integrity: [eia2]}' 'allowed_algorithms: |{ciph' \
	"allowed_algorithms: no keyset has such a pair: gcm goes with gcm alone, eea0 not with eia0, and eia0 only with sessions.allow_null_integrity"
rejects hse-ue 's/key_id: 1/key_id: 8/' 'key_id: |8' \
	"session.key_id: expected an integer from 1 to 7, found '8'"
rejects hse-ue 's/integrity: eia2/integrity: eia0/' '|eia0' \
	"session.integrity: eia0 does not go with eea2, unless allow_null_integrity is true"
rejects hse-ue 's/imsi: "[0-9]*"/imsi: "12345"/' '|"12345"' \
	"usim.imsi: expected an IMSI of 6 to 15 decimal digits, found '12345', which has 5"
rejects hse-ue 's/routes: \[[^]]*/routes: [10.2.0.9\/24/' '|10.2.0.9' \
	"tun.routes[0]: expected an IPv4 network as in 10.2.0.0/24, found '10.2.0.9/24'"
rejects hse-hss 's/k: 46.*/k: 465b5ce8/' '|465b5ce8' \
	"subscribers[0].k: expected exactly 32 hex digits, found another value, which has 8"
rejects hse-hss 's/integrity: eia2/integrity: gcm/' '- |imsi' \
	"subscribers[0]: eea2 with gcm: gcm goes with gcm only, and eea0 with eia0 protects nothing"
rejects hse-hss 's/address: 10.99.0.1/address: 10.99.0.77/' 'listen: |{addr' \
	"diameter.listen: no interface of this machine has the address 10.99.0.77: add it (\`ip addr add\`), or correct it"
rejects hse-hss 's/hss.home.example.pem/ca.pem/' '|ca.pem, key' \
	"diameter.tls.certificate: $lab/ca.pem is not for the Diameter identity 'hss.home.example': its certificate names $run lab CA; have one issued with subjectAltName DNS:hss.home.example"
rejects hse-ue 's/sgsn.home.example.pem/sgsn.home.example.key/' '|sgsn.home.example.key, key' \
	"diameter.tls.certificate: $lab/sgsn.home.example.key is a private key, not a certificate: are certificate and key exchanged?"
rejects hse-hss 's/role: hss/role: hlr/' '|hlr' "role: expected one of hss, kms, found 'hlr'"
rejects hse-hss 's/role: hss/role: kms/' '|- imsi' "subscribers: role kms has no such setting"
rejects hse-kms 's/kms.master/nowhere/' '|nowhere' \
	"kms.key_file: $lab/nowhere cannot be read: No such file or directory"
rejects hse-kms 's/kms.master/kms.home.example.pem/' '|kms.home.example.pem' \
	"kms.key_file: $lab/kms.home.example.pem may be read or written by others than its owner: chmod 600 $lab/kms.home.example.pem"
rejects hse-kms 's/key_file: .*/credential: master/' 'credential: |master' \
	"kms.credential: there is no CREDENTIALS_DIRECTORY in the environment: have systemd start us, with LoadCredential=master:... or LoadCredentialEncrypted=master:..."
rejects hse-kms 's/imsi: "26201"/imsi: "2620x"/' '|"2620x"' \
	"kms.may_pull[0].imsi: expected the first digits of IMSIs, or \"\" for all, found '2620x'"
