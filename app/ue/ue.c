/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/ue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "program/program.h"
#include "ue/steps.h"

static void auth_finished(void *arg, const struct auth_result *result);
static void pdp_changed(void *arg, enum pdp_event event, uint8_t cause);
static struct pdp_bearer *bearer_begins(void *arg, uint8_t ebi, const struct gtp_octets *tft);
static void bearer_ends(void *arg, struct pdp_bearer *bearer);
static void downlink(void *arg, struct packet *packets, size_t count);
static void write_tun(void *arg, const struct packet *packets, size_t count);
static void uplink(void *arg);
static void send_move(void *arg);

/* A UE is silent before its SGSN asks for a move. The GGSN reads GTP-C and GTP-U from different sockets: without a
 * pause it may read the Update before uplink PDUs that were sent earlier, and refuse those. */
#define MOVE_SILENCE_MS 200

static int add_place(struct ue *ue)
{
	const struct endpoint local =
		endpoint_from_config(&ue->shared->config->sgsn.move_to, GTPC_PORT);
	int err = user_path_add_tunnel(ue->shared->other_user_path, &ue->tunnels[1]);

	return err ? err
		   : pdp_add_place(&ue->pdp, &local, &ue->shared->other_control_path,
				   &ue->tunnels[1]);
}

static int init_pdp(struct ue *ue)
{
	const struct ue_config *config = ue->shared->config;
	struct pdp_config pdp = {
		.numbers = &config->numbers,
		.version = ue_gtp_version(config),
		.imsi = config->usim.imsi,
		.msisdn = config->session.msisdn,
		.apn = config->session.apn,
		.nsapi = config->session.nsapi,
		.ggsn = endpoint_from_config(&config->sgsn.ggsn, GTPC_PORT),
		.local = endpoint_from_config(&config->sgsn.address, GTPC_PORT),
		.changed = pdp_changed,
		.bearer_begins = bearer_begins,
		.bearer_ends = bearer_ends,
		.arg = ue,
	};

	memcpy(pdp.plmn, config->plmn, sizeof(pdp.plmn));
	memcpy(&pdp.address, config->session.address.octets, sizeof(pdp.address));
	for (unsigned i = 0; i < PDP_PLACES; i++)
		ue->tunnels[i] = (struct user_tunnel){.received = downlink, .arg = ue};
	int err = user_path_add_tunnel(ue->shared->user_path, &ue->tunnels[0]);
	if (!err)
		err = pdp_init(&ue->pdp, &pdp, &ue->shared->control_path, &ue->tunnels[0]);
	if (!err && ue->shared->other_user_path)
		err = add_place(ue);
	if (err)
		program_log(PROGRAM_ERROR, "no TEIDs: %s", strerror(-err));
	return err;
}

static const struct pdp_words *words(const struct ue *ue)
{
	return pdp_words(ue_gtp_version(ue->shared->config));
}

static void init_plane(struct ue *ue)
{
	const struct ue_session_config *session = &ue->shared->config->session;
	const struct user_plane_config plane = {
		.numbers = &ue->shared->config->numbers,
		.eea = (enum e2m_eea)session->ciphering,
		.eia = (enum e2m_eia)session->integrity,
		.gcm_tag_octets = session->gcm_tag_octets,
		.bearer = session->nsapi,
		.counter_octets = session->counter_octets,
		.replay_window = session->replay_window,
		.bad_mac_per_s = session->bad_mac_per_s,
	};

	user_plane_init(&ue->plane, &plane, &ue->shared->searches, &ue->shared->counters);
	ue->bearers = (struct bearers){
		.plane = plane,
		.searches = &ue->shared->searches,
		.counters = &ue->shared->counters,
		.paths = {ue->shared->user_path, ue->shared->other_user_path},
		.received = write_tun,
		.arg = ue,
	};
}

int ue_init(struct ue *ue, struct ue_shared *shared, void (*ended)(void *arg, bool failed),
	    void *arg)
{
	const struct ue_config *config = shared->config;
	struct auth_config auth = {
		.numbers = &config->numbers,
		.system = (enum aka_system)config->system,
		.steps = shared->steps,
		.done = auth_finished,
		.arg = ue,
	};

	*ue = (struct ue){
		.shared = shared,
		.tun = {.fd = -1, .ready = uplink, .arg = ue},
		.move = {.expired = send_move, .arg = ue},
		.ended = ended,
		.arg = arg,
	};
	int err = usim_open(&ue->usim, &config->usim);
	if (err)
		return err;
	memcpy(auth.plmn, config->plmn, sizeof(auth.plmn));
	auth_init(&ue->auth, &auth, shared->loop, shared->hss, &ue->usim, &shared->counters);
	init_plane(ue);
	return init_pdp(ue);
}

