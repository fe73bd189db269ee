/* SPDX-License-Identifier: BSD-3-Clause */
/* records: key and value of each record as octets, little-endian, without padding. The value ends with
 * CRC-32C of key and value. A key begins with a letter that says what the record is. */
#include "state/internal.h"

#include <ctype.h>
#include <string.h>

#include "base/crc32c.h"

/* The kinds in the order in which they are read. */
#define KIND_HEAD      'A'
#define KIND_COUNTS    'C'
#define KIND_RETENTION 'R'
#define KIND_SESSION   'S'
#define KIND_ENTRY     'U' /* the last one: writer.c appends new ones */
#define CRC_LEN	       4

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "integers are copied as they are");

_Static_assert(sizeof(struct state_session) <= RECORD_VALUE_MAX &&
		       sizeof(struct state_entry) <= RECORD_VALUE_MAX &&
		       sizeof(struct state_counts) <= RECORD_KEY_MAX + RECORD_VALUE_MAX &&
		       sizeof(struct state_retention) <= RECORD_KEY_MAX + RECORD_VALUE_MAX,
	       "a record has room for all");

/* One walk for both ways, so that they cannot differ. */
struct codec {
	uint8_t *at;
	bool is_reading;
};

static void field(struct codec *c, void *member, size_t len)
{
	if (c->is_reading)
		memcpy(member, c->at, len);
	else
		memcpy(c->at, member, len);
	c->at += len;
}

#define FIELD(c, member) field(c, &(member), sizeof(member))

static void walk_head(struct codec *c, struct record_head *head)
{
	FIELD(c, head->format);
	FIELD(c, head->age_s);
}

static void walk_tunnel(struct codec *c, struct tunnel *t)
{
	FIELD(c, t->receiver);
	FIELD(c, t->teid);
}

static void walk_keyset(struct codec *c, struct state_keyset *k)
{
	FIELD(c, k->flags);
	FIELD(c, k->key_id);
	FIELD(c, k->eea);
	FIELD(c, k->eia);
	FIELD(c, k->id.type);
	FIELD(c, k->id.value);
	FIELD(c, k->fingerprint);
	FIELD(c, k->lifetime_s);
	FIELD(c, k->over_at);
	FIELD(c, k->ceiling);
}

static void walk_session(struct codec *c, struct state_session *s)
{
	FIELD(c, s->serial);
	FIELD(c, s->imsi.digits);
	FIELD(c, s->nsapi);
	FIELD(c, s->primary);
	FIELD(c, s->newest);
	FIELD(c, s->downlink_slot);
	FIELD(c, s->counter_octets);
	FIELD(c, s->origin);
	FIELD(c, s->policy);
	FIELD(c, s->has_tunnel);
	walk_tunnel(c, &s->tunnel[E2M_UPLINK]);
	walk_tunnel(c, &s->tunnel[E2M_DOWNLINK]);
	walk_tunnel(c, &s->control_sgsn);
	walk_tunnel(c, &s->control_ggsn);
	for (unsigned i = 0; i < STATE_KEYSETS; i++)
		walk_keyset(c, &s->keysets[i]);
}

/* Not in a record of format 2. */
static void walk_session_address(struct codec *c, struct state_session *s)
{
	FIELD(c, s->address);
	FIELD(c, s->apn);
}

/* --- entries: what is not there takes no octets --- */

#define IMSI_PACKED 8
#define IMSI_END    0xf

/* Four bits a digit, from the first one on. */
static void walk_imsi(struct codec *c, struct e2m_imsi *imsi)
{
	uint8_t packed[IMSI_PACKED] = {0};

	for (unsigned i = 0; i < 2 * IMSI_PACKED && !c->is_reading; i++) {
		const char digit = i < E2M_IMSI_MAX_DIGITS ? imsi->digits[i] : 0;

		packed[i / 2] |= (uint8_t)((digit ? digit & 0xf : IMSI_END) << 4 * (i % 2));
	}
	FIELD(c, packed);
	for (unsigned i = 0; i < E2M_IMSI_MAX_DIGITS && c->is_reading; i++) {
		const unsigned digit = packed[i / 2] >> 4 * (i % 2) & 0xf;

		if (digit == IMSI_END)
			break;
		imsi->digits[i] = (char)('0' + digit);
	}
}

