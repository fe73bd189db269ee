/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dialect: octets of GTPv1-C (TS 29.060, dialect_v1.c) or GTPv2-C (TS 29.274 on S5/S8, dialect_v2.c) become one struct
 * message. A dialect knows no sessions, and decides nothing. Called by gtpc.c.
 */
#ifndef CONTROL_DIALECT_H
#define CONTROL_DIALECT_H

#include "control/message.h"

struct dialect {
	uint8_t version;
	uint8_t create_type;	     /* of a request that makes sessions */
	const char *create_response; /* for the log */
	/* Fills message, but for what the caller has put into dialect and bearers, room for MESSAGE_BEARERS_MAX.
	 * side: where the message comes from. Returns its octets, or -EBADMSG. */
	int (*read)(struct message *message, const uint8_t *data, size_t len,
		    enum datapath_side side, const struct e2m_numbers *numbers);

	/* --- what the procedure does differently, for GSNs differ --- */

	/* A GGSN may find the context of an Update by its IMSI, and not look at the TEID, or the other way round. */
	bool may_go_by_imsi;
	/* An SGSN says its control TEID once, and not for each context: a response may bear the one before, and its
	 * header tells which one counts. */
	bool says_teid_once;

	/* --- and where only the two versions have grown apart --- */

	/* The policy is checked for each copy of a Create, and for one that is not complete. */
	bool checks_every_create;
	/* A Create Response without both user ends is not read, even if its session would not be known. */
	bool needs_both_ends;
	/* What was expected ends after the response when no session has it; else bearer by bearer. */
	bool settles_by_sessions;
	/* A Delete for no known session is counted. */
	bool counts_unknown_delete;
};

extern const struct dialect dialect_v1, dialect_v2;

#endif
