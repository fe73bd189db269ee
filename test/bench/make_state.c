/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make-state: a state as an hse with so many sessions leaves it behind when it crashes, to measure how long the next one
 * takes to begin, and to see that it has them all. Each session has two tunnels and a keyset that was pulled and used.
 *
 *   make-state FOLDER SESSIONS
 */
#include <stdlib.h>
#include <string.h>

#include "state/state.h"

#define BATCH 4096

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

static bool write_all(struct state *state, uint32_t sessions)
{
	struct state_batch *batch = state_batch_new(BATCH);
	int error = 0;

	for (uint32_t id = 1; batch && id <= sessions && error == 0;) {
		for (batch->count = 0; batch->count < BATCH && id <= sessions; id++)
			batch->changes[batch->count++] = (struct state_change){
				.kind = STATE_SESSION, .session = session(id)};
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
	const uint32_t sessions = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	const struct state_config config = {
		.path = argv[1], .max_octets = (UINT64_C(64) << 20) + sessions * UINT64_C(2048)};
	struct state *state;
	bool good;

	if (sessions == 0) {
		fprintf(stderr, "usage: make-state FOLDER SESSIONS\n");
		return 2;
	}
	state = state_open(&config, stderr);
	good = state && write_all(state, sessions);
	state_close(state);
	return !good;
}
