/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/kms_releases.h"

#include <openssl/evp.h>
#include <string.h>

#define OTHERS 2

_Static_assert(sizeof(struct kms_release) == 40, "no padding");

bool kms_fingerprint(const struct e2m_keyset *keyset, uint8_t fingerprint[KMS_FINGERPRINT_LEN])
{
	static const char label[] = "e2m KMS keyset";
	uint8_t text[sizeof(label) + sizeof(*keyset)], digest[EVP_MAX_MD_SIZE];
	bool good;

	memcpy(text, label, sizeof(label));
	memcpy(text + sizeof(label), keyset, sizeof(*keyset));
	good = EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL) == 1;
	e2m_wipe(text, sizeof(text));
	memcpy(fingerprint, digest, KMS_FINGERPRINT_LEN);
	return good;
}

static struct kms_release *find(struct kms_releases *r, const uint8_t *fingerprint)
{
	for (size_t i = 0; i < r->count; i++)
		if (!memcmp(r->list[i].fingerprint, fingerprint, KMS_FINGERPRINT_LEN))
			return &r->list[i];
	return NULL;
}

static void remove_at(struct kms_releases *r, size_t i)
{
	memmove(&r->list[i], &r->list[i + 1], (r->count - i - 1) * sizeof(r->list[0]));
	r->count--;
}

static void forget_old(struct kms_releases *r, uint64_t now_s)
{
	for (size_t i = r->count; i-- > 0;)
		if (r->list[i].until_s && r->list[i].until_s <= now_s)
			remove_at(r, i);
	/* Remove a replaced keyset rather than one in use. */
	for (size_t i = 0; i < r->count && r->count == KMS_RELEASES_MAX; i++)
		if (r->list[i].flags & KMS_RELEASE_REPLACED)
			remove_at(r, i);
	if (r->count == KMS_RELEASES_MAX)
		remove_at(r, 0);
}

static void judge(struct kms_release *release, uint64_t now_s)
{
	if (!(release->flags & KMS_RELEASE_OPEN) || release->others < OTHERS ||
	    (release->flags & KMS_RELEASE_REPLACED))
		return;
	release->flags |= KMS_RELEASE_REPLACED;
	release->until_s = now_s + KMS_RELEASE_KEPT_S;
}

/* Keep it until its lifetime has ended and an HSS cannot give it again. */
static void note_lifetime(struct kms_release *release, uint32_t lifetime_s, uint64_t now_s)
{
	const uint64_t until_s = now_s + lifetime_s + KMS_RELEASE_KEPT_S;

	if (lifetime_s == 0)
		release->flags |= KMS_RELEASE_OPEN;
	if (release->flags & KMS_RELEASE_OPEN)
		release->until_s = 0;
	else if (until_s > release->until_s)
		release->until_s = until_s;
}

static struct kms_release *add(struct kms_releases *r, const struct clusters *clusters,
			       const uint8_t *fingerprint, const char *hse, uint64_t now_s)
{
	struct kms_release *release;

	for (size_t i = 0; i < r->count; i++) {
		struct kms_release *other = &r->list[i];

		if (!clusters_is_hash_of(clusters, other->hse, hse))
			continue;
		other->others += other->others < OTHERS;
		judge(other, now_s);
	}
	release = &r->list[r->count++];
	*release = (struct kms_release){.hse = clusters_hash(hse)};
	memcpy(release->fingerprint, fingerprint, KMS_FINGERPRINT_LEN);
	return release;
}

enum kms_verdict kms_releases_note(struct kms_releases *r, const struct clusters *clusters,
				   const uint8_t fingerprint[KMS_FINGERPRINT_LEN], const char *hse,
				   uint32_t lifetime_s, uint64_t now_s)
{
	struct kms_release *release = find(r, fingerprint);

	if (release && !clusters_is_hash_of(clusters, release->hse, hse))
		return KMS_HELD;
	if (release && (release->flags & KMS_RELEASE_REPLACED))
		return KMS_REPLACED;
	if (!release) {
		forget_old(r, now_s);
		release = add(r, clusters, fingerprint, hse, now_s);
	}
	note_lifetime(release, lifetime_s, now_s);
	judge(release, now_s);
	return release->flags & KMS_RELEASE_REPLACED ? KMS_REPLACED : KMS_RELEASED;
}
