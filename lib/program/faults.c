/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "program/program.h"

#define FAULTS_MAX 64
#define REPEAT_S   60
#define TEXT_MAX   900 /* fits in one log line */

static struct {
	pthread_mutex_t lock;
	size_t count;
	struct fault {
		char subject[64];
		char text[TEXT_MAX];
		int64_t said_s;
	} list[FAULTS_MAX]; /* in order of their first report */
} faults = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Call these with the lock held. NULL: not found. */
static struct fault *find(const char *subject)
{
	for (size_t i = 0; i < faults.count; i++)
		if (strcmp(faults.list[i].subject, subject) == 0)
			return &faults.list[i];
	return NULL;
}

static struct fault *add(const char *subject)
{
	struct fault *fault;

	if (faults.count == FAULTS_MAX)
		return NULL;
	fault = &faults.list[faults.count++];
	snprintf(fault->subject, sizeof(fault->subject), "%s", subject);
	fault->text[0] = 0;
	return fault;
}

static void mend(struct fault *fault)
{
	size_t after = faults.count - (size_t)(fault - faults.list) - 1;

	program_log(PROGRAM_INFO, "mended: %s", fault->subject);
	memmove(fault, fault + 1, after * sizeof(*fault));
	faults.count--;
}

static void note(struct fault *fault, const char *text)
{
	int64_t now = now_s();

	if (strncmp(fault->text, text, TEXT_MAX - 1) == 0 && now < fault->said_s + REPEAT_S)
		return;
	snprintf(fault->text, sizeof(fault->text), "%s", text);
	fault->said_s = now;
	program_log(PROGRAM_ERROR, "%s; it is tried again until it works", text);
}

void program_fault(const char *subject, const char *text)
{
	struct fault *fault;

	pthread_mutex_lock(&faults.lock);
	fault = find(subject);
	if (!fault && text)
		fault = add(subject);
	if (fault && text)
		note(fault, text);
	else if (fault)
		mend(fault);
	pthread_mutex_unlock(&faults.lock);
}

size_t program_faults(char *text, size_t size)
{
	size_t used = 0, count;

	text[0] = 0;
	pthread_mutex_lock(&faults.lock);
	count = faults.count;
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "\n" : "",
					 faults.list[i].text);
	pthread_mutex_unlock(&faults.lock);
	return count;
}
