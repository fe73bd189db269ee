/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hss: whom the SGSN asks for authentication vectors. Over Diameter (S6d), whose answers come in threads
 * of their own and are brought into the event loop here; or a test's own.
 */
#ifndef UE_HSS_H
#define UE_HSS_H

#include <stdint.h>

#include "diameter/diameter.h"
#include "ue/loop.h"

/* answer and what it holds is wiped when the callback returns. */
typedef void (*hss_answered)(void *arg, const struct diameter_auth_answer *answer);

struct hss {
	const char *name; /* for people */
	/* answered is called from the event loop, exactly once if 0 is returned, never otherwise, and
	 * not from within ask. -EHOSTUNREACH: not now. */
	int (*ask)(struct hss *hss, const struct diameter_auth_request *request,
		   hss_answered answered, void *arg);
};

struct hss_diameter_config {
	char *host; /* Destination-Host; NULL: any peer of realm */
	char *realm;
	uint32_t timeout_ms;
};

/* diameter_init has been called. config is kept. NULL with errno. */
struct hss *hss_diameter_open(struct loop *loop, const struct hss_diameter_config *config);
/* diameter_stop has been called, so no answer is on its way. Wipes what has not been collected. */
void hss_diameter_close(struct hss *hss);

#endif
