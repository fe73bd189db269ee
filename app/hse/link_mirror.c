/* SPDX-License-Identifier: BSD-3-Clause */
#include "link_mirror.h"

#include <string.h>

#include "program/program.h"

static const char *const side_names[] = {"access", "core"};

const char *link_state_name(enum link_state state)
{
	static const char *const names[] = {
		[LINK_WAITING] = "waiting for link",
		[LINK_UP] = "up",
		[LINK_LOST] = "no link",
		[LINK_TAKEN_DOWN] = "taken down: the other port has no link",
	};

	return names[state];
}

static void become(struct link_port *port, enum link_state state)
{
	port->state = (uint8_t)state;
	port->looks = 0;
}

static void wait_for_link(struct link_port *port, uint64_t now_ms)
{
	become(port, LINK_WAITING);
	port->until_ms = now_ms + LINK_WAIT_MS;
}

/* --- what is seen of a port --- */

static void note_lost(struct link_port *port, unsigned side)
{
	become(port, LINK_LOST);
	port->lost++;
	program_log(PROGRAM_WARNING, "ports.%s: no link", side_names[side]);
}

static void note_up(struct link_port *port, unsigned side)
{
	become(port, LINK_UP);
	program_log(PROGRAM_INFO, "ports.%s: link is up", side_names[side]);
}

/* True when looks of them in a row have said so. */
static bool is_confirmed(struct link_port *port, bool contradicts, uint32_t looks)
{
	port->looks = contradicts ? port->looks + 1 : 0;
	return port->looks >= looks;
}

static void look(struct link_port *port, unsigned side, bool has_link, uint64_t now_ms)
{
	switch ((enum link_state)port->state) {
	case LINK_WAITING:
		if (is_confirmed(port, has_link, LINK_LOOKS_LOST))
			note_up(port, side);
		else if (!has_link && now_ms >= port->until_ms)
			note_lost(port, side);
		break;
	case LINK_UP:
		if (is_confirmed(port, !has_link, LINK_LOOKS_LOST))
			note_lost(port, side);
		break;
	case LINK_LOST:
		if (is_confirmed(port, has_link, LINK_LOOKS_BACK))
			note_up(port, side);
		break;
	case LINK_TAKEN_DOWN:
		break;
	}
}

/* --- what follows for the other --- */

static bool set(struct link_mirror *m, unsigned side, bool up)
{
	struct link_port *port = &m->port[side];
	const int ret = m->set(m->arg, side, up);

	if (ret != 0 && !port->is_unable)
		program_log(PROGRAM_WARNING,
			    "ports.%s: its link cannot be taken %s: %s; link_state_mirror does "
			    "nothing there",
			    side_names[side], up ? "up" : "down", strerror(-ret));
	port->is_unable = ret != 0;
	return ret == 0;
}

static void take_down(struct link_mirror *m, unsigned side)
{
	struct link_port *port = &m->port[side];

	if (port->is_unable || !set(m, side, false))
		return;
	become(port, LINK_TAKEN_DOWN);
	port->taken_down++;
	program_log(PROGRAM_WARNING, "ports.%s: taken down, as %s has no link", side_names[side],
		    side_names[!side]);
}

static void bring_up(struct link_mirror *m, unsigned side, uint64_t now_ms)
{
	if (!set(m, side, true))
		return;
	wait_for_link(&m->port[side], now_ms);
	program_log(PROGRAM_INFO, "ports.%s: up again, as %s has link", side_names[side],
		    side_names[!side]);
}

static void mirror(struct link_mirror *m, unsigned side, uint64_t now_ms)
{
	const struct link_port *port = &m->port[side], *other = &m->port[!side];

	if (other->state == LINK_LOST && (port->state == LINK_UP || port->state == LINK_WAITING))
		take_down(m, side);
	else if (other->state == LINK_UP && port->state == LINK_TAKEN_DOWN)
		bring_up(m, side, now_ms);
}

void link_mirror_start(struct link_mirror *m, bool is_on, link_setter setter, void *arg,
		       uint64_t now_ms)
{
	*m = (struct link_mirror){.is_on = is_on, .set = setter, .arg = arg};
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		wait_for_link(&m->port[side], now_ms);
}

void link_mirror_look(struct link_mirror *m, const bool has_link[DATAPATH_SIDES], uint64_t now_ms)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		look(&m->port[side], side, has_link[side], now_ms);
	for (unsigned side = 0; m->is_on && side < DATAPATH_SIDES; side++)
		mirror(m, side, now_ms);
}

void link_mirror_stop(struct link_mirror *m)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		if (m->port[side].state == LINK_TAKEN_DOWN)
			set(m, side, true);
}
