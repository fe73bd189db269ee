/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unit_pull: a pull manager with sources that do what each test says: keysource_ask is this file's.
 */
#ifndef UNIT_UNIT_PULL_H
#define UNIT_UNIT_PULL_H

#include "keys/pull.h"

#include <errno.h>
#include <stddef.h>

#include "unit.h"

#define TIMEOUT_MS   2000
#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 1000
#define IN_FLIGHT    4
#define QUESTIONS    64
#define WAITERS	     64
/* Later than asked for: the wheel's slots. */
#define LATE_MS 16

struct keysource {
	int refuses; /* what keysource_ask returns */
};

struct question {
	const struct keysource *source;
	struct keysource_request request;
	uint32_t timeout_ms;
	uint64_t cookie;
};

struct waiter {
	struct pull_waiter waiter;
	unsigned answers;
	enum keysource_outcome outcome;
	uint8_t e2mck;	       /* its first octet */
	struct waiter *cancel; /* when answered */
	bool again;	       /* starts the same pull anew when answered */
};

static struct {
	struct wheel *wheel;
	struct pull_manager *manager;
	struct keysource sources[2];
	struct question questions[QUESTIONS];
	size_t asked; /* questions so far */
	unsigned troubles;
	uint32_t retry_ms;
	uint64_t now;
	struct keysource_request request;
} lab;

/* What start is to do otherwise; kept by the test. */
static struct {
	uint32_t negative_cache_s;
	bool prefetch;	       /* the second source is told early */
	enum pull_given given; /* what the observer says of a keyset */
} lab_setup;

void keysource_why(const struct keysource *source, char *text, size_t size)
{
	(void)source;
	snprintf(text, size, "nobody is there");
}

int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie)
{
	if (source->refuses)
		return source->refuses;
	CU_ASSERT_TRUE_FATAL(lab.asked < QUESTIONS);
	lab.questions[lab.asked++] = (struct question){
		.source = source, .request = *request, .timeout_ms = timeout_ms, .cookie = cookie};
	return 0;
}

static inline struct keysource_request request_of(unsigned subscriber)
{
	const uint8_t sqn[E2M_SQN_LEN] = {[5] = 0x21};
	struct keysource_request request = {.id = e2m_keyset_id_make(E2M_ID_SQN, sqn)};

	snprintf(request.imsi.digits, sizeof(request.imsi.digits), "26201%010u", subscriber);
	return request;
}

static inline void on_answer(void *arg, struct pull_waiter *waiter,
			     const struct keysource_answer *answer)
{
	struct waiter *w = (struct waiter *)((char *)waiter - offsetof(struct waiter, waiter));

	CU_ASSERT_PTR_EQUAL(arg, &lab);
	CU_ASSERT_PTR_NULL(waiter->pull);
	w->answers++;
	w->outcome = answer->outcome;
	w->e2mck = answer->keyset.e2mck[0];
	if (w->cancel)
		pull_cancel(lab.manager, &w->cancel->waiter);
	if (w->again)
		CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, waiter), 0);
	w->again = false;
}

static inline void on_trouble(void *arg, const struct keysource_request *request,
			      const char *source, const struct keysource_answer *answer,
			      uint32_t retry_ms)
{
	(void)arg, (void)request, (void)source, (void)answer;
	lab.troubles++;
	lab.retry_ms = retry_ms;
}

static inline enum pull_given on_given(void *arg, const struct keysource_request *request,
				       unsigned source, uint64_t sent_ms,
				       const struct keysource_answer *answer)
{
	(void)arg, (void)request, (void)source, (void)sent_ms;
	CU_ASSERT_NOT_EQUAL(answer->keyset.e2mck[0], 0);
	return lab_setup.given;
}

static inline void on_lost(void *arg, const struct keysource_request *request, unsigned source)
{
	(void)arg, (void)request, (void)source;
}

static inline bool is_waited_for(void *arg, const struct keysource_request *request,
				 const struct keysource_answer *answer, unsigned source)
{
	(void)arg, (void)request, (void)answer, (void)source;
	return false;
}

static inline void start(unsigned sources)
{
	const struct pull_observer observer = {.answered = on_answer,
					       .troubled = on_trouble,
					       .given = on_given,
					       .lost = on_lost,
					       .is_waited_for = is_waited_for,
					       .arg = &lab};
	static const char *const names[] = {"hss", "kms"};
	const struct pull_config config = {.timeout_ms = TIMEOUT_MS,
					   .retry_min_ms = RETRY_MIN_MS,
					   .retry_max_ms = RETRY_MAX_MS,
					   .in_flight_max = IN_FLIGHT,
					   .negative_cache_s = lab_setup.negative_cache_s};

	memset(&lab, 0, sizeof(lab));
	lab.now = 5000;
	lab.wheel = wheel_new(lab.now, NULL);
	lab.manager = pull_manager_new(&config, lab.wheel, &observer);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab.manager);
	for (unsigned i = 0; i < sources; i++)
		CU_ASSERT_EQUAL(pull_manager_add_source(lab.manager, &lab.sources[i], names[i],
							i > 0 && lab_setup.prefetch),
				0);
	lab.request = request_of(1);
}

static inline void stop(void)
{
	pull_manager_free(lab.manager);
	wheel_free(lab.wheel);
}

static inline void pass(uint64_t ms)
{
	for (uint64_t end = lab.now + ms; lab.now < end;) {
		wheel_advance(lab.wheel, ++lab.now);
		pull_send_waiting(lab.manager);
	}
}

static inline void ask(struct waiter *w, const struct keysource_request *request)
{
	CU_ASSERT_EQUAL(pull_start(lab.manager, request, &w->waiter), 0);
	pull_send_waiting(lab.manager);
}

static inline void answer(size_t question, enum keysource_outcome outcome)
{
	struct keysource_answer a = {.cookie = lab.questions[question].cookie, .outcome = outcome};

	CU_ASSERT_TRUE_FATAL(question < lab.asked);
	memset(&a.keyset, outcome == KEYSOURCE_FOUND ? (int)question + 1 : 0, sizeof(a.keyset));
	pull_take_answer(lab.manager, &a);
	for (size_t i = 0; i < sizeof(a.keyset); i++)
		CU_ASSERT_EQUAL(((const uint8_t *)&a.keyset)[i], 0);
	pull_send_waiting(lab.manager);
}

static inline const struct pull_counters *counters(void)
{
	return pull_manager_counters(lab.manager);
}

#endif