/* How a tunnel is written, two bits. */
enum form { FORM_NONE, FORM_IPV4, FORM_IPV6, FORM_LIKE /* with the address of another one */ };

static unsigned form_of(const struct tunnel *t, const struct tunnel *like)
{
	if (tunnel_is_none(t))
		return FORM_NONE;
	if (like && !tunnel_is_none(like) && tunnel_has_same_receiver(t, like))
		return FORM_LIKE;
	return tunnel_is_ipv4(t) ? FORM_IPV4 : FORM_IPV6;
}

static void walk_short_tunnel(struct codec *c, struct tunnel *t, unsigned form,
			      const struct tunnel *like)
{
	uint8_t ipv4[4];

	memcpy(ipv4, t->receiver + 12, sizeof(ipv4));
	if (form == FORM_NONE)
		return;
	FIELD(c, t->teid);
	if (form == FORM_IPV6)
		FIELD(c, t->receiver);
	if (form == FORM_IPV4)
		FIELD(c, ipv4);
	if (form == FORM_IPV4 && c->is_reading)
		tunnel_set_ipv4(t, ipv4);
	if (form == FORM_LIKE)
		memcpy(t->receiver, like->receiver, sizeof(t->receiver));
}

static void walk_tunnels(struct codec *c, struct state_entry *e)
{
	struct tunnel *down = &e->tunnel[E2M_DOWNLINK], *up = &e->tunnel[E2M_UPLINK];
	uint8_t forms =
		(uint8_t)(form_of(&e->control_sgsn, NULL) | form_of(down, &e->control_sgsn) << 2 |
			  form_of(&e->control_ggsn, NULL) << 4 |
			  form_of(up, &e->control_ggsn) << 6);

	FIELD(c, forms);
	walk_short_tunnel(c, &e->control_sgsn, forms & 3, NULL);
	walk_short_tunnel(c, down, forms >> 2 & 3, &e->control_sgsn);
	walk_short_tunnel(c, &e->control_ggsn, forms >> 4 & 3, NULL);
	walk_short_tunnel(c, up, forms >> 6 & 3, &e->control_ggsn);
}

static void walk_address(struct codec *c, struct pdp_address *a)
{
	uint8_t states = (uint8_t)(a->ipv4_state | a->ipv6_state << 2);

	FIELD(c, states);
	a->ipv4_state = states & 3;
	a->ipv6_state = states >> 2 & 3;
	if (a->ipv4_state == PDP_BOUND)
		FIELD(c, a->ipv4);
	if (a->ipv6_state != PDP_BOUND)
		return;
	FIELD(c, a->ipv6_length);
	field(c, a->ipv6, a->ipv6_length <= 64 ? 8 : 16);
}

static void walk_network(struct codec *c, struct pdp_prefix *network)
{
	FIELD(c, network->is_ipv6);
	FIELD(c, network->length);
	field(c, network->octets, network->is_ipv6 ? 16 : 4);
}

static void walk_entry(struct codec *c, struct state_entry *e)
{
	uint8_t what = (uint8_t)(e->kind | e->origin << 2 | e->policy << 4 | e->is_barred << 6);
	uint8_t ids = (uint8_t)(e->nsapi << 4 | e->primary);

	FIELD(c, what);
	e->kind = what & 3;
	e->origin = what >> 2 & 3;
	e->policy = what >> 4 & 3;
	e->is_barred = what >> 6;
	if (e->kind == STATE_OVERFULL)
		return;
	FIELD(c, ids);
	e->nsapi = ids >> 4;
	e->primary = ids & 0xf;
	FIELD(c, e->serial);
	walk_imsi(c, &e->imsi);
	walk_tunnels(c, e);
	if (e->kind == STATE_UNPROTECTED)
		FIELD(c, e->apn);
	if (e->kind == STATE_NETWORK)
		walk_network(c, &e->network);
	else
		walk_address(c, &e->address);
}

static void walk_counts_key(struct codec *c, struct state_counts *counts)
{
	FIELD(c, counts->imsi.digits);
	FIELD(c, counts->fingerprint);
	FIELD(c, counts->bearer);
}

static void walk_counts(struct codec *c, struct state_counts *counts)
{
	FIELD(c, counts->ceiling);
}

static void walk_retention_key(struct codec *c, struct state_retention *r)
{
	FIELD(c, r->imsi.digits);
	FIELD(c, r->fingerprint);
}

