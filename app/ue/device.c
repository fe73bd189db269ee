/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/program.h"

/* More would say the same once more. */
#define REFUSALS_SAID 10

static void auth_finished(void *arg, const struct auth_result *result);
static void pdp_changed(void *arg, enum pdp_event event, uint8_t cause);
static void received(void *arg, struct packet *packets, size_t count);

int devices_init(struct devices *all, struct ue_shared *shared, uint32_t count)
{
	const struct ue_fleet_config *config = &shared->config->fleet;

	*all = (struct devices){.shared = shared, .count = count};
	TAILQ_INIT(&all->waiting);
	SLIST_INIT(&all->free_attachments);
	all->list = calloc(count, sizeof(*all->list));
	all->attachments = calloc(config->window, sizeof(*all->attachments));
	if (!all->list || !all->attachments ||
	    figures_init(&all->figures, count, config->packets, config->traffic_packets_per_s)) {
		devices_free(all);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < config->window; i++)
		SLIST_INSERT_HEAD(&all->free_attachments, &all->attachments[i], link);
	for (uint32_t i = 0; i < count; i++) {
		all->list[i].all = all;
		all->list[i].number = i;
	}
	return 0;
}

static void end_attachment(struct devices *all, struct attachment *attachment)
{
	auth_stop(&attachment->auth);
	if (attachment->has_pdp) {
		pdp_stop(&attachment->pdp);
		control_path_remove_end(&all->shared->control_path, &attachment->pdp.at->end);
	}
	usim_close(&attachment->usim);
	attachment->device = NULL;
	attachment->has_pdp = false;
	SLIST_INSERT_HEAD(&all->free_attachments, attachment, link);
	all->attaching--;
}

void devices_free(struct devices *all)
{
	for (uint32_t i = 0; all->attachments && i < all->shared->config->fleet.window; i++)
		if (all->attachments[i].device)
			end_attachment(all, &all->attachments[i]);
	for (uint32_t i = 0; all->list && i < all->count; i++)
		user_plane_free(&all->list[i].plane);
	figures_free(&all->figures);
	free(all->attachments);
	free(all->list);
	*all = (struct devices){0};
}

/* --- AKA and PDP context --- */

static void finish(struct attachment *attachment, bool failed)
{
	struct device *device = attachment->device;
	struct devices *all = device->all;

	end_attachment(all, attachment);
	if (failed)
		user_plane_free(&device->plane);
	else
		device->is_active = true;
	all->attached(all->arg, device, failed);
}

static void refused(struct attachment *attachment, const char *why)
{
	struct devices *all = attachment->device->all;

	if (all->refusals_said++ < REFUSALS_SAID)
		program_log(PROGRAM_ERROR, "IMSI %s: no %s: %s", attachment->usim.imsi.digits,
			    pdp_words(ue_gtp_version(all->shared->config))->context, why);
	finish(attachment, true);
}

static int open_usim(struct device *device, struct usim *usim)
{
	const struct ue_config *config = device->all->shared->config;
	struct usim_config card = config->usim;
	int err = e2m_imsi_add(&card.imsi, &config->usim.imsi, device->number);

	if (!err && config->fleet.derive_k)
		err = aka_derive_k(config->usim.k, &card.imsi, card.k);
	if (!err && config->fleet.derive_k && config->raw.op_given)
		err = milenage_opc(card.k, config->raw.op, card.opc);
	if (!err)
		err = usim_open(usim, &card);
	e2m_wipe(&card, sizeof(card));
	return err;
}

static void init_plane(struct device *device)
{
	struct ue_shared *shared = device->all->shared;
	const struct ue_session_config *session = &shared->config->session;
	const struct user_plane_config plane = {
		.numbers = &shared->config->numbers,
		.eea = (enum e2m_eea)session->ciphering,
		.eia = (enum e2m_eia)session->integrity,
		.gcm_tag_octets = session->gcm_tag_octets,
		.bearer = session->nsapi,
		.counter_octets = session->counter_octets,
		.replay_window = session->replay_window,
		.bad_mac_per_s = session->bad_mac_per_s,
	};

	user_plane_init(&device->plane, &plane, &shared->searches, &shared->counters);
}

bool device_begin(struct device *device)
{
	struct devices *all = device->all;
	struct ue_shared *shared = all->shared;
	struct attachment *attachment = SLIST_FIRST(&all->free_attachments);
	struct auth_config auth = {.numbers = &shared->config->numbers,
				   .system = (enum aka_system)shared->config->system,
				   .done = auth_finished,
				   .arg = attachment};

	device->tunnel = (struct user_tunnel){.received = received, .arg = device};
	init_plane(device);
	if (user_path_add_tunnel(shared->user_path, &device->tunnel) ||
	    open_usim(device, &attachment->usim))
		return false;
	SLIST_REMOVE_HEAD(&all->free_attachments, link);
	all->attaching++;
	attachment->device = device;
	memcpy(auth.plmn, shared->config->plmn, sizeof(auth.plmn));
	auth_init(&attachment->auth, &auth, shared->loop, shared->hss, &attachment->usim,
		  &shared->counters);
	device->since_us = figures_now_us();
	auth_start(&attachment->auth);
	return true;
}

