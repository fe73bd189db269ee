/* SPDX-License-Identifier: BSD-3-Clause */
/* Bearer Resource Command, TS 29.274 7.2.5: the UE's PCO in it names a keyset (e2m.md 5). */
#include "control/procedure.h"
#include "control/table.h"

/* The PDN connection is that of the Linked EBI in the command. */
void procedure_take_triggered(struct session_store *store, const struct session_gtpc *gtpc,
			      const struct message *m, struct held *held)
{
	struct transaction *t =
		m->dialect->command_type != 0 ? transactions_find_command(store, gtpc, m) : NULL;
	const struct exchange exchange = {store, gtpc, (struct request *)t, m, held};

	if (!t)
		return;
	procedure_name_keyset(&exchange, exchange.request->said.linked);
	transactions_forget(store, t);
}
