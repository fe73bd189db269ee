/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reload: handles SIGHUP. A separate thread reads the configuration again, checks it, logs the
 * differences, and loads the certificates. Then control applies the rest. So a disk that hangs
 * delays the reload and nothing else.
 */
#ifndef HSE_RELOAD_H
#define HSE_RELOAD_H

#include "hse_config.h"

struct hse_reload;

/* running, read from the file at path, must stay valid. NULL: the reason is logged. The thread runs
 * on the caller's CPUs. */
struct hse_reload *reload_start(const char *path, const struct hse_config *running);
/* Ends the thread. A reload that waits for a disk is abandoned. A configuration already taken stays
 * valid. */
void reload_stop(struct hse_reload *reload);
/* Call it after reload_stop, and after the last use of a configuration that was taken. */
void reload_free(struct hse_reload *reload);

/* --- for the control thread; these functions do not wait --- */

/* Requests a reload. A request during a reload starts another one afterwards. */
void reload_request(struct hse_reload *reload);
/* Returns a configuration that was read and is valid. NULL: there is none now. */
const struct hse_config *reload_take(struct hse_reload *reload);
/* The configuration is in use. The one of the previous reload is not used any more, and is
 * freed. */
void reload_taken(struct hse_reload *reload);

#endif
