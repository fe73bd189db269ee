#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse starts with a certificate that has expired: it forwards at once, keeps protected sessions closed, says what is wrong,
# and serves them when the certificate is replaced, without a restart.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_starts_with.sh"

# expire: hse's certificate, for the same key, as of a hundred days ago.
expire() {
	local faketime=(/usr/lib/*/faketime/libfaketime.so.1)
	FAKETIME=-100d LD_PRELOAD=${faketime[0]} openssl x509 -req -in "$lab/hse.home.example.csr" -CA "$lab/ca.pem" \
		-CAkey "$lab/ca.key" -CAcreateserial -days 60 -copy_extensions copy -out "$lab/hse.home.example.pem" 2>/dev/null
}

certificate hse.home.example
cp "$lab/hse.home.example.pem" "$lab/good.pem"
expire
start_with_fault
expect_fault "$lab/hse.yaml:[0-9]+:[0-9]+: diameter.tls.certificate: $lab/hse.home.example.pem is no longer valid: the certificate expired on 20"
expect_closed
grep -q "from hss failed: unreachable: hss.home.example is not connected: diameter.tls.certificate: .* expired on" "$lab/hse.log" ||
	die "hse does not say why it cannot pull"

cp "$lab/good.pem" "$lab/hse.home.example.pem"
expect_open
log_has hse 'mended: diameter.tls.certificate' || die "hse does not say that it is mended"
