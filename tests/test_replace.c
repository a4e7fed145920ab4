/* Which images are replaced, by what, and the labels that they then have. */
#include "oracle.h"

#include <string.h>

#include "app/augmenter.h"
#include "app/replace.h"
#include "digit_set.h"
#include "nn/loss.h"

enum { TIMES = 4000 };

static struct replacer replacer_of(double others, double drawn, uint64_t seed, uint64_t epoch)
{
	return (struct replacer){.others = others,
							 .drawn = drawn,
							 .dataset = &dataset,
							 .count = DIGITS,
							 .rng = rng_stream(seed, RNG_REPLACE, epoch)};
}

/* Of TIMES images of several epochs: how many have no label, how many are a digit that is drawn. */
static void count(double others, double drawn, int *none, int *redrawn)
{
	*none = *redrawn = 0;
	for (uint64_t i = 0; i < TIMES; i++) {
		const struct replacer replacer = replacer_of(others, drawn, 1, i / DIGITS + 1);
		const uint32_t image = (uint32_t)(i % DIGITS);
		const int label = replace_label(&replacer, image);
		uint8_t room[PIXELS];
		const uint8_t *pixels = replace_pixels(&replacer, image, room);

		if (label == LABEL_NONE)
			++*none;
		else
			assert_int_equal(label, digits->labels[image]);
		if (pixels == room)
			*redrawn += label != LABEL_NONE;
		else
			assert_true(pixels == digits->images[image] && label != LABEL_NONE);
	}
}

/* 4000 × 0.2 with a deviation of 25. */
static void shares_are_kept(void **state)
{
	int none, redrawn;

	(void)state;
	count(0.2, 0.1, &none, &redrawn);
	assert_in_range(none, 720, 880);
	assert_in_range(redrawn, 320, 480);
	count(0, 0.5, &none, &redrawn);
	assert_int_equal(none, 0);
	assert_in_range(redrawn, 1850, 2150);
	count(0.5, 0.5, &none, &redrawn);
	assert_int_equal(none + redrawn, TIMES);
	count(0, 0, &none, &redrawn);
	assert_int_equal(none + redrawn, 0);
}

static void chance_is_of_seed_and_epoch(void **state)
{
	(void)state;
	for (uint32_t image = 0; image < DIGITS; image++) {
		uint8_t rooms[4][PIXELS];
		for (uint64_t i = 0; i < 4; i++) {
			const struct replacer replacer = replacer_of(0, 1, i == 2 ? 2 : 1, i == 3 ? 2 : 1);
			assert_true(replace_pixels(&replacer, image, rooms[i]) == rooms[i]);
		}
		assert_memory_equal(rooms[0], rooms[1], PIXELS);
		assert_memory_not_equal(rooms[0], rooms[2], PIXELS);
		assert_memory_not_equal(rooms[0], rooms[3], PIXELS);
	}
}

/* A drawn 1 is as much ink as a 1, a drawn 8 as an 8, within what pens differ. */
static void drawn_digits_have_their_ink(void **state)
{
	const struct replacer replacer = replacer_of(0, 1, 1, 1);

	(void)state;
	for (uint32_t image = 0; image < DIGITS; image++) {
		uint8_t room[PIXELS];
		const uint8_t *pixels = replace_pixels(&replacer, image, room);
		double ink = 0;
		for (int p = 0; p < PIXELS; p++)
			ink += pixels[p] / 255.0;
		assert_true(ink > 25 && ink < 260);
	}
}

/* In a batch: labels and images agree, in whatever part of it they are loaded; with and without a
 * change. */
static void batches_do_not_matter(void **state)
{
	const struct replacer replacer = replacer_of(0.5, 0.3, 3, 1);
	const struct augment shift = {.shift = 2, .until = 1};
	struct augmenter augmenter;
	static float whole[DIGITS * PIXELS], parts[DIGITS * PIXELS], room[MNIST_ROOM];
	uint32_t indices[DIGITS];
	uint16_t labels[DIGITS];

	(void)state;
	for (uint32_t i = 0; i < DIGITS; i++)
		indices[i] = DIGITS - 1 - i;
	augmenter_prepare(&augmenter, &shift, MNIST_SIDE, MNIST_SIDE);
	for (int warped = 0; warped < 2; warped++) {
		const struct augmented augmented = {
			.selection = {&dataset, indices},
			.augmenter = warped ? &augmenter : NULL,
			.rng = rng_stream(3, RNG_AUGMENT, 1),
			.replacer = &replacer,
		};
		augmented_load(&augmented, 0, DIGITS, room, whole);
		augmented_load(&augmented, 0, 5, room, parts);
		augmented_load(&augmented, 5, DIGITS - 5, room, parts + 5 * PIXELS);
		assert_memory_equal(whole, parts, sizeof whole);
		augmented_labels(&augmented, DIGITS, labels);
		for (int i = 0; i < DIGITS; i++) {
			uint8_t replaced[PIXELS];
			const uint8_t *pixels = replace_pixels(&replacer, indices[i], replaced);
			assert_int_equal(labels[i], replace_label(&replacer, indices[i]));
			for (int p = 0; p < PIXELS && !warped; p++)
				assert_true(whole[i * PIXELS + p] == (float)pixels[p] / 255.0f);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_kept),
		cmocka_unit_test(chance_is_of_seed_and_epoch),
		cmocka_unit_test(drawn_digits_have_their_ink),
		cmocka_unit_test(batches_do_not_matter),
	};

	return cmocka_run_group_tests_name("replace", tests, setup, teardown);
}
