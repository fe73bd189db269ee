/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "program/privileges.h"
#include "program/program.h"

int program_harden(void)
{
	program_bound_privileges();
	if (prctl(PR_SET_DUMPABLE, 0)) {
		int err = -errno;
		program_log(PROGRAM_ERROR, "core dumps cannot be switched off: %s", strerror(-err));
		return err;
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) {
		int err = -errno;
		program_log(PROGRAM_ERROR,
			    "memory cannot be locked: %s; run as root or raise RLIMIT_MEMLOCK",
			    strerror(-err));
		return err;
	}
	return 0;
}
