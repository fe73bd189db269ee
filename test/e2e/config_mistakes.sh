#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Mistakes as people make them in the configurations of config/: each program says where each is and what was meant, all of
# them at once, and never repeats a key. What keeps no program from starting is said by --check and, as warnings, by a start.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_check.sh"

# The samples, with the names of the lab's files and addresses.
sample() {
	sed -e 's/\<hse\.pem/hse.home.example.pem/; s/\<hse\.key/hse.home.example.key/' \
		-e 's/\<sgsn\.pem/sgsn.home.example.pem/; s/\<sgsn\.key/sgsn.home.example.key/' \
		-e 's/master\.key/kms.master/; s|/var/lib/[a-z-]*/|/tmp/|; s/\<acc0\|core0/lo/' \
		-e 's/^  count: 1 /  count: 1  /; s/^# user: [a-z-]*/user: root/' \
		"$top/config/$1.yaml" | sed -z 's/net_af_packet1,iface=lo/net_null0/' >"$lab/$1.good"
}

# told PROGRAM STATUS SED-COMMAND PLACE TEXT: with that mistake, --check ends with STATUS and a line of it has TEXT of PLACE.
told() {
	local where
	mistake "$1" "$3"
	check "$1" "$2"
	where=$(place "$1" "$4")
	grep -F -- "$where: " <<<"$said" | grep -Fq -- "$5" || die "$1 was to say $where: $5; it said: $said"
}

lab_network
check_files
for program in hse hse-hss hse-ue hse-kms; do
	sample $program
	cp "$lab/$program.good" "$lab/$program.yaml"
	check $program 0
	expect_equal "what $program says of its sample" "$said" ""
done

# Program, status, mistake, place, text; a bar in a place is where it is reported, so fields end with a tab.
while IFS=$'\t' read -r program status change where text; do
	[ -n "$program" ] || continue
	told "$program" "$status" "$change" "$where" "$text"
