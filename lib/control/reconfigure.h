/* SPDX-License-Identifier: BSD-3-Clause */
/* reconfigure: the data of session_reconfigure (control.h). control.c makes and frees it. */
#ifndef CONTROL_RECONFIGURE_H
#define CONTROL_RECONFIGURE_H

#include "control/context.h"

struct reconfigure *reconfigure_new(void); /* NULL: no memory. Freed by free(). */

#endif
