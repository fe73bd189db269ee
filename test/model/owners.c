/* SPDX-License-Identifier: BSD-3-Clause */
#include "owners.h"

#include "sgsn.h"

static struct owner owners[GGSNS][APNS][2][256];

void owners_begin(void)
{
	memset(owners, 0, sizeof(owners));
}

static void give(const struct pdp *p, bool is_ipv6, uint8_t number)
{
	struct owner *a = &owners[p->ggsn][p->apn][is_ipv6][number];

	if (number == 0)
		return;
	/* Of an address that is not known, nothing tells that the PDN made anew has it again. */
	if (!a->is_given || a->is_released || a->sub != p->sub || (a->is_honest && !a->is_told))
		*a = (struct owner){.sub = p->sub,
				    .is_given = true,
				    .is_doubtful = a->is_doubtful,
				    .is_guarded = a->is_guarded};
	a->is_doubtful |= subscribers[p->sub].has_keys;
}

/* Without a keyset, a PDN with the address of a protected one is barred, and stays so. */
static void spoil_unprotected(unsigned ggsn, struct pdn pdn)
{
	for (unsigned s = 0; s < SUBS; s++)
		for (unsigned i = 0; i < CONTEXTS; i++) {
			struct context *c = &contexts[s][i];

			if (c->ggsn == ggsn && !c->is_protected &&
			    ((pdn.ipv4 && c->pdn.ipv4 == pdn.ipv4) ||
			     (pdn.ipv6 && c->pdn.ipv6 == pdn.ipv6)))
				c->is_clean = false;
		}
}

void owners_give(const struct pdp *p)
{
	give(p, false, p->pdn.ipv4);
	give(p, true, p->pdn.ipv6);
	/* A barred session counts as protected: what shares an address with it is barred too. */
	if (!subscribers[p->sub].has_keys && owners_are_doubtful(p->ggsn, p->pdn))
		owners_doubt(p);
	if (owners_are_doubtful(p->ggsn, p->pdn))
		spoil_unprotected(p->ggsn, p->pdn);
}

static void confirm(const struct pdp *p, bool is_ipv6, uint8_t number, unsigned slot)
{
	struct owner *a = &owners[p->ggsn][p->apn][is_ipv6][number];

	if (number == 0)
		return;
	*a = (struct owner){.sub = p->sub,
			    .slot = (uint8_t)slot,
			    .is_given = true,
			    .is_honest = true,
			    .is_protected =
				    contexts[p->sub][slot].is_protected || everyone_is_protected,
			    .is_told = is_ipv6 || p->is_told,
			    .is_doubtful = a->is_doubtful,
			    .is_guarded = a->is_guarded};
}

void owners_confirm(const struct pdp *p, unsigned slot)
{
	confirm(p, false, p->pdn.ipv4, slot);
	confirm(p, true, p->pdn.ipv6, slot);
}

void owners_doubt(const struct pdp *p)
{
	owners[p->ggsn][p->apn][false][p->pdn.ipv4].is_doubtful = p->pdn.ipv4;
	owners[p->ggsn][p->apn][true][p->pdn.ipv6].is_doubtful = p->pdn.ipv6;
}

void owners_tell(const struct pdp *p)
{
	owners[p->ggsn][p->apn][false][p->pdn.ipv4].is_guarded |=
		subscribers[p->sub].has_keys || everyone_is_protected;
}

void owners_release(const struct pdp *p)
{
	owners[p->ggsn][p->apn][false][p->pdn.ipv4].is_released = true;
	owners[p->ggsn][p->apn][true][p->pdn.ipv6].is_released = true;
}

static void forget(struct owner *a, unsigned sub)
{
	if (a->sub == sub)
		a->is_doubtful = false;
}

void owners_forget(unsigned ggsn, unsigned apn, unsigned sub, struct pdn pdn)
{
	forget(&owners[ggsn][apn][false][pdn.ipv4], sub);
	forget(&owners[ggsn][apn][true][pdn.ipv6], sub);
}

const struct owner *owners_find(const struct pdp *p, unsigned version)
{
	return &owners[p->ggsn][p->apn][version == 6][version == 6 ? p->pdn.ipv6 : p->pdn.ipv4];
}

unsigned owners_find_protected(unsigned ggsn, bool is_ipv6, uint8_t number)
{
	for (unsigned apn = 0; apn < APNS; apn++) {
		const struct owner *a = &owners[ggsn][apn][is_ipv6][number];

		if (number && a->is_honest && a->is_protected && a->is_told &&
		    !subscribers[a->sub].is_attackers)
			return a->sub;
	}
	return SUBS;
}

bool owners_are_released(unsigned ggsn, bool is_ipv6, uint8_t number)
{
	for (unsigned apn = 0; apn < APNS; apn++) {
		const struct owner *a = &owners[ggsn][apn][is_ipv6][number];

		if (a->is_honest && a->is_protected && !a->is_released)
			return false;
	}
	return true;
}

bool owners_are_doubtful(unsigned ggsn, struct pdn pdn)
{
	for (unsigned apn = 0; apn < APNS; apn++)
		if ((pdn.ipv4 && owners[ggsn][apn][false][pdn.ipv4].is_doubtful) ||
		    (pdn.ipv6 && owners[ggsn][apn][true][pdn.ipv6].is_doubtful))
			return true;
	return false;
}

bool owners_are_many(uint8_t ipv4)
{
	unsigned count = 0;

	for (unsigned g = 0; g < GGSNS; g++)
		for (unsigned apn = 0; apn < APNS; apn++)
			count += owners[g][apn][false][ipv4].is_given +
				 2 * owners[g][apn][false][ipv4].is_guarded;
	return count > 1;
}

bool owners_are_at_two_ggsns(bool is_ipv6, uint8_t number)
{
	unsigned count = 0;

	for (unsigned g = 0; g < GGSNS; g++) {
		bool is_given = false;

		for (unsigned apn = 0; apn < APNS; apn++)
			is_given |= owners[g][apn][is_ipv6][number].is_given;
		count += is_given;
	}
	return number && count > 1;
}
