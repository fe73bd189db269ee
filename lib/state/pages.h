/* SPDX-License-Identifier: BSD-3-Clause */
/* pages: is an LMDB file what LMDB left? LMDB has no checksums and believes what it maps: a damaged file can
 * bring the process down. Called before LMDB opens it, by whoever keeps one. */
#ifndef STATE_PAGES_H
#define STATE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Of keys; a longer one is damage. */
#define PAGES_KEY_MAX 40

/* Checks all pages that can be reached and all that are free, of a file with one database, without a name
 * and of unique keys, which one process uses. false, and what is wrong in why. */
bool pages_check(int fd, char *why, size_t size);

#endif