static void close_tun(struct ue *ue)
{
	if (ue->tun.fd < 0)
		return;
	loop_remove(ue->shared->loop, &ue->tun);
	close(ue->tun.fd);
	ue->tun.fd = -1;
}

void ue_free(struct ue *ue)
{
	if (!ue->shared)
		return;
	auth_stop(&ue->auth);
	loop_stop_timer(ue->shared->loop, &ue->move);
	pdp_stop(&ue->pdp);
	close_tun(ue);
	bearers_free(&ue->bearers);
	user_plane_free(&ue->plane);
	usim_close(&ue->usim);
}

static void end(struct ue *ue, bool failed)
{
	ue->state = UE_ENDED;
	auth_stop(&ue->auth);
	loop_stop_timer(ue->shared->loop, &ue->move);
	pdp_stop(&ue->pdp);
	close_tun(ue);
	ue->ended(ue->arg, failed);
}

/* Where there is a context, it is deleted first. */
static void fail(struct ue *ue)
{
	ue->failed = true;
	if (ue->state == UE_READY)
		ue_stop(ue);
	else
		end(ue, true);
}

void ue_start(struct ue *ue)
{
	ue->state = UE_ATTACHING;
	auth_start(&ue->auth);
}

void ue_rekey(struct ue *ue)
{
	if (ue->updating) {
		ue->rekey_wanted = true;
	} else if (ue->state == UE_READY) {
		ue->updating = true;
		auth_start(&ue->auth);
	} else {
		program_log(PROGRAM_WARNING, "no new keys: there is no %s", words(ue)->context);
	}
}

void ue_move(struct ue *ue)
{
	const struct pdp_place *to = pdp_other_place(&ue->pdp);
	char address[ENDPOINT_STR];

	if (!to || ue->state != UE_READY || ue->updating) {
		program_log(PROGRAM_WARNING, "no move: %s",
			    !to ? "sgsn.move_to is not given"
				: "it is not there, or another Update is on its way");
		return;
	}
	fprintf(ue->shared->steps, "moving to %s %s\n", words(ue)->node,
		endpoint_str(&to->local, address));
	fflush(ue->shared->steps);
	ue->updating = true;
	/* From the Update on, the GGSN refuses what the old SGSN sends. */
	ue->uplink_waits = true;
	loop_remove(ue->shared->loop, &ue->tun);
	loop_start_timer(ue->shared->loop, &ue->move, MOVE_SILENCE_MS);
}

static void send_move(void *arg)
{
	struct ue *ue = arg;

	if (pdp_move(&ue->pdp))
		fail(ue);
}

void ue_stop(struct ue *ue)
{
	switch (ue->state) {
	case UE_ATTACHING:
		end(ue, false);
		break;
	case UE_ACTIVATING:
		/* The GGSN may make the context at any moment: first hear what it says. */
		ue->stop_wanted = true;
		break;
	case UE_READY:
		ue->state = UE_LEAVING;
		auth_stop(&ue->auth);
		loop_stop_timer(ue->shared->loop, &ue->move);
		if (pdp_delete(&ue->pdp))
			end(ue, true);
		break;
	case UE_LEAVING:
	case UE_ENDED:
		break;
	}
}

/* --- keys and the PDP context --- */

static uint8_t key_id_after(uint8_t key_id)
{
	return key_id < E2M_KEY_ID_MAX ? key_id + 1 : E2M_KEY_ID_MIN;
}

static uint8_t next_key_id(const struct ue *ue)
{
	if (ue->key_id == 0)
		return ue->shared->config->session.key_id;
	uint8_t key_id = key_id_after(ue->key_id);
	/* After as many failed rekeys as there are Key IDs it would be the one in use. */
	return key_id == ue->plane.uplink->key_id ? key_id_after(key_id) : key_id;
}

static struct pco_e2m make_pco(const struct ue *ue, const struct auth_result *result)
{
	const struct ue_config *config = ue->shared->config;
	struct pco_e2m pco = {.key_id = ue->key_id};

	memcpy(pco.plmn, config->plmn, sizeof(pco.plmn));
	pco.id = config->session.name_run_by == E2M_ID_RAND
			 ? e2m_keyset_id_make(E2M_ID_RAND, result->rand)
			 : e2m_keyset_id_make(E2M_ID_SQN, result->sqn);
	return pco;
}

