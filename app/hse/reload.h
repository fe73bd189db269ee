/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reload: SIGHUP. A thread of its own reads the configuration anew, checks it, says what is different, and loads the
 * certificates; control takes what is left to do when all that is done. So a disk that hangs holds up the reload and
 * nothing else.
 */
#ifndef HSE_RELOAD_H
#define HSE_RELOAD_H

#include "hse_config.h"

struct hse_reload;

/* running, of the file at path, stays. NULL, with the reason in the log. Its thread runs on the caller's CPUs. */
struct hse_reload *reload_start(const char *path, const struct hse_config *running);
/* Ends the thread; a reload that waits for a disk is left alone. What was taken stays. */
void reload_stop(struct hse_reload *reload);
/* After reload_stop, and after the last use of what was taken. */
void reload_free(struct hse_reload *reload);

/* --- the control thread; none of these waits --- */

/* The configuration is to be read anew; asked again meanwhile, once more after that. */
void reload_request(struct hse_reload *reload);
/* One that was read and is good. NULL: there is none now. */
const struct hse_config *reload_take(struct hse_reload *reload);
/* It is in use; that of the reload before is not any more, and is freed. */
void reload_taken(struct hse_reload *reload);

#endif
