/* SPDX-License-Identifier: BSD-3-Clause */
/* The replay window beside a list of all COUNTs that were accepted: e2m.md 7, check 4. */
#include "npdu/window.h"

#include "fuzz.h"

#define COUNTS_MAX 512

struct model {
	uint32_t accepted[COUNTS_MAX];
	size_t count;
	uint64_t h;
};

static bool model_is_replay(const struct model *model, uint32_t size, uint32_t count)
{
	if (count + (uint64_t)size < model->h)
		return true;
	for (size_t i = 0; i < model->count; i++)
		if (model->accepted[i] == count)
			return true;
	return false;
}

static void model_accept(struct model *model, uint32_t count)
{
	model->accepted[model->count++] = count;
	if (count >= model->h)
		model->h = (uint64_t)count + 1;
}

/* Octets 0-1: size of the window; then steps of two octets: how far from H the next COUNT is. Their top
 * three bits make some of them large. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct npdu_window_any any = {0};
	struct npdu_window *window = (struct npdu_window *)&any;
	static struct model model;

	if (size < 2)
		return 0;

	uint32_t window_size = (uint32_t)(data[0] << 8 | data[1]) % NPDU_WINDOW_MAX + 1;
	uint32_t words = npdu_window_words(window_size);

	FUZZ_CHECK(words * 64 >= window_size && words <= NPDU_WINDOW_WORDS_MAX);
	model = (struct model){0};
	for (size_t i = 2; i + 1 < size && model.count < COUNTS_MAX; i += 2) {
		uint32_t step = (uint32_t)(data[i] & 0x1F) << 8 | data[i + 1];
		int64_t count = (int64_t)model.h +
				((int64_t)step - 0x1000) * (INT64_C(1) << (data[i] >> 5) * 2);

		if (count < 0 || count > UINT32_MAX - 1)
			continue;

		bool replay = npdu_window_is_replay(window, window_size, words, (uint32_t)count);

		FUZZ_CHECK(replay == model_is_replay(&model, window_size, (uint32_t)count));
		if (!replay) {
			npdu_window_accept(window, words, (uint32_t)count);
			model_accept(&model, (uint32_t)count);
		}
		FUZZ_CHECK(window->h == model.h);
	}
	return 0;
}