static void request_pdp(struct ue *ue, const struct pco_e2m *pco)
{
	const struct ue_config *config = ue->shared->config;
	bool first = ue->state == UE_ATTACHING;
	char ggsn[ENDPOINT_STR], id[E2M_KEYSET_ID_STR];

	step_say(ue->shared->steps, 5,
		 "%s Request to %s: IMSI %s, %s %u, APN %s; PCO with %s, Key ID %u",
		 first ? words(ue)->create : words(ue)->update, endpoint_str(&ue->pdp.peer, ggsn),
		 config->usim.imsi.digits, words(ue)->identity, config->session.nsapi,
		 config->session.apn, e2m_keyset_id_str(&pco->id, id), pco->key_id);
	ue->state = first ? UE_ACTIVATING : UE_READY;
	int err = first ? pdp_create(&ue->pdp, pco) : pdp_update(&ue->pdp, pco);
	if (err) {
		program_log(PROGRAM_ERROR, "the request cannot be written: %s", strerror(-err));
		fail(ue);
	}
}

static bool add_tun(struct ue *ue)
{
	int err = loop_add(ue->shared->loop, &ue->tun);

	if (err)
		program_log(PROGRAM_ERROR, "TUN device: %s", strerror(-err));
	return !err;
}

/* A rekey, or a move, is over, well or not. */
static void finish_update(struct ue *ue)
{
	ue->updating = false;
	if (ue->uplink_waits) {
		ue->uplink_waits = false;
		add_tun(ue);
	}
	if (ue->rekey_wanted) {
		ue->rekey_wanted = false;
		ue_rekey(ue);
	}
}

static void auth_finished(void *arg, const struct auth_result *result)
{
	struct ue *ue = arg;

	if (!result && ue->state == UE_ATTACHING) {
		end(ue, true);
		return;
	}
	if (!result) {
		program_log(PROGRAM_WARNING, "no new keys; Key ID %u stays in use",
			    ue->plane.uplink->key_id);
		finish_update(ue);
		return;
	}
	ue->key_id = next_key_id(ue);
	struct pco_e2m pco = make_pco(ue, result);
	/* Before the request, so that nothing that the answer sets free comes too early. */
	int err = user_plane_add_keyset(&ue->plane, &result->keyset, ue->key_id);
	if (!err)
		err = bearers_add_keyset(&ue->bearers, &result->keyset, ue->key_id);
	if (err) {
		program_log(PROGRAM_ERROR, "keys cannot be made: %s", strerror(-err));
		fail(ue);
		return;
	}
	request_pdp(ue, &pco);
}

static bool open_tun(struct ue *ue)
{
	ue->tun.fd = tun_open(&ue->shared->config->tun, ue->pdp.address);
	if (ue->tun.fd < 0)
		return false;
	return add_tun(ue);
}

static void use_newest_keyset(struct ue *ue)
{
	user_plane_use_keyset(&ue->plane, ue->key_id);
	bearers_use_keyset(&ue->bearers, ue->key_id);
}

static void pdp_created(struct ue *ue)
{
	char ggsn[ENDPOINT_STR], address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &ue->pdp.address, address, sizeof(address));
	step_say(ue->shared->steps, 5,
		 "accepted: uplink to %s TEID 0x%08x, downlink to TEID 0x%08x",
		 endpoint_str(&ue->tunnels[0].peer, ggsn), ue->tunnels[0].peer_teid,
		 ue->tunnels[0].teid);
	ue->state = UE_READY;
	if (ue->stop_wanted) {
		ue_stop(ue);
		return;
	}
	use_newest_keyset(ue);
	if (!open_tun(ue)) {
		fail(ue);
		return;
	}
	fprintf(ue->shared->steps, "ready: tun %s address %s\n", ue->shared->config->tun.name,
		address);
	fflush(ue->shared->steps);
}

static void pdp_updated(struct ue *ue)
{
	step_say(ue->shared->steps, 5, "accepted: Key ID %u is in use", ue->key_id);
	use_newest_keyset(ue);
	finish_update(ue);
}

static void pdp_moved(struct ue *ue)
{
	char address[ENDPOINT_STR];

	fprintf(ue->shared->steps, "moved to %s %s: downlink to TEID 0x%08x\n", words(ue)->node,
		endpoint_str(&ue->pdp.at->local, address), ue->pdp.at->user_tunnel->teid);
	fflush(ue->shared->steps);
	finish_update(ue);
}

