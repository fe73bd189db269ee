# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _configs.sh: certificates, and configurations of all programs, by what a test has set. For _init.sh.

# certificate IDENTITY: IDENTITY.pem and .key, signed by the run's own CA.
certificate() {
	[ -e "$lab/ca.pem" ] ||
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 60 \
			-subj "/CN=$run lab CA" -keyout "$lab/ca.key" -out "$lab/ca.pem" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-addext "subjectAltName=DNS:$1" -keyout "$lab/$1.key" -out "$lab/$1.csr" 2>/dev/null
	openssl x509 -req -in "$lab/$1.csr" -CA "$lab/ca.pem" -CAkey "$lab/ca.key" -CAcreateserial \
		-days 60 -copy_extensions copy -out "$lab/$1.pem" 2>/dev/null
}

config_hss() {
	cat <<-END
		role: hss
		user: root
		log: {level: $log_level}
		state: $lab/hss.state
		keyset_retention_s: $keyset_retention_s
		kms_peers: [kms.home.example, kms2.home.example]
		diameter:
		  identity: hss.home.example
		  realm: home.example
		  listen: {address: 10.99.0.1, port: 5868}
		  tls: {certificate: hss.home.example.pem, key: hss.home.example.key, ca: ca.pem}
		  peers:
		    - {identity: hse.home.example}
		    - {identity: hse2.home.example}
		    - {identity: sgsn.home.example}
		    - {identity: kms.home.example}
		    - {identity: kms2.home.example}
		    - {identity: sgsn2.home.example}
		    - {identity: bad.home.example}
		subscribers:
	END
	subscribers | sed 's/^/  /'
}

# config_kms [NAME ADDRESS]
config_kms() {
	cat <<-END
		role: kms
		user: root
		log: {level: $log_level}
		state: $lab/${1:-kms}.state
		kms:
		  key_file: ${1:-kms}.master
		  hss: {hosts: [hss.home.example], realm: home.example}
		  may_pull:
		    - {imsi: "26201", hses: $kms_hses}
		diameter:
		  identity: ${1:-kms}.home.example
		  realm: home.example
		  listen: {address: ${2:-10.99.0.4}, port: 5868}
		  tls: {certificate: ${1:-kms}.home.example.pem, key: ${1:-kms}.home.example.key, ca: ca.pem}
		  peers:
		    - {identity: hss.home.example, address: 10.99.0.1, port: 5868}
		    - {identity: hse.home.example}
		    - {identity: hse2.home.example}
		  connect_interval_s: 1
	END
}

# subscriber IMSI CIPHERING INTEGRITY
subscriber() {
	cat <<-END
		- imsi: "$1"
		  k: $k
		  opc: $opc
		  amf: "0000"
		  sqn: "000000000020"
		  ciphering: $2
		  integrity: $3
		  lifetime_s: $lifetime_s
		  hses: $hss_hses
	END
}

# subscribers: those of hse-hss; a test may define it anew.
subscribers() {
	subscriber "$hss_imsi" "$ciphering" "$integrity"
}

config_hse() {
	cat <<-END
		log: {level: $log_level}
		ports:
		  access: {device: "$access_device", queues: $hse_queues${hse_mtu:+, $hse_mtu}}
		  core: {device: "$core_device", queues: $hse_queues${hse_mtu:+, $hse_mtu}}
		workers: $hse_workers
		memory: {hugepages: false, mib: $hse_mib}
		sessions: {max: 1024, counter_octets: $counter_octets, gcm_tag_octets: $gcm_tag_octets, allow_null_integrity: $allow_null_integrity$hse_sessions}
		pull: $hse_pull
		diameter:
		  identity: hse.home.example
		  realm: home.example
		  tls: {certificate: hse.home.example.pem, key: hse.home.example.key, ca: ca.pem}
		  ${hse_listen:+listen: $hse_listen}
		  peers:
		    - {identity: hss.home.example, address: 10.99.0.1, port: 5868}
		$(sed 's/^./    &/' <<<"$hse_peers")
		  connect_interval_s: 1
		key_sources:
		$(sed 's/^/  /' <<<"$hse_key_sources")
		telemetry: {prefix: $run}
		user: $hse_user
		$([ -n "$hse_state" ] && echo "state: $hse_state" || echo "lab_mode: true")
		$hse_more
	END
}

config_ue() {
	cat <<-END
		log: {level: $log_level}
		system: $ue_system
		usim: {imsi: "$imsi", k: $k, opc: $opc, sqn: "$usim_sqn", plmn: "26201"}
		sgsn: {address: "$sgsn_address", ggsn: "$ggsn_address"${ue_move_to:+, move_to: $ue_move_to}}
		session:
		  apn: internet
		  ${ue_static:+address: $ue_static}
		  nsapi: 5
		  key_id: 1
		  name_run_by: $name_run_by
		  counter_octets: $counter_octets
		  ciphering: $ciphering
		  integrity: $integrity
		  gcm_tag_octets: $gcm_tag_octets
		  allow_null_integrity: $allow_null_integrity
		  msisdn: "491700000001"
		tun: {name: ue0, mtu: $ue_tun_mtu, routes: [10.2.0.0/24]}
		diameter:
		  identity: sgsn.home.example
		  realm: home.example
		  tls: {certificate: sgsn.home.example.pem, key: sgsn.home.example.key, ca: ca.pem}
		  peers:
		    - {identity: hss.home.example, address: 10.99.0.1, port: 5868}
		  connect_interval_s: 1
		hss: {host: hss.home.example, realm: home.example}
	END
}

config_ggsn() {
	cat <<-END
		log stderr
		 logging filter all 1
		 logging color 0
		 logging level ggsn info
		 logging level lgtp info
		line vty
		 no login
		 bind 127.0.0.1
		ctrl
		 bind 127.0.0.1
		ggsn ggsn0
		 gtp state-dir $lab/ggsn
		 gtp bind-ip 10.1.0.2
		${ggsn_more:+ $ggsn_more}
		 apn internet
		  gtpu-mode tun
		  tun-device tun0
		  type-support v4
		  ip prefix dynamic 10.2.0.0/24
		  ip ifconfig 10.2.0.1/24
		  no shutdown
		 default-apn internet
		 no shutdown ggsn
	END
}
