/* SPDX-License-Identifier: BSD-3-Clause */
/* reconfigure: session_reconfigure (control.h), and what it needs; for control.c. */
#ifndef CONTROL_RECONFIGURE_H
#define CONTROL_RECONFIGURE_H

#include "control/context.h"

struct reconfigure *reconfigure_new(void); /* NULL: no memory. Freed by free(). */

#endif
