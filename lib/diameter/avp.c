/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "diameter/internal.h"

#define AVP_ORIGIN_HOST		     264
#define AVP_USER_NAME		     1
#define AVP_RESULT_CODE		     268
#define AVP_EXPERIMENTAL_RESULT	     297
#define AVP_VENDOR_ID		     266
#define AVP_EXPERIMENTAL_RESULT_CODE 298

static bool view(struct avp *avp, struct diameter_avp *out)
{
	struct dict_object *model = NULL;
	struct dict_avp_data data;
	struct avp_hdr *header;

	memset(out, 0, sizeof(*out));
	out->avp = avp;
	if (!avp || fd_msg_avp_hdr(avp, &header))
		return false;
	out->code = header->avp_code;
	if (header->avp_flags & AVP_FLAG_VENDOR)
		out->vendor = header->avp_vendor;
	/* An AVP that is not in the dictionary, or a Grouped one, has no value. */
	if (!header->avp_value || fd_msg_model(avp, &model) || !model ||
	    fd_dict_getval(model, &data))
		return true;
	if (data.avp_basetype == AVP_TYPE_OCTETSTRING) {
		out->data = header->avp_value->os.data;
		out->len = header->avp_value->os.len;
	} else {
		out->value = header->avp_value->u32;
	}
	return true;
}

bool diameter_avp_first(msg_or_avp *parent, struct diameter_avp *out)
{
	struct avp *avp = NULL;

	if (fd_msg_browse(parent, MSG_BRW_FIRST_CHILD, &avp, NULL))
		return false;
	return view(avp, out);
}

bool diameter_avp_next(struct diameter_avp *avp)
{
	struct avp *next = NULL;

	if (fd_msg_browse(avp->avp, MSG_BRW_NEXT, &next, NULL))
		return false;
	return view(next, avp);
}

bool diameter_avp_is(const struct diameter_avp *avp, uint32_t code, uint32_t vendor)
{
	return avp->code == code && avp->vendor == vendor;
}

bool diameter_find_avp(struct msg *message, uint32_t code, struct diameter_avp *found)
{
	bool more = diameter_avp_first(message, found);

	while (more && !diameter_avp_is(found, code, 0))
		more = diameter_avp_next(found);
	return more;
}

bool diameter_avp_copy(const struct diameter_avp *avp, void *out, size_t size)
{
	if (!avp->data || avp->len != size)
		return false;
	memcpy(out, avp->data, size);
	return true;
}

static int add(msg_or_avp *parent, struct dict_object *model, union avp_value *value)
{
	struct avp *avp = NULL;
	int rc = fd_msg_avp_new(model, 0, &avp);

	if (!rc)
		rc = fd_msg_avp_setvalue(avp, value);
	if (!rc)
		rc = fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, avp);
	if (rc && avp)
		fd_msg_free(avp);
	return rc;
}

int diameter_add_octets(msg_or_avp *parent, struct dict_object *model, const void *data, size_t len)
{
	/* libfdproto copies. */
	union avp_value value = {.os = {.data = (uint8_t *)data, .len = len}};

	return add(parent, model, &value);
}

int diameter_add_text(msg_or_avp *parent, struct dict_object *model, const char *text)
{
	return diameter_add_octets(parent, model, text, strlen(text));
}

int diameter_add_number(msg_or_avp *parent, struct dict_object *model, uint32_t number)
{
	union avp_value value = {.u32 = number};

	return add(parent, model, &value);
}

int diameter_add_group(msg_or_avp *parent, struct dict_object *model, struct avp **group)
{
	int rc = fd_msg_avp_new(model, 0, group);

	if (!rc)
		rc = fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, *group);
	return rc;
}

/* RFC 6733 8.8. libfdcore's own sessions live for a day unless somebody destroys them, and nothing here
 * has a state that needs one. */
