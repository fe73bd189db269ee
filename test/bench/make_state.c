/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make-state: a state as an hse with so many sessions leaves it behind when it crashes, to measure how long the next one
 * takes to begin, and to see that it has them all. Each session has two tunnels and a keyset that was pulled and used.
 *
 * UNPROTECTED sessions without protection come beside them. Prints how long it took to write them.
 *
 *   make-state FOLDER SESSIONS [UNPROTECTED]
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state/state.h"

#define BATCH 4096

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void set_tunnel(struct tunnel *tunnel, uint8_t host, uint32_t teid)
{
	const uint8_t address[4] = {10, 1, 0, host};

	tunnel_set_ipv4(tunnel, address);
	tunnel->teid = teid;
}

static struct state_session session(uint32_t id)
{
	struct state_session s = {.id = id,
				  .serial = id,
				  .nsapi = 5,
				  .primary = 5,
				  .counter_octets = 1,
				  .has_tunnel = {true, true}};
	struct state_keyset *keyset = &s.keysets[0];
	uint8_t name[E2M_RAND_LEN] = {0};

	snprintf(s.imsi.digits, sizeof(s.imsi.digits), "26201%010u", id);
	set_tunnel(&s.tunnel[E2M_UPLINK], 2, id);
	set_tunnel(&s.tunnel[E2M_DOWNLINK], 1, id);
	set_tunnel(&s.control_sgsn, 1, 0x80000000 | id);
	set_tunnel(&s.control_ggsn, 2, 0x80000000 | id);
	memcpy(name, &id, sizeof(id));
	*keyset = (struct state_keyset){.flags = STATE_KEYSET_HELD | STATE_KEYSET_KNOWN |
						 STATE_KEYSET_AUTHENTICATED,
					.key_id = 1,
					.eea = E2M_EEA2,
					.eia = E2M_EIA2,
					.id = e2m_keyset_id_make(E2M_ID_RAND, name),
					.ceiling = {100, 104}};
	memcpy(keyset->fingerprint, &id, sizeof(id));
	return s;
}

static struct state_change protected_session(uint32_t id)
{
	return (struct state_change){.kind = STATE_SESSION, .session = session(id)};
}

static struct state_change unprotected_session(uint32_t number)
{
	const uint8_t address[] = {11, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
				   (uint8_t)number};
	struct state_change c = {.kind = STATE_ENTRY,
				 .entry = {.number = number,
					   .kind = STATE_UNPROTECTED,
					   .serial = number,
					   .nsapi = 5,
					   .primary = 5,
					   .apn = 1}};

	snprintf(c.entry.imsi.digits, sizeof(c.entry.imsi.digits), "26202%010u", number);
	set_tunnel(&c.entry.tunnel[E2M_UPLINK], 2, 0x40000000 | number);
	set_tunnel(&c.entry.tunnel[E2M_DOWNLINK], 1, 0x40000000 | number);
	set_tunnel(&c.entry.control_sgsn, 1, 0xc0000000 | number);
	set_tunnel(&c.entry.control_ggsn, 2, 0xc0000000 | number);
	pdp_address_set_ipv4(&c.entry.address, address);
	return c;
}

static bool write_all(struct state *state, uint32_t sessions,
		      struct state_change (*make)(uint32_t number))
{
	struct state_batch *batch = state_batch_new(BATCH);
	int error = 0;

	for (uint32_t id = 1; batch && id <= sessions && error == 0;) {
		for (batch->count = 0; batch->count < BATCH && id <= sessions; id++)
			batch->changes[batch->count++] = make(id);
		error = state_write(state, batch);
		if (error == 0)
			state_wait(state, &error);
	}
	if (error)
		fprintf(stderr, "make-state: %s\n", state_strerror(error));
	state_batch_free(batch);
	return batch && error == 0;
}

int main(int argc, char **argv)
{
	const uint32_t sessions = argc >= 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	const uint32_t unprotected = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	const struct state_config config = {.path = argv[1],
					    .max_octets = (UINT64_C(64) << 20) +
							  sessions * UINT64_C(2048) +
							  unprotected * UINT64_C(256)};
	struct state *state;
	double began;
	bool good;

	if (sessions == 0 || argc > 4) {
		fprintf(stderr, "usage: make-state FOLDER SESSIONS [UNPROTECTED]\n");
		return 2;
	}
	state = state_open(&config, stderr);
	began = now_s();
	good = state && write_all(state, sessions, protected_session);
	printf("%u sessions in %.1f s\n", sessions, now_s() - began);
	began = now_s();
	good = good && write_all(state, unprotected, unprotected_session);
	printf("%u without protection in %.1f s\n", unprotected, now_s() - began);
	state_close(state);
	return !good;
}
