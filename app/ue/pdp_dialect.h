/* SPDX-License-Identifier: BSD-3-Clause */
/* pdp_dialect: what pdp.c needs to be said in GTPv1-C (pdp_v1.c) or GTPv2-C (pdp_v2.c), and for these alone. */
#ifndef UE_PDP_DIALECT_H
#define UE_PDP_DIALECT_H

#include <stdbool.h>

#include "ue/pdp.h"

/* What a response says. */
struct pdp_answer {
	uint8_t cause; /* 0: none */
	bool accepts;
	bool is_gone; /* the peer has no such context */
	/* The peer's ends; what is not said is as before. */
	bool has_control_teid;
	bool has_user_teid;
	uint32_t control_teid;
	uint32_t user_teid;
	struct gtp_address control;
	struct gtp_address user;
	bool has_address; /* the UE's */
	struct in_addr address;
};

struct pdp_dialect {
	struct pdp_words words;
	uint8_t version;
	uint8_t create_type, update_type, delete_type;
	/* Write a request with sequence from a place, which need not be the one that has the context yet; return
	 * its length, or a negative errno. */
	int (*write_create)(const struct pdp *pdp, uint32_t sequence, struct gtp_octets pco,
			    uint8_t *out, size_t size);
	int (*write_update)(const struct pdp *pdp, const struct pdp_place *from, uint32_t sequence,
			    struct gtp_octets pco, uint8_t *out, size_t size);
	int (*write_delete)(const struct pdp *pdp, uint32_t sequence, uint8_t *out, size_t size);
	struct pdp_answer (*read)(const struct pdp *pdp, const struct control_message *response);
	/* Does what the peer asks for, and writes the response. *gone: the context is no more. */
	int (*answer)(struct pdp *pdp, const struct pdp_place *place,
		      const struct control_message *request, uint8_t *out, size_t size, bool *gone);
};

extern const struct pdp_dialect pdp_v1, pdp_v2;

/* The context is there, or about to be updated. */
static inline bool pdp_is_active(const struct pdp *pdp)
{
	return pdp->state == PDP_ACTIVE || pdp->state == PDP_UPDATING || pdp->state == PDP_MOVING;
}

#endif