static int add_session_id(struct msg *request)
{
	static uint64_t last;
	static uint32_t started;
	char id[DIAMETER_IDENTITY_MAX + 32];

	if (!__atomic_load_n(&started, __ATOMIC_RELAXED)) {
		uint32_t none = 0;
		__atomic_compare_exchange_n(&started, &none, (uint32_t)time(NULL), false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
	uint64_t number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
	snprintf(id, sizeof(id), "%s;%u;%u", diameter_identity,
		 __atomic_load_n(&started, __ATOMIC_RELAXED) + (uint32_t)(number >> 32),
		 (uint32_t)number);
	return diameter_add_text(request, diameter_dict.session_id, id);
}

/* Vendor-Specific-Application-Id and Auth-Session-State, of requests and answers alike. */
static int add_application(struct msg *message, uint32_t vendor, uint32_t application)
{
	struct avp *group = NULL;
	int rc = diameter_add_group(message, diameter_dict.vendor_specific_application_id, &group);

	if (!rc)
		rc = diameter_add_number(group, diameter_dict.vendor_id, vendor);
	if (!rc)
		rc = diameter_add_number(group, diameter_dict.auth_application_id, application);
	if (!rc)
		rc = diameter_add_number(message, diameter_dict.auth_session_state,
					 DIAMETER_AUTH_STATE_NONE);
	return rc;
}

int diameter_request_new(struct dict_object *command, uint32_t vendor, uint32_t application,
			 const char *host, const char *realm, const struct e2m_imsi *imsi,
			 struct msg **request)
{
	int rc = fd_msg_new(command, MSGFL_ALLOC_ETEID, request);

	if (!rc)
		rc = add_session_id(*request);
	if (!rc)
		rc = add_application(*request, vendor, application);
	if (!rc)
		rc = fd_msg_add_origin(*request, 0);
	if (!rc && host)
		rc = diameter_add_text(*request, diameter_dict.destination_host, host);
	if (!rc)
		rc = diameter_add_text(*request, diameter_dict.destination_realm, realm);
	if (!rc)
		rc = diameter_add_text(*request, diameter_dict.user_name, imsi->digits);
	return rc;
}

/* RFC 6733 7.5: a copy of what was wrong, or an example of what was not there, filled with zeros. */
static int add_failed_avp(struct msg *answer, const struct diameter_result *result)
{
	static const uint8_t zeros[E2M_RAND_LEN];
	struct avp *group = NULL, *failed = NULL;
	struct dict_avp_data model;
	int rc = diameter_add_group(answer, diameter_dict.failed_avp, &group);

	if (!rc)
		rc = fd_dict_getval(result->avp, &model);
	if (rc)
		return rc;
	if (model.avp_basetype == AVP_TYPE_GROUPED)
		return diameter_add_group(group, result->avp, &failed);
	if (model.avp_basetype != AVP_TYPE_OCTETSTRING)
		return diameter_add_number(group, result->avp, result->failed_number);
	return diameter_add_octets(group, result->avp, result->failed ? result->failed : zeros,
				   result->failed_len);
}

static int add_result(struct msg *answer, const struct diameter_result *result)
{
	struct avp *group = NULL;
	struct msg_hdr *header;
	int rc;

	if (!result->vendor) {
		rc = diameter_add_number(answer, diameter_dict.result_code, result->code);
		/* RFC 6733 7.1.3: 3xxx are protocol errors and bear the E bit. */
		if (!rc && result->code / 1000 == 3 && !(rc = fd_msg_hdr(answer, &header)))
			header->msg_flags |= CMD_FLAG_ERROR;
		return rc;
	}
	rc = diameter_add_group(answer, diameter_dict.experimental_result, &group);
	if (!rc)
		rc = diameter_add_number(group, diameter_dict.vendor_id, result->vendor);
	if (!rc)
		rc = diameter_add_number(group, diameter_dict.experimental_result_code,
					 result->code);
	return rc;
}

int diameter_answer_new(struct msg **message, uint32_t vendor, uint32_t application,
			const struct diameter_result *result)
{
	int rc = fd_msg_new_answer_from_req(fd_g_config->cnf_dict, message, 0);

	if (!rc)
		rc = add_application(*message, vendor, application);
	if (!rc)
		rc = fd_msg_add_origin(*message, 0);
	if (!rc)
		rc = add_result(*message, result);
	if (!rc && result->avp)
		rc = add_failed_avp(*message, result);
	return rc;
}

void diameter_answer_send(struct msg **answer, int rc)
{
	if (!rc)
		rc = fd_msg_send(answer, NULL, NULL);
	if (!rc)
		return;
	diameter_log_line(true, "a request is not answered: %s", strerror(rc));
	if (*answer)
		diameter_message_free(*answer);
	*answer = NULL;
}

static bool read_experimental(struct avp *group, struct diameter_result *result)
{
	struct diameter_avp avp;
	bool has_code = false, has_vendor = false;

	for (bool more = diameter_avp_first(group, &avp); more; more = diameter_avp_next(&avp)) {
		if (diameter_avp_is(&avp, AVP_VENDOR_ID, 0)) {
			result->vendor = avp.value;
			has_vendor = true;
		} else if (diameter_avp_is(&avp, AVP_EXPERIMENTAL_RESULT_CODE, 0)) {
			result->code = avp.value;
			has_code = true;
		}
	}
	return has_code && has_vendor && result->vendor != 0;
}

bool diameter_read_result(struct msg *answer, struct diameter_result *result)
{
	struct diameter_avp avp;
	unsigned found = 0;

	memset(result, 0, sizeof(*result));
	for (bool more = diameter_avp_first(answer, &avp); more; more = diameter_avp_next(&avp)) {
		if (diameter_avp_is(&avp, AVP_RESULT_CODE, 0)) {
			result->code = avp.value;
			found++;
		} else if (diameter_avp_is(&avp, AVP_EXPERIMENTAL_RESULT, 0)) {
			if (!read_experimental(avp.avp, result))
				return false;
			found++;
		}
	}
	return found == 1;
}

bool diameter_read_requester(struct msg *request, char origin_host[256], struct e2m_imsi *imsi,
			     struct diameter_result *result)
{
	struct diameter_avp avp;
	DiamId_t source = NULL;
	size_t source_len = 0;
	bool has_user = false;

	memset(result, 0, sizeof(*result));
	if (fd_msg_source_get(request, &source, &source_len) || !source || source_len > 255) {
		result->code = DIAMETER_REJECTED;
		return false;
	}
	memcpy(origin_host, source, source_len);
	origin_host[source_len] = 0;
	for (bool more = diameter_avp_first(request, &avp); more; more = diameter_avp_next(&avp)) {
		if (diameter_avp_is(&avp, AVP_ORIGIN_HOST, 0) &&
		    (avp.len != source_len ||
		     strncasecmp((const char *)avp.data, source, source_len))) {
			result->code = DIAMETER_REJECTED;
			return false;
		}
		if (!diameter_avp_is(&avp, AVP_USER_NAME, 0))
			continue;
		has_user = true;
		if (e2m_imsi_parse(imsi, (const char *)avp.data, avp.len)) {
			*result = (struct diameter_result){.code = DIAMETER_INVALID_VALUE,
							   .avp = diameter_dict.user_name,
							   .failed = avp.data,
							   .failed_len = avp.len};
			return false;
		}
	}
	if (!has_user)
		*result = (struct diameter_result){.code = DIAMETER_MISSING_AVP,
						   .avp = diameter_dict.user_name,
						   .failed_len = E2M_IMSI_MIN_DIGITS};
	return has_user;
}

bool diameter_repeats(struct msg *answer, struct msg *request, uint32_t code)
{
	struct diameter_avp in_answer, in_request;

	return !diameter_find_avp(answer, code, &in_answer) ||
	       (diameter_find_avp(request, code, &in_request) && in_answer.len == in_request.len &&
		in_answer.data && in_request.data &&
		!memcmp(in_answer.data, in_request.data, in_request.len));
}

static void wipe_children(msg_or_avp *parent)
{
	struct diameter_avp avp;

	for (bool more = diameter_avp_first(parent, &avp); more; more = diameter_avp_next(&avp)) {
		if (avp.data)
			e2m_wipe((void *)avp.data, avp.len);
		else
			wipe_children(avp.avp);
	}
}

void diameter_message_wipe(struct msg *message)
{
	wipe_children(message);
}

void diameter_message_free(struct msg *message)
{
	wipe_children(message);
	fd_msg_free(message);
}
