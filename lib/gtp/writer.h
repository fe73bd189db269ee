/* SPDX-License-Identifier: BSD-3-Clause */
/* writer: room that is filled from the front. For this library's own files. */
#ifndef GTP_WRITER_H
#define GTP_WRITER_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/* What is written and how far; after the first error the rest is passed over. */
struct writer {
	uint8_t *out;
	size_t size;
	size_t at;
	int error;
};

/* Room for len octets, or NULL. */
static inline uint8_t *writer_take(struct writer *w, size_t len)
{
	if (!w->error && len > w->size - w->at)
		w->error = -ENOSPC;
	if (w->error)
		return NULL;

	uint8_t *p = w->out + w->at;

	w->at += len;
	return p;
}

#endif
