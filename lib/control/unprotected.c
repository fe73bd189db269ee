/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/unprotected.h"

#include <errno.h>

#include "control/table.h"
#include "control/tunnels.h"

/* Returns 0 or -ENOMEM. */
static int set(struct session_store *store, struct session *s, enum session_direction direction,
	       const struct tunnel *tunnel)
{
	struct directory *d = store->directory;
	int ret;

	directory_unindex(d, s, INDEX_TUNNEL_UP + direction);
	ret = directory_set_tunnel(d, &s->tunnel[direction], tunnel);
	if (ret != 0)
		directory_set_tunnel(d, &s->tunnel[direction], &(struct tunnel){0});
	directory_index(d, s, INDEX_TUNNEL_UP + direction);
	return ret;
}

static int take(struct session_store *store, struct session *s, enum session_direction direction,
		const struct tunnel *tunnel, struct held *held)
{
	const struct tunnel before = directory_tunnel(store->directory, &s->tunnel[direction]);
	const int ret = set(store, s, direction, tunnel);

	if (ret != 0 || tunnel_is_none(tunnel))
		return ret;
	if (!tunnel_is_none(&before) && !tunnel_is_equal(&before, tunnel))
		tunnels_let_late_pass(store, direction, &before);
	tunnels_let_pass(store, direction, tunnel, table_id(store, s), held);
	return 0;
}

int unprotected_take(struct session_store *store, struct session *s, const struct tunnel tunnel[2],
		     struct held *held)
{
	int ret = 0;

	for (unsigned d = 0; d < 2; d++)
		if (take(store, s, d, &tunnel[d], held) != 0)
			ret = -ENOMEM;
	return ret;
}
