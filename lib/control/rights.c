/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rights.h"

#define NOTHING	 0u
#define BEGIN	 MAY_BEGIN
#define END	 MAY_END
#define DOWN	 MAY_MOVE_DOWNLINK
#define UP	 MAY_MOVE_UPLINK
#define SGSN	 MAY_MOVE_CONTROL_SGSN
#define GGSN	 MAY_MOVE_CONTROL_GGSN
#define KEYSET	 MAY_NAME_KEYSET
#define COUNTED	 IS_COUNTED
#define VERSIONS 2

/* Downlink follows every accepted Update: the GGSN sends there, and otherwise its packets would
 * cross in clear. */
static const struct {
	unsigned accepted, gone;
} table[VERSIONS][MESSAGE_KINDS][SENDERS] = {
	/* clang-format off */
	/* GTPv1-C            sender              accepted                           "no such context" */
	{
		[MESSAGE_CREATE] = {
			[SENDER_PEER]     = {BEGIN,                             NOTHING},
			/* for a secondary context of a protected one, which is barred */
			[SENDER_ANYBODY]  = {DOWN | COUNTED,                    NOTHING},
		},
		[MESSAGE_UPDATE] = {
			[SENDER_PEER]     = {DOWN | UP | SGSN | GGSN | KEYSET,  END},
			[SENDER_NEW_PEER] = {DOWN | UP | SGSN | GGSN | KEYSET,  COUNTED},
			[SENDER_ANYBODY]  = {DOWN | COUNTED,                    COUNTED},
		},
		[MESSAGE_UPDATE_BY_CORE] = {
			[SENDER_PEER]     = {DOWN | UP | SGSN | GGSN,           END},
			[SENDER_ANYBODY]  = {COUNTED,                           COUNTED},
		},
		[MESSAGE_DELETE] = {
			[SENDER_PEER]     = {END,                               END},
			[SENDER_ANYBODY]  = {COUNTED,                           COUNTED},
		},
	},
	/* GTPv2-C */
	{
		[MESSAGE_CREATE] = {
			/* ends the bearers that the PDN connection had before */
			[SENDER_PEER]     = {BEGIN | END,                       NOTHING},
		},
		[MESSAGE_CREATE_BEARER] = {
			[SENDER_PEER]     = {BEGIN | KEYSET,                    NOTHING},
			[SENDER_ANYBODY]  = {BEGIN,                             NOTHING},
		},
		[MESSAGE_UPDATE] = {
			[SENDER_PEER]     = {DOWN | SGSN | KEYSET | END,        DOWN | SGSN | KEYSET | END},
			[SENDER_NEW_PEER] = {DOWN | SGSN | KEYSET | END,        DOWN | COUNTED},
			[SENDER_ANYBODY]  = {DOWN | COUNTED,                    DOWN | COUNTED},
		},
		[MESSAGE_UPDATE_BY_CORE] = {
			[SENDER_PEER]     = {KEYSET | END,                      END},
			[SENDER_ANYBODY]  = {COUNTED,                           COUNTED},
		},
		[MESSAGE_DELETE] = {
			[SENDER_PEER]     = {END,                               END},
			[SENDER_ANYBODY]  = {COUNTED,                           COUNTED},
		},
		[MESSAGE_DELETE_BEARER] = {
			[SENDER_PEER]     = {END,                               END},
			[SENDER_ANYBODY]  = {COUNTED,                           COUNTED},
		},
		[MESSAGE_COMMAND] = {
			[SENDER_PEER]     = {KEYSET,                            NOTHING},
			[SENDER_ANYBODY]  = {COUNTED,                           NOTHING},
		},
	},
	/* clang-format on */
};

unsigned rights_of(uint8_t version, enum message_kind kind, enum rights_sender sender,
		   enum message_cause cause)
{
	return cause == MESSAGE_GONE ? table[version - 1][kind][sender].gone
				     : table[version - 1][kind][sender].accepted;
}