static int create_pdp(struct attachment *attachment, const struct auth_result *result)
{
	struct ue_shared *shared = attachment->device->all->shared;
	const struct ue_config *config = shared->config;
	struct pdp_config pdp = {
		.numbers = &config->numbers,
		.version = ue_gtp_version(config),
		.imsi = attachment->usim.imsi,
		.msisdn = config->session.msisdn,
		.apn = config->session.apn,
		.nsapi = config->session.nsapi,
		.ggsn = endpoint_from_config(&config->sgsn.ggsn, GTPC_PORT),
		.local = endpoint_from_config(&config->sgsn.address, GTPC_PORT),
		.changed = pdp_changed,
		.arg = attachment,
	};
	struct pco_e2m pco = {.key_id = config->session.key_id};

	memcpy(pdp.plmn, config->plmn, sizeof(pdp.plmn));
	memcpy(pco.plmn, config->plmn, sizeof(pco.plmn));
	pco.id = config->session.name_run_by == E2M_ID_RAND
			 ? e2m_keyset_id_make(E2M_ID_RAND, result->rand)
			 : e2m_keyset_id_make(E2M_ID_SQN, result->sqn);
	int err = pdp_init(&attachment->pdp, &pdp, &shared->control_path,
			   &attachment->device->tunnel);
	if (err)
		return err;
	attachment->has_pdp = true;
	return pdp_create(&attachment->pdp, &pco);
}

static void auth_finished(void *arg, const struct auth_result *result)
{
	struct attachment *attachment = arg;
	struct user_plane *plane = &attachment->device->plane;
	uint8_t key_id = attachment->device->all->shared->config->session.key_id;

	if (!result) {
		refused(attachment, "no keys");
		return;
	}
	int err = user_plane_add_keyset(plane, &result->keyset, key_id);
	if (!err)
		err = user_plane_use_keyset(plane, key_id);
	if (!err)
		err = create_pdp(attachment, result);
	if (err)
		refused(attachment, strerror(-err));
}

static void pdp_changed(void *arg, enum pdp_event event, uint8_t cause)
{
	struct attachment *attachment = arg;
	struct device *device = attachment->device;
	const struct pdp_words *words = pdp_words(ue_gtp_version(device->all->shared->config));
	char why[64];

	if (event == PDP_CREATED) {
		device->address = attachment->pdp.address;
		samples_note(&device->all->figures.activation, figures_now_us() - device->since_us);
		finish(attachment, false);
		return;
	}
	if (event == PDP_NO_ANSWER)
		snprintf(why, sizeof(why), "the %s does not answer", words->peer);
	else
		snprintf(why, sizeof(why), "refused with cause %u (%s)", cause, words->causes);
	refused(attachment, why);
}

/* --- packets --- */

static struct echo echo_of(const struct device *device, uint32_t number)
{
	const struct config_address *ping = &device->all->shared->config->fleet.ping;
	struct echo echo = {.source = device->address, .device = device->number, .number = number};

	memcpy(&echo.destination, ping->octets, sizeof(echo.destination));
	return echo;
}

bool device_send(struct device *device)
{
	struct devices *all = device->all;
	const size_t len = all->shared->config->fleet.octets;
	uint8_t storage[PACKET_HEADROOM + 1400 + PACKET_TAILROOM];
	struct packet packet = {.data = storage + PACKET_HEADROOM, .len = len};
	const struct echo echo = echo_of(device, device->sent);

	echo_write_request(packet.data, len, &echo);
	if (user_plane_protect(&device->plane, &packet, 1) != 1)
		return false;
	device->sent++;
	if (device->is_waiting)
		TAILQ_REMOVE(&all->waiting, device, waits);
	device->is_waiting = true;
	TAILQ_INSERT_TAIL(&all->waiting, device, waits);
	device->since_us = figures_now_us();
	user_path_send(all->shared->user_path, &device->tunnel, &packet, 1);
	return true;
}

static void end_wait(struct device *device, bool lost)
{
	struct devices *all = device->all;

	device->is_waiting = false;
	TAILQ_REMOVE(&all->waiting, device, waits);
	all->answered(all->arg, device, lost);
}

void device_give_up(struct device *device)
{
	end_wait(device, true);
}

static void received(void *arg, struct packet *packets, size_t count)
{
	struct device *device = arg;

	count = user_plane_open(&device->plane, packets, count, (uint32_t)loop_now_ms());
	for (size_t i = 0; i < count && device->is_waiting; i++) {
		const struct echo echo = echo_of(device, device->sent - 1);

		if (echo_is_answer(packets[i].data, packets[i].len, &echo))
			end_wait(device, false);
	}
}

void device_rest(struct device *device)
{
	user_plane_free(&device->plane);
}
