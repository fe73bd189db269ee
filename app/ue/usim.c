/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/usim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/program.h"

/* "hse-usim 1", "imsi DIGITS", then "IND SEQ" for each IND in order, decimal; a line each. */
#define STATE_FORMAT "hse-usim 1\nimsi %s\n"
#define INDS	     (1u << AKA_IND_BITS)

static bool parse_state(FILE *file, struct usim *usim)
{
	char imsi[E2M_IMSI_MAX_DIGITS + 1];
	unsigned version, ind;

	if (fscanf(file, "hse-usim %u imsi %15[0-9]", &version, imsi) != 2 || version != 1 ||
	    strcmp(imsi, usim->imsi.digits) != 0)
		return false;
	for (unsigned i = 0; i < INDS; i++) {
		uint64_t seq;
		if (fscanf(file, "%u %" SCNu64, &ind, &seq) != 2 || ind != i ||
		    seq > AKA_SQN_MAX >> AKA_IND_BITS)
			return false;
		usim->aka.seq[i] = seq;
	}
	return true;
}

static int load_state(struct usim *usim)
{
	FILE *file = fopen(usim->state, "re");

	if (!file && errno == ENOENT)
		return 0;
	if (!file) {
		int err = -errno;
		program_log(PROGRAM_ERROR, "%s: cannot be read: %s", usim->state, strerror(-err));
		return err;
	}
	bool ok = parse_state(file, usim);
	fclose(file);
	if (!ok) {
		program_log(
			PROGRAM_ERROR,
			"%s: is no state of the USIM with IMSI %s; name another file, or remove "
			"it to start from usim.sqn",
			usim->state, usim->imsi.digits);
		return -EBADMSG;
	}
	return 0;
}

int usim_open(struct usim *usim, const struct usim_config *config)
{
	*usim = (struct usim){.imsi = config->imsi, .state = config->state};
	aka_usim_init(&usim->aka, config->k, config->opc, aka_sqn_read(config->sqn));
	return usim->state ? load_state(usim) : 0;
}

void usim_close(struct usim *usim)
{
	e2m_wipe(usim, sizeof(*usim));
}

static int write_state(const struct usim *usim, int fd)
{
	char text[64 * (INDS + 2)];
	int len = snprintf(text, sizeof(text), STATE_FORMAT, usim->imsi.digits);

	for (unsigned i = 0; i < INDS; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%u %" PRIu64 "\n", i,
				usim->aka.seq[i]);
	if (write(fd, text, (size_t)len) != len)
		return errno ? -errno : -EIO;
	return fsync(fd) ? -errno : 0;
}

static int sync_folder(const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int err = fsync(fd) ? -errno : 0;
	close(fd);
	return err;
}

/* Another file takes the name of the old one, so that there is a whole one at any time. */
static int replace_state(const struct usim *usim)
{
	char fresh[PATH_MAX];

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", usim->state) >= sizeof(fresh))
		return -ENAMETOOLONG;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -errno;
	int err = write_state(usim, fd);
	close(fd);
	if (!err && rename(fresh, usim->state))
		err = -errno;
	if (err)
		unlink(fresh);
	return err ? err : sync_folder(usim->state);
}

int usim_run(struct usim *usim, const struct e2m_numbers *numbers, enum aka_system system,
	     const uint8_t rand[E2M_RAND_LEN], const uint8_t autn[AKA_AUTN_LEN],
	     const uint8_t *sn_id, struct aka_usim_result *result)
{
	int err = aka_run_usim(numbers, &usim->aka, system, rand, autn, sn_id, result);

	if (err || !usim->state)
		return err;
	err = replace_state(usim);
	if (err) {
		program_log(PROGRAM_ERROR, "%s: cannot be written: %s", usim->state,
			    strerror(-err));
		e2m_wipe(result, sizeof(*result));
	}
	return err;
}