static void pdp_refused(struct ue *ue, enum pdp_event event, uint8_t cause)
{
	char ggsn[ENDPOINT_STR], why[64];

	if (event == PDP_NO_ANSWER)
		snprintf(why, sizeof(why), "no answer");
	else if (cause)
		snprintf(why, sizeof(why), "refused with cause %u (%s)", cause, words(ue)->causes);
	else
		snprintf(why, sizeof(why), "its answer lacks a TEID or address");
	endpoint_str(&ue->pdp.peer, ggsn);
	if (ue->state == UE_ACTIVATING) {
		program_log(PROGRAM_ERROR, "%s at %s %s: %s", words(ue)->create, words(ue)->peer,
			    ggsn, why);
		end(ue, !ue->stop_wanted);
	} else if (ue->state == UE_LEAVING) {
		program_log(PROGRAM_WARNING, "%s at %s %s: %s", words(ue)->delete, words(ue)->peer,
			    ggsn, why);
		end(ue, ue->failed);
	} else {
		program_log(PROGRAM_WARNING, "%s at %s %s: %s; Key ID %u stays in use",
			    words(ue)->update, words(ue)->peer, ggsn, why,
			    ue->plane.uplink->key_id);
		finish_update(ue);
	}
}

static void pdp_changed(void *arg, enum pdp_event event, uint8_t cause)
{
	struct ue *ue = arg;

	switch (event) {
	case PDP_CREATED:
		pdp_created(ue);
		break;
	case PDP_UPDATED:
		pdp_updated(ue);
		break;
	case PDP_MOVED:
		pdp_moved(ue);
		break;
	case PDP_DELETED:
		end(ue, ue->failed);
		break;
	case PDP_REFUSED:
	case PDP_NO_ANSWER:
		pdp_refused(ue, event, cause);
		break;
	case PDP_GONE:
		program_log(PROGRAM_ERROR, "the %s has no %s any more", words(ue)->peer,
			    words(ue)->context);
		end(ue, true);
		break;
	}
}

/* --- other bearers --- */

static struct pdp_bearer *bearer_begins(void *arg, uint8_t ebi, const struct gtp_octets *tft)
{
	struct ue *ue = arg;
	struct pdp_bearer *bearer = bearers_begin(&ue->bearers, ebi, tft);

	if (bearer)
		step_say(ue->shared->steps, 5,
			 "the P-GW makes a bearer: EBI %u, downlink to TEID 0x%08x", ebi,
			 bearer->tunnels[ue->pdp.at - ue->pdp.places].teid);
	return bearer;
}

static void bearer_ends(void *arg, struct pdp_bearer *bearer)
{
	struct ue *ue = arg;

	step_say(ue->shared->steps, 5, "the P-GW ends the bearer EBI %u", bearer->ebi);
	bearers_end(&ue->bearers, bearer);
}

/* --- packets --- */

/* The PDP type is IPv4: the kernel's IPv6 neighbour and router talk has no business in the tunnel. */
static size_t keep_ipv4(struct ue *ue, struct packet *packets, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct packet packet = packets[i];
		if (packet.len > 0 && packet.data[0] >> 4 == 4)
			packets[kept++] = packet;
		else
			ue->shared->counters.up_not_ipv4++;
	}
	return kept;
}

static void uplink(void *arg)
{
	struct ue *ue = arg;
	struct user_path *path = ue->pdp.at == &ue->pdp.places[0] ? ue->shared->user_path
								  : ue->shared->other_user_path;
	struct packet *packets = user_path_burst(path);

	int n = tun_read(ue->tun.fd, packets, BURST_MAX);
	if (n < 0) {
		program_log(PROGRAM_ERROR, "TUN device %s: cannot be read: %s",
			    ue->shared->config->tun.name, strerror(-n));
		close_tun(ue);
		fail(ue);
		return;
	}
	size_t count = keep_ipv4(ue, packets, (size_t)n);
	count = bearers_send(&ue->bearers, (size_t)(ue->pdp.at - ue->pdp.places), packets, count);
	count = user_plane_protect(&ue->plane, packets, count);
	user_path_send(path, ue->pdp.at->user_tunnel, packets, count);
}

static void write_tun(void *arg, const struct packet *packets, size_t count)
{
	struct ue *ue = arg;

	if (ue->tun.fd >= 0)
		ue->shared->counters.down_tun_failed +=
			count - tun_write(ue->tun.fd, packets, count);
}

static void downlink(void *arg, struct packet *packets, size_t count)
{
	struct ue *ue = arg;

	count = user_plane_open(&ue->plane, packets, count, (uint32_t)loop_now_ms());
	write_tun(ue, packets, count);
}