static void walk_retention(struct codec *c, struct state_retention *r)
{
	FIELD(c, r->until_s);
	FIELD(c, r->sources_count);
	for (unsigned i = 0; i < r->sources_count && i < STATE_RETENTION_SOURCES; i++) {
		FIELD(c, r->sources[i].name);
		FIELD(c, r->sources[i].flags);
		FIELD(c, r->sources[i].others);
		FIELD(c, r->sources[i].tags);
	}
}

/* Big-endian, so that records lie in the order of ids. */
static void write_id(uint8_t *out, uint32_t id)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(id >> (24 - 8 * i));
}

static uint32_t read_id(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* Of the key and the first len octets of the value. */
static uint32_t crc_of(const struct record *r, size_t len)
{
	return crc32c(crc32c(0xffffffff, r->key, r->key_len), r->value, len);
}

/* --- to octets --- */

static void finish(struct record *r, const struct codec *value)
{
	const size_t len = (size_t)(value->at - r->value);
	const uint32_t crc = crc_of(r, len);

	memcpy(r->value + len, &crc, CRC_LEN);
	r->value_len = len + CRC_LEN;
}

void record_of_head(struct record *r, const struct record_head *head)
{
	struct record_head copy = *head;
	struct codec value = {.at = r->value};

	r->key[0] = KIND_HEAD;
	r->key_len = 1;
	walk_head(&value, &copy);
	finish(r, &value);
}

void record_of_change(struct record *r, const struct state_change *change)
{
	struct state_change copy = *change;
	struct codec key = {.at = r->key + 1}, value = {.at = r->value};

	if (change->kind == STATE_SESSION) {
		r->key[0] = KIND_SESSION;
		write_id(key.at, change->session.id);
		key.at += 4;
		walk_session(&value, &copy.session);
		walk_session_address(&value, &copy.session);
	} else if (change->kind == STATE_ENTRY) {
		r->key[0] = KIND_ENTRY;
		write_id(key.at, change->entry.number);
		key.at += 4;
		walk_entry(&value, &copy.entry);
	} else if (change->kind == STATE_RETENTION) {
		r->key[0] = KIND_RETENTION;
		walk_retention_key(&key, &copy.retention);
		walk_retention(&value, &copy.retention);
	} else {
		r->key[0] = KIND_COUNTS;
		walk_counts_key(&key, &copy.counts);
		walk_counts(&value, &copy.counts);
	}
	r->key_len = (size_t)(key.at - r->key);
	finish(r, &value);
}

/* --- from octets --- */

static bool imsi_is_good(const struct e2m_imsi *imsi)
{
	struct e2m_imsi again;
	const size_t len = strnlen(imsi->digits, sizeof(imsi->digits));

	return e2m_imsi_parse(&again, imsi->digits, len) == 0 &&
	       memcmp(&again, imsi, sizeof(again)) == 0;
}

static bool is_no_imsi(const struct e2m_imsi *imsi)
{
	static const struct e2m_imsi none;

	return memcmp(imsi, &none, sizeof(none)) == 0;
}

static bool keyset_is_good(const struct state_keyset *k)
{
	if (!(k->flags & STATE_KEYSET_HELD))
		return true;
	return k->key_id <= E2M_KEY_ID_MAX &&
	       (k->id.type == E2M_ID_SQN || k->id.type == E2M_ID_RAND);
}

static bool address_is_good(const struct pdp_address *a)
{
	return a->ipv4_state <= PDP_LOST && a->ipv6_state <= PDP_LOST &&
	       a->ipv6_length <= PDP_IPV6_BITS;
}

static bool session_is_good(const struct state_session *s)
{
	return s->id > 0 && s->serial > 0 && imsi_is_good(&s->imsi) && s->nsapi <= 15 &&
	       s->primary <= 15 && s->newest < STATE_KEYSETS && s->downlink_slot < STATE_KEYSETS &&
	       s->counter_octets <= 3 && s->origin <= 2 && s->policy <= 3 &&
	       keyset_is_good(&s->keysets[0]) && keyset_is_good(&s->keysets[1]) &&
	       address_is_good(&s->address);
}

static bool network_is_good(const struct pdp_prefix *network)
{
	return network->is_ipv6 <= 1 &&
	       network->length <= (network->is_ipv6 ? PDP_IPV6_BITS : PDP_IPV4_BITS);
}

static bool entry_is_good(const struct state_entry *e)
{
	if (e->kind == STATE_OVERFULL)
		return e->number == 0;
	/* A tunnel may be barred whose subscriber is not known. */
	if (!imsi_is_good(&e->imsi) && !(e->kind == STATE_ENDED && is_no_imsi(&e->imsi)))
		return false;
	return e->number > 0 && e->serial > 0 && e->origin <= 2 && e->is_barred <= 1 &&
	       address_is_good(&e->address) && network_is_good(&e->network);
}

/* Reads the key, and len octets of the value by its kind; there is nothing left over of either. */
static enum record_kind read_fields(union record_content *content, struct record *r, size_t len)
{
	struct codec key = {.at = r->key + 1, .is_reading = true};
	struct codec value = {.at = r->value, .is_reading = true};
	enum record_kind kind = RECORD_DAMAGED;

	memset(content, 0, sizeof(*content));
	switch (r->key[0]) {
	case KIND_HEAD:
		walk_head(&value, &content->head);
		kind = RECORD_HEAD;
		break;
	case KIND_SESSION:
		content->session.id = read_id(key.at);
		key.at += 4;
		walk_session(&value, &content->session);
		if (value.at != r->value + len)
			walk_session_address(&value, &content->session);
		if (session_is_good(&content->session))
			kind = RECORD_SESSION;
		break;
	case KIND_ENTRY:
		content->entry.number = read_id(key.at);
		key.at += 4;
		walk_entry(&value, &content->entry);
		if (entry_is_good(&content->entry))
			kind = RECORD_ENTRY;
		break;
	case KIND_COUNTS:
		walk_counts_key(&key, &content->counts);
		walk_counts(&value, &content->counts);
		if (imsi_is_good(&content->counts.imsi))
			kind = RECORD_COUNTS;
		break;
	case KIND_RETENTION:
		walk_retention_key(&key, &content->retention);
		walk_retention(&value, &content->retention);
		if ((imsi_is_good(&content->retention.imsi) ||
		     is_no_imsi(&content->retention.imsi)) &&
		    content->retention.sources_count <= STATE_RETENTION_SOURCES)
			kind = RECORD_RETENTION;
		break;
	}
	if (key.at != r->key + r->key_len || value.at != r->value + len)
		return RECORD_DAMAGED;
	return kind;
}

enum record_kind record_read(union record_content *content, const MDB_val *key,
			     const MDB_val *value)
{
	struct record r = {.key_len = key->mv_size, .value_len = value->mv_size};
	uint32_t crc;

	if (key->mv_size < 1 || key->mv_size > RECORD_KEY_MAX || value->mv_size < CRC_LEN ||
	    value->mv_size > RECORD_VALUE_MAX)
		return RECORD_DAMAGED;
	/* Whatever their lengths say, the fields are read in a place that has all of them. */
	memcpy(r.key, key->mv_data, key->mv_size);
	memcpy(r.value, value->mv_data, value->mv_size);
	memcpy(&crc, r.value + r.value_len - CRC_LEN, CRC_LEN);
	if (crc != crc_of(&r, r.value_len - CRC_LEN))
		return RECORD_DAMAGED;
	return read_fields(content, &r, r.value_len - CRC_LEN);
}

void record_name(const MDB_val *key, char *name, size_t size)
{
	const uint8_t *octets = key->mv_data;
	int digits = 0;

	if (key->mv_size == 5 && octets[0] == KIND_SESSION) {
		snprintf(name, size, "session %u", read_id(octets + 1));
		return;
	}
	if (key->mv_size == 5 && octets[0] == KIND_ENTRY) {
		snprintf(name, size, "session %u of those without protection", read_id(octets + 1));
		return;
	}
	if (key->mv_size < 1 + sizeof(struct e2m_imsi) ||
	    (octets[0] != KIND_COUNTS && octets[0] != KIND_RETENTION)) {
		snprintf(name, size, "a record without a name");
		return;
	}
	while (digits < (int)sizeof(struct e2m_imsi) && isdigit(octets[1 + digits]))
		digits++;
	snprintf(name, size, "the COUNTs of IMSI %.*s", digits, (const char *)octets + 1);
}
