/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks names in a configuration that must be peers. */
#include <strings.h>

#include "diameter/diameter.h"

bool diameter_config_has_peer(const struct diameter_config *config, const char *identity)
{
	for (size_t i = 0; i < config->peers_count; i++)
		if (!strcasecmp(config->peers[i].identity, identity))
			return true;
	return false;
}

bool diameter_config_check_name(const struct diameter_config *config,
				const struct config_file *file, const char *path,
				const char *identity, FILE *errors)
{
	struct config_guess guess = config_guess_start(identity);

	guess.distance = 1; /* most of the name is the realm, which is no evidence */
	if (diameter_config_has_peer(config, identity))
		return true;
	for (size_t i = 0; i < config->peers_count; i++)
		config_guess_try(&guess, config->peers[i].identity);
	if (!strcasecmp(config->identity, identity))
		config_error(file, errors, path, "'%s' is diameter.identity: our own name",
			     identity);
	else if (config_guess_best(&guess))
		config_error(file, errors, path, "'%s' is not in diameter.peers; did you mean %s?",
			     identity, config_guess_best(&guess));
	else
		config_error(file, errors, path, "'%s' is not in diameter.peers", identity);
	return false;
}
