/* SPDX-License-Identifier: BSD-3-Clause */
/* hsectl bypass [on|off]: sets it, and says what it then is. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "print.h"

bool command_bypass(struct telemetry *telemetry, const struct options *options)
{
	char command[32];
	json_t *answer;
	char *text;

	snprintf(command, sizeof(command), options->argument ? "/hse/bypass,%s" : "/hse/bypass",
		 options->argument);
	answer = telemetry_ask(telemetry, command);
	if (!answer)
		return false;
	text = print_bypass(answer);
	if (!text)
		telemetry_bad_answer(telemetry, command, "does not say whether it is on");
	else if (options->json)
		print_json(answer);
	else
		fputs(text, stdout);
	if (text)
		putchar('\n');
	json_decref(answer);
	free(text);
	return text != NULL;
}
