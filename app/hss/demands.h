/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * demands: what a KMS asks the HSS for, because an HSE has pulled it from the KMS. One demand for all pulls
 * of one HSE for the same (IMSI, SQN|RAND); it names the HSE, and the HSS says whether that may have it.
 * Bounded; all functions may be called from several threads.
 */
#ifndef HSS_DEMANDS_H
#define HSS_DEMANDS_H

#include "diameter/diameter.h"

/* In all: those who wait for an answer. */
#define DEMANDS_WAITING_MAX 65536

struct demand;

/* The HSS has answered, or did not answer in time. The function may change answer. It returns true
 * if the waiting requests must get answer. It returns false if demands_conclude will answer them,
 * now or later. */
typedef bool (*demands_answered)(void *arg, struct demand *demand,
				 const struct diameter_key_request *request,
				 struct diameter_key_answer *answer);

struct demands;

/* hosts stay the caller's. NULL: no memory. */
struct demands *demands_new(struct diameter_hosts *hosts, uint32_t timeout_ms,
			    demands_answered answered, void *arg);
/* After diameter_stop. */
void demands_free(struct demands *demands);

/* Answers asked, at once or later. */
void demands_ask(struct demands *demands, const struct diameter_key_request *request,
		 struct diameter_asked *asked);

/* Answers the waiting requests. Afterwards the request passed to demands_answered is invalid. */
void demands_conclude(struct demand *demand, const struct diameter_key_answer *answer);

struct demands_counters {
	uint64_t sent;
	uint64_t joined;  /* pulls that waited for a demand that was on its way */
	uint64_t waiting; /* now */
};
void demands_count(struct demands *demands, struct demands_counters *counters);

#endif