done <<'END'
hse	2	s/^ports:/port:/	|port:	port: unknown key; did you mean ports?
hse	2	s/^  core:/    core:/	|core:	ports.access.core: unknown key here, it is ports.core;
hse	2	s/descriptors: 1024 /descriptors: 1k /	|1k	found '1k'; write the number alone, in the unit of the key
hse	2	s/"net_null0"/core0/	|core0	'core0' is no device of DPDK: for an interface of Linux write "net_af_packet1,iface=core0"
hse	2	s/"net_null0"/"net_null0/	|"net_null0	the quote that opens here is closed at line
hse	2	s/"net_null0"/[core0]/	|[core0]	expected a string, found a list; leave out the '[' and ']'
hse	2	s/"net_null0"$/"net_null0, no-rx=1"/	|"net_null0, no	has a space in it; write it without
hse	2	s/^link_state_mirror: true/link_state_mirror: on/	mirror: |on	expected true or false, found 'on'; write true
hse	2	s/^link_state_mirror: true/link_state_mirror: True/	|True	found 'True'; write true
hse	2	s/^link_state_mirror: true/link_state_mirror:true/	|link_state_mirror:true	a key without ': ' behind it
hse	2	s/^  count: 1/  count: 01/	|01	found '01'; write 1
hse	2	s/poll: adaptive/poll: adaptiv/	poll: |adaptiv	found 'adaptiv'; did you mean adaptive?
hse	2	s/  # lcores: .1./  lcores: 1/	lcores: |1	expected a list, found '1'; write [1]
hse	0	s/  # lcores: .1./  lcores: [0]/;s/  # control_lcore/  control_lcore/	lcores: [|0]	warning: workers.lcores[0]: worker 0 shares CPU 0 with the control thread
hse	2	s/  # mib: 256/  mib: 524288/	|524288	more than this machine has
hse	2	s/^  max: 65536/  max: 1e6/	|1e6	found '1e6'; write 1000000
hse	2	s/^  max: 65536/  max: 0100/	|0100	found '0100'; write 100, or 0x40 if it is octal
hse	0	s/counter_octets: 1 /counter_octets: 0 /	replay_window: |64	warning: sessions.replay_window: 64 is more than counter_octets: 0 can tell apart; the window is 4
hse	2	s/timeout_ms: 2000/timeout_ms: -1/	|-1	expected an integer from 10 to 60000, found '-1'
hse	2	s/^state:/state: x #/; s/^  path:/# path:/	|x #	expected a mapping, found 'x'; its keys are path
hse	2	s/^# notifications:/notifications: {peers: [pgw.home.example]} #/	[|pgw	'pgw.home.example' is not in diameter.peers
hse	2	s/^policy: .*/policy: [{imsi: "26", action: pass}, {imsi: "262", action: drop}]/	|{imsi: "262",	policy[1]: never applies: policy[0] (line
hse	0	s/^policy: .*/policy: [{imsi: "26", action: drop}, {imsi: "262", action: drop}]/	|{imsi: "262",	with the same action; remove it
hse	2	s/^policy: .*/policy: {imsi: "26", action: drop}/	|{imsi	expected a list, found a mapping; begin each item with '- '
hse	0	s/^policy: .*/policy: [{apn: iot, action: drop}]/	policy: |[{apn	warning: policy: no rule says protect: a session without a keyset crosses in clear
hse	2	s/unknown_teid: drop/unknown_teid: dropp/	teid: |dropp	did you mean drop?
hse	0	s/unknown_teid: drop/unknown_teid: pass/	teid: |pass	warning: unknown_teid: pass lets G-PDUs of unknown tunnels cross, unread: for the day of insertion; then set drop
hse	0	s/^state:/lab_mode: true #/; s/^  path:/# path:/	teid: |drop	warning: unknown_teid: drop without state: after a restart all sessions from before are unknown
hse	2	s/^# transparent:/transparent: [{access: 10.1.0.0\/8, core: 10.2.0.7}] #/	access: |10.1.0.0/8	transparent[0].access: expected a network as in 10.1.0.0/16
hse	2	s/^# transparent:/transparent: [{access: 10.1.0.7, core: "2001:db8::7"}] #/	|{access: 10.1.0.7	transparent[0]: access and core are of different IP versions
hse	2	s/^# transparent:/transparent: [{access: 10.1.0.7, core: 10.2.0.7}, {access: 10.2.0.7, core: 10.3.0.7}] #/	access: |10.2.0.7, core: 10.3	transparent[1].access: 10.2.0.7 is on the access side here, and on the core side in transparent[0].core
hse	0	s/^# transparent:/transparent: [{access: 10.1.0.0\/16, core: 10.2.0.7}, {access: 10.1.0.7, core: 10.2.0.7}] #/	|{access: 10.1.0.7	warning: transparent[1]: never counts: transparent[0] (line
hse	2	s/address: 10.99.0.1, port: 5868}/address: nobody.invalid, port: 5868}/	|nobody.invalid	nobody.invalid
hse	2	s/address: 10.99.0.1, port: 5868}/address: 10.99.0.1:5868}/	|10.99.0.1:5868	expected an IPv4 or IPv6 address, or a host name, found
hse	2	s/address: 10.99.0.1, port: 5868}/address: 10.99.0.1, port: 70000}/	|70000	expected an integer from 1 to 65535
hse	2	s/host: hss.home.example, realm/host: hs.home.example, realm/	|hs.home	key_sources[0].host: 'hs.home.example' is not in diameter.peers; did you mean hss.home.example?
hse	2	s/kind: diameter, name: hss,/kind: Diameter, name: hss,/	kind: |Diameter	did you mean diameter?
hse	2	s/^  level: info/  level: information/	|information	did you mean info?
hse	2	s/^# numbers: {/numbers: {fc_umts_prime: 0xE1} #/	|0xE1}	0xe1 is numbers.fc_e2mkeyset as well; each key needs an FC of its own
hse	2	30s/^/---\n/	|---	a second document begins here
hse	2	s/^workers:/workers: \&w/	|&w	anchors (&) are not supported
hse	2	s/.*//	|	nothing is configured
hse-hss	2	s/imsi: "262010000000001"/imsi: "2620100000000011"/	|"2620100000000011"	found '2620100000000011', which has 16
hse-hss	2	s/imsi: "262010000000001"/imsi: 465b5ce8b199b49faa5f0a2ee238a6bc/	imsi: |465b	found '<32 hex digits>'; write digits alone
hse-hss	2	s/^    k: 465b/    k:465b/	|k:465b	a key without ': ' behind it
hse-hss	2	s/^    k: 465b/    k: "465b/	k: |"465b	the quote that opens here is closed at line
hse-hss	2	s/^    k: 465b/    k: 65b/	k: |65b	found another value, which has 31
hse-hss	2	s/^    k: 465b/    k: 0x465b/	k: |0x465b	leave out the 0x
hse-hss	2	s/^    k: 465b/    K: 465b/	|K: 465b	did you mean k?
hse-hss	2	s/^    k: 465b/   k: 465b/	|k: 465b	expected '- ': indent the line as its neighbours
hse-hss	2	s/^    ciphering: eea2 /    ciphering: eia2 /	ciphering: |eia2	did you mean eea2?
hse-hss	2	s/lifetime_s: 0 /lifetime_s: 1h /	|1h	write the number alone
hse-hss	2	s/hses: .hse.home.example,/hses: [hse.home.exmaple,/	|hse.home.exmaple	subscribers[0].hses[0]: 'hse.home.exmaple' is not in diameter.peers; did you mean hse.home.example?
hse-hss	2	s/imsi: "262019000000000"/imsi: 262010000000001/	imsi: |262010000000001	IMSI 262010000000001 is there already: subscribers[0], line
hse-hss	2	s/count: 100000 /count: 100,000 /	count: |100,000	write 100000
hse-hss	2	s/^role: hss/role: HSS/	role: |HSS	did you mean hss?
hse-hss	0	s|^state: .*|state: /nonexistent/sqn|	|/nonexistent	warning: state: there is no folder /nonexistent
hse-hss	2	s/listen: {address:/listen: {adress:/	|adress	did you mean address?
hse-hss	2	s/kms_peers: .kms.home.example./kms_peers: [kms.home.exampl]/	|kms.home.exampl]	did you mean kms.home.example?
hse-hss	2	s/- {identity: kms.home.example}/- kms.home.example/	- |kms.home.example	expected a mapping, found 'kms.home.example'; its keys are identity, address, port
hse-kms	2	s/hosts: .hss.home.example./hosts: [hss1.home.example]/	|hss1	kms.hss.hosts[0]: 'hss1.home.example' is not in diameter.peers; did you mean hss.home.example?
hse-kms	2	s/hosts: .hss.home.example./host: hss.home.example/	|host: hss	did you mean hosts?
hse-kms	2	s/hses: .hse.home.example./hses: [nobody.example]/	|nobody	kms.may_pull[0].hses[0]: 'nobody.example' is not in diameter.peers
hse-kms	2	s/^  may_pull:/may_pull:/	|may_pull:	may_pull: unknown key here, it is kms.may_pull
hse-kms	2	s/key_file: kms.master/keyfile: kms.master/	|keyfile	did you mean key_file?
hse-ue	2	s/^system: umts/system: UMTS/	system: |UMTS	did you mean umts?
hse-ue	2	s/^  address: 10.1.0.1 /  address: 10.1.0.1\/24 /	|10.1.0.1/24	write one address, without '/'
hse-ue	2	s/name_run_by: sqn/name_run_by: snq/	|snq	did you mean sqn?
hse-ue	2	s/integrity: eia2/integrity: eea2/	integrity: |eea2	did you mean eia2?
hse-ue	2	s/routes: .10.2.0.0.24./routes: 10.2.0.0\/24/	|10.2.0.0/24 	write [10.2.0.0/24]
hse-ue	2	s/host: hss.home.example/host: hss.home.exmple/	|hss.home.exmple	hss.host: 'hss.home.exmple' is not in diameter.peers; did you mean hss.home.example?
hse-ue	2	s/amf_e2m_bit: 0x0080/amf_e2m_bit: 0080/	|0080	write 80, or 0x80 if it is hexadecimal
hse-ue	2	s/fc_e2mkeyset: 0xE1/fc_e2mkeyset: 0xE0/	fc_e2mkeyset: |0xE0	0xe0 is numbers.fc_umts_prime as well
END

told hse 2 's/^  poll:/\tpoll:/' $'|\tpoll:' 'a tab cannot indent a line'

# All of them at once, whatever they are.
mistake hse 's/gcm_tag_octets: 8/gcm_tag_octets: 9/; s/host: hss.home.example, realm/host: hs.home.example, realm/; s/counter_octets: 1 /counter_octets: 0 /; s/ca: ca.pem/ca: none.pem/'
check hse 2
for text in 'must be 8 or 16, not 9' "'hs.home.example' is not in diameter.peers" 'warning: sessions.replay_window' 'none.pem cannot be read'; do
	grep -Fq -- "$text" <<<"$said" || die "no '$text' in: $said"
done

# Octets that are not UTF-8, CRLF, a byte order mark; what is no file.
mistake hse '10s/$/ # caf\xe9/'
check hse 2
expect_equal "what it says" "$said" "$lab/hse.yaml:10:$(sed -n 10p "$lab/hse.good" | awk '{print length($0) + 7}'): octet 0xe9 is not UTF-8; save the file as UTF-8"
mistake hse '1s/^/\xef\xbb\xbf/; s/$/\r/'
check hse 0
rm "$lab/hse.yaml"
check hse 2
expect_equal "what it says" "$said" "$lab/hse.yaml: cannot be read: No such file or directory"
mkdir "$lab/hse.yaml"
check hse 2
expect_equal "what it says" "$said" "$lab/hse.yaml: cannot be read: Is a directory"
rmdir "$lab/hse.yaml"

# A start with what --check refuses and no program needs for a start: said in the log, and it starts.
hse_key_sources='- {kind: diameter, name: hss, host: hss2.home.example, realm: home.example}'
hse_more='policy: [{imsi: "26201", action: pass}, {imsi: "262010", action: drop}]'
start_hse
for text in "key_sources[0].host: 'hss2.home.example' is not in diameter.peers; did you mean hss.home.example?" \
	'policy[1]: never applies: policy[0] (line '; do
	grep -Eq "^hse: warning: $lab/hse.yaml:[0-9]+:[0-9]+: " <<<"$(grep -F -- "$text" "$lab/hse.log")" || die "hse does not say: $text"
done
stop hse
