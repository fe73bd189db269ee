/* SPDX-License-Identifier: BSD-3-Clause */
#include "storm_config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* TS 35.208 test set 1, of which each device's K and OPc are derived: no secret. */
#define K  "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OP "cdc202d5123e20f62b6d676ac72cb318"

static FILE *create(const struct lab *lab, const char *name)
{
	char path[PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.yaml", lab->folder, name);
	f = fopen(path, "we");
	if (f)
		fchmod(fileno(f), 0600); /* the file holds keys */
	if (!f)
		fprintf(stderr, "hse-bench: %s: %s\n", path, strerror(errno));
	else
		fprintf(f, "log: {level: warning}\n");
	return f;
}

static bool finish(FILE *f)
{
	const bool written = !ferror(f);

	if (fclose(f) == 0 && written)
		return true;
	fprintf(stderr, "hse-bench: a configuration cannot be written: %s\n", strerror(errno));
	return false;
}

static void write_diameter(FILE *f, const char *identity, const char *listen)
{
	fprintf(f,
		"diameter:\n"
		"  identity: %s\n"
		"  realm: home.example\n"
		"  tls: {certificate: %s.pem, key: %s.key, ca: ca.pem}\n"
		"  connect_interval_s: 1\n",
		identity, identity, identity);
	if (listen)
		fprintf(f,
			"  listen: {address: %s, port: %d}\n"
			"  peers:\n"
			"    - {identity: hse.home.example}\n"
			"    - {identity: sgsn.home.example}\n"
			"    - {identity: sgsn2.home.example}\n",
			listen, LAB_DIAMETER_PORT);
	else
		fprintf(f, "  peers: [{identity: hss.home.example, address: %s, port: %d}]\n",
			LAB_HSS_ADDRESS, LAB_DIAMETER_PORT);
}

bool storm_config_hss(const struct lab *lab, uint32_t subscribers)
{
	FILE *f = create(lab, "hss");

	if (!f || !lab_certificate(lab, "hss.home.example"))
		return false;
	write_diameter(f, "hss.home.example", LAB_HSS_ADDRESS);
	fprintf(f,
		"role: hss\n"
		"user: root\n"
		"state: hss.state\n"
		"keyset_capacity: %" PRIu32 "\n"
		"subscribers:\n"
		"  - {imsi: \"%s\", count: %" PRIu32 ", derive_k: true, k: %s, op: %s,\n"
		"     hses: [hse.home.example]}\n",
		4 * subscribers, STORM_FIRST_IMSI, subscribers, K, OP);
	return finish(f);
}

bool storm_config_hse(const struct lab *lab, uint32_t sessions, const char *state)
{
	FILE *f = create(lab, "hse");

	if (!f || !lab_certificate(lab, "hse.home.example"))
		return false;
	write_diameter(f, "hse.home.example", NULL);
	/* Room for the flows, by hsectl status some 400 octets a session, and for packets. */
	fprintf(f,
		"ports:\n"
		"  access: {device: \"net_af_packet0,iface=acc0,framecnt=8192\"}\n"
		"  core: {device: \"net_af_packet1,iface=core0,framecnt=8192\"}\n"
		"memory: {hugepages: false, mib: %" PRIu32 "}\n"
		"sessions: {max: %" PRIu32 "}\n"
		"gtpc: {hold_ms: 1000}\n"
		"policy: [{action: protect}]\n"
		"key_sources:\n"
		"  - {kind: diameter, name: hss, host: hss.home.example, realm: home.example,\n"
		"     keyset_retention_s: 300}\n"
		"telemetry: {prefix: " STORM_PREFIX "}\n"
		"user: root\n",
		192 + sessions / 2048, sessions);
	if (state)
		fprintf(f, "state: {path: \"%s\"}\n", state);
	else
		fprintf(f, "lab_mode: true\n");
	return finish(f);
}

static void write_imsi(FILE *f, uint32_t above_first)
{
	fprintf(f, "%015" PRIu64, (uint64_t)strtoull(STORM_FIRST_IMSI, NULL, 10) + above_first);
}

bool storm_config_fleet(const struct lab *lab, const struct storm_fleet_config *c)
{
	FILE *f = create(lab, c->name);

	if (!f || !lab_certificate(lab, c->identity))
		return false;
	write_diameter(f, c->identity, NULL);
	fprintf(f, "usim: {plmn: \"26201\", k: %s, op: %s, imsi: \"", K, OP);
	write_imsi(f, c->first);
	fprintf(f,
		"\"}\n"
		"sgsn: {address: %s, ggsn: " LAB_GGSN_ADDRESS "}\n"
		"session: {apn: internet}\n"
		"fleet: {derive_k: true, ping: " STORM_HOST ", window: %" PRIu32 ", rate: %" PRIu32
		", packets: %" PRIu32 ", traffic: {packets_per_s: %" PRIu32 "}}\n"
		"hss: {host: hss.home.example, realm: home.example}\n",
		c->sgsn, c->window, c->rate, c->packets, c->traffic);
	return finish(f);
}
