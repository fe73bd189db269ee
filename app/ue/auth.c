/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/auth.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "program/program.h"
#include "ue/steps.h"

/* How long until an HSS that could not be reached, or did not answer, is asked again. */
#define RETRY_UNREACHABLE_MS 200
#define RETRY_FAILED_MS	     1000
/* Connecting takes a moment; longer than this is worth a word. */
#define PATIENCE_MS 2000

static void ask_hss(void *arg);
static void answered(void *arg, const struct diameter_auth_answer *answer);

void auth_init(struct auth *auth, const struct auth_config *config, struct loop *loop,
	       struct hss *hss, struct usim *usim, struct ue_counters *counters)
{
	*auth = (struct auth){
		.config = *config,
		.loop = loop,
		.hss = hss,
		.usim = usim,
		.counters = counters,
		.retry = {.expired = ask_hss, .arg = auth},
	};
}

bool auth_is_running(const struct auth *auth)
{
	return auth->running;
}

void auth_start(struct auth *auth)
{
	auth->running = true;
	auth->resynchronised = false;
	auth->waiting_said = false;
	auth->waited_ms = 0;
	auth->request = (struct diameter_auth_request){.imsi = auth->usim->imsi,
						       .system = auth->config.system};
	memcpy(auth->request.visited_plmn, auth->config.plmn, AKA_SN_ID_LEN);
	auth->counters->aka_runs++;
	/* Not from here: done must not be called before auth_start has returned. */
	loop_start_timer(auth->loop, &auth->retry, 0);
}

void auth_stop(struct auth *auth)
{
	auth->running = false;
	loop_stop_timer(auth->loop, &auth->retry);
}

static void finish(struct auth *auth, const struct auth_result *result)
{
	auth_stop(auth);
	if (!result)
		auth->counters->aka_failures++;
	auth->config.done(auth->config.arg, result);
}

static void retry_later(struct auth *auth, uint32_t ms, const char *why)
{
	auth->counters->aka_retries++;
	auth->waited_ms += ms;
	if (auth->waited_ms >= PATIENCE_MS && !auth->waiting_said)
		program_log(PROGRAM_WARNING, "no vector from %s yet: %s; trying on",
			    auth->hss->name, why);
	auth->waiting_said = auth->waited_ms >= PATIENCE_MS;
	loop_start_timer(auth->loop, &auth->retry, ms);
}

static void ask_hss(void *arg)
{
	struct auth *auth = arg;
	int err = auth->hss->ask(auth->hss, &auth->request, answered, auth);

	if (err == -EHOSTUNREACH)
		retry_later(auth, RETRY_UNREACHABLE_MS, "not connected");
	else if (err)
		retry_later(auth, RETRY_FAILED_MS, strerror(-err));
}

/* What an outcome other than OK means: whether it may pass, and its name. */
static const struct {
	bool passes;
	const char *text;
} outcomes[] = {
	[DIAMETER_AUTH_OK] = {false, "no error"},
	[DIAMETER_AUTH_USER_UNKNOWN] = {false, "it does not know the IMSI"},
	[DIAMETER_AUTH_DATA_UNAVAILABLE] = {true, "authentication data unavailable"},
	[DIAMETER_AUTH_NOT_AUTHORIZED] = {false, "we may not ask for this subscriber"},
	[DIAMETER_AUTH_UNREACHABLE] = {true, "unreachable"},
	[DIAMETER_AUTH_TIMEOUT] = {true, "no answer in time"},
	[DIAMETER_AUTH_BAD_ANSWER] = {false, "its answer makes no sense"},
	[DIAMETER_AUTH_REFUSED] = {false, "refused"},
};

static void handle_refusal(struct auth *auth, const struct diameter_auth_answer *answer)
{
	char why[160];

	snprintf(why, sizeof(why), "%s%s%s", outcomes[answer->outcome].text,
		 answer->detail[0] ? ": " : "", answer->detail);
	if (outcomes[answer->outcome].passes) {
		retry_later(auth, RETRY_FAILED_MS, why);
		return;
	}
	program_log(PROGRAM_ERROR, "IMSI %s: no vector from %s: %s", auth->usim->imsi.digits,
		    auth->hss->name, why);
	finish(auth, NULL);
}

