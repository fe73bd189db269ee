/* SPDX-License-Identifier: BSD-3-Clause */
/* report: what the sequences did, so that a model that tests nothing is seen. */
#ifndef MODEL_REPORT_H
#define MODEL_REPORT_H

#include "judge.h"

/* Adds what the HSE has counted in the sequence. */
void report_add(void);
/* True: it is the first of this kind. */
bool report_fail(enum verdict verdict);
/* Prints it. False: too little was tested, and says what. */
bool report_print(void);

#endif
