/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * settings: what lib/control, the pulls and the workers have to know of the configuration, at the start and after a
 * reload. Called by main.c and telemetry.c, and by control.c in the control thread.
 */
#ifndef HSE_SETTINGS_H
#define HSE_SETTINGS_H

#include "control/control.h"
#include "hse_config.h"
#include "worker_rings.h"

/* The settings of a session store. They point into config. */
void settings_of_sessions(const struct hse_config *config, struct session_config *session);
/* How long the key source remembers a keyset (e2m.md 2). */
enum retention_memory settings_of_memory(const struct keysource_config *source);

/* A reload: sessions, pulls and workers take over what may change while hse runs. config must stay valid until the next
 * reload. */
void settings_apply(const struct hse_config *config, struct session_store *store,
		    struct worker_rings *rings);

#endif
