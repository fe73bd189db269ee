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

int unprotected_take(struct session_store *store, struct session *s,
		     enum session_direction direction, const struct tunnel *tunnel, bool is_barred,
		     struct held *held)
{
	const struct tunnel before = directory_tunnel(store->directory, &s->tunnel[direction]);
	const int ret = set(store, s, direction, tunnel);
	enum session_direction its;

	if (ret != 0 || tunnel_is_none(tunnel))
		return ret;
	if (!tunnel_is_none(&before) && !tunnel_is_equal(&before, tunnel) &&
	    !table_find_tunnel(store, &before, &its))
		tunnels_let_late_pass(store, direction, &before);
	if (is_barred)
		tunnels_end(store, tunnel);
	else
		tunnels_let_pass(store, direction, tunnel, table_id(store, s), held);
	return 0;
}