static const char *sqn_str(const uint8_t sqn[E2M_SQN_LEN], char text[E2M_KEYSET_ID_STR])
{
	struct e2m_keyset_id id = e2m_keyset_id_make(E2M_ID_SQN, sqn);

	return e2m_keyset_id_str(&id, text);
}

/* The same vector's RAND goes back with AUTS: TS 33.102 6.3.5. */
static void resynchronise(struct auth *auth, const struct aka_vector *vector,
			  const struct aka_usim_result *result)
{
	char text[E2M_KEYSET_ID_STR];

	auth->counters->aka_sqn_not_fresh++;
	step_say(auth->config.steps, 3,
		 "the USIM refuses AUTN: %s is not fresh; resynchronisation with AUTS",
		 sqn_str(result->sqn, text));
	if (auth->resynchronised) {
		program_log(
			PROGRAM_ERROR,
			"IMSI %s: USIM and HSS do not agree on SQN, after resynchronisation too",
			auth->usim->imsi.digits);
		finish(auth, NULL);
		return;
	}
	auth->resynchronised = true;
	auth->request.resynchronise = true;
	memcpy(auth->request.rand, vector->rand, E2M_RAND_LEN);
	memcpy(auth->request.auts, result->auts, AKA_AUTS_LEN);
	ask_hss(auth);
}

static void accept(struct auth *auth, const struct aka_vector *vector,
		   const struct aka_usim_result *result)
{
	struct auth_result out = {.keyset = result->keyset};
	char text[E2M_KEYSET_ID_STR];

	step_say(auth->config.steps, 3,
		 "the USIM takes AUTN with %s: MAC right, e2m bit set, e2mKEYSET derived",
		 sqn_str(result->sqn, text));
	if (CRYPTO_memcmp(vector->xres, result->res, AKA_RES_LEN) != 0) {
		program_log(PROGRAM_ERROR, "IMSI %s: RES is not XRES: the HSS has another K or OPc",
			    auth->usim->imsi.digits);
		finish(auth, NULL);
		return;
	}
	step_say(auth->config.steps, 4, "RES is XRES: the %s knows the UE",
		 auth->config.system == AKA_EPS ? "MME" : "SGSN");
	memcpy(out.sqn, result->sqn, E2M_SQN_LEN);
	memcpy(out.rand, vector->rand, E2M_RAND_LEN);
	finish(auth, &out);
	e2m_wipe(&out, sizeof(out));
}

static const char *usim_error(int err)
{
	switch (err) {
	case -EBADMSG:
		return "MAC failure: K or OPc differ from the HSS's";
	case -EPROTO:
		return "AMF has no separation bit";
	default:
		return strerror(-err);
	}
}

static void challenge_usim(struct auth *auth, const struct aka_vector *vector)
{
	struct e2m_keyset_id rand = e2m_keyset_id_make(E2M_ID_RAND, vector->rand);
	struct aka_usim_result result;
	char text[E2M_KEYSET_ID_STR];

	step_say(auth->config.steps, 2, "challenge to the USIM with %s",
		 e2m_keyset_id_str(&rand, text));
	int err = usim_run(auth->usim, auth->config.numbers, auth->config.system, vector->rand,
			   vector->autn, auth->config.plmn, &result);
	if (err == -ESTALE) {
		resynchronise(auth, vector, &result);
	} else if (err) {
		program_log(PROGRAM_ERROR, "IMSI %s: the USIM refuses the challenge: %s",
			    auth->usim->imsi.digits, usim_error(err));
		finish(auth, NULL);
	} else if (!result.has_keyset) {
		program_log(PROGRAM_ERROR,
			    "IMSI %s: the HSS has not set the e2m bit, so there is no e2mKEYSET; "
			    "does it have the same numbers.amf_e2m_bit?",
			    auth->usim->imsi.digits);
		finish(auth, NULL);
	} else {
		accept(auth, vector, &result);
	}
	e2m_wipe(&result, sizeof(result));
}

static void answered(void *arg, const struct diameter_auth_answer *answer)
{
	struct auth *auth = arg;

	if (!auth->running) /* given up in the meantime */
		return;
	if (answer->outcome != DIAMETER_AUTH_OK) {
		handle_refusal(auth, answer);
		return;
	}
	step_say(auth->config.steps, 1, "vector for IMSI %s from %s", auth->usim->imsi.digits,
		 auth->hss->name);
	challenge_usim(auth, &answer->vector);
}
