/* Each kind of others gives images, in MNIST's form where it is drawn. */
#include "oracle.h"

#include <string.h>

#include "app/others.h"
#include "digit_set.h"

/* Behind them stand two that fill the image: texture and blank. */
#define DRAWN_KINDS (OTHER_KINDS - 2)

enum { TIMES = 60 };

static struct replacer replacer_of(uint64_t seed)
{
	return (struct replacer){
		.dataset = &dataset, .count = DIGITS, .rng = rng_stream(seed, RNG_REPLACE, 1)};
}

static void make(int kind, uint64_t seed, int i, uint8_t pixels[PIXELS])
{
	const struct replacer replacer = replacer_of(seed);
	struct draws draws = {replacer.rng, (uint64_t)i * 4096};

	other_make_kind(kind, &replacer, &draws, pixels);
	assert_true(draws.next < (uint64_t)(i + 1) * 4096);
}

/* No more than 20 × 20 pixels. */
static void check_form(int kind, const uint8_t pixels[PIXELS])
{
	const struct box ink = mnist_ink(pixels);

	if (box_side(&ink) < 1 || box_side(&ink) > 20)
		fail_msg("kind %d: columns %d to %d, rows %d to %d", kind, ink.left, ink.right, ink.top,
				 ink.bottom);
}

static void all_kinds_are_made(void **state)
{
	(void)state;
	for (int kind = 0; kind < OTHER_KINDS; kind++) {
		uint8_t first[PIXELS];
		int differ = 0;

		make(kind, 1, 0, first);
		for (int i = 0; i < TIMES; i++) {
			uint8_t fenced[PIXELS + 2], again[PIXELS], seed[PIXELS];
			uint8_t *pixels = fenced + 1;
			fenced[0] = fenced[PIXELS + 1] = 77;
			make(kind, 1, i, pixels);
			make(kind, 1, i, again);
			make(kind, 2, i, seed);
			assert_memory_equal(pixels, again, PIXELS);
			assert_int_equal(fenced[0], 77);
			assert_int_equal(fenced[PIXELS + 1], 77);
			differ += !!memcmp(pixels, first, PIXELS);
			differ += !!memcmp(pixels, seed, PIXELS);
			if (kind < DRAWN_KINDS)
				check_form(kind, pixels);
		}
		assert_true(differ > 3 * TIMES / 2);
	}
}

/* Few training images, of classes that a kind may not use, are no reason to hang. */
static void any_images_will_do(void **state)
{
	(void)state;
	for (uint32_t image = 0; image < 12; image++)
		for (int kind = 0; kind < OTHER_KINDS; kind++) {
			struct replacer replacer = replacer_of(1);
			struct draws draws = {replacer.rng, 0};
			uint8_t pixels[PIXELS];
			replacer.indices = &image;
			replacer.count = 1;
			other_make_kind(kind, &replacer, &draws, pixels);
		}
}

/* All kinds come, in proportion to their weights: no image is of a kind alone. */
static void kinds_are_mixed(void **state)
{
	const struct replacer replacer = replacer_of(1);
	int full = 0, grey = 0, blank = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct draws draws = {replacer.rng, (uint64_t)i * 4096};
		uint8_t pixels[PIXELS], most = 0;
		int ink = 0;
		other_make(&replacer, &draws, pixels);
		for (int p = 0; p < PIXELS; p++) {
			most = pixels[p] > most ? pixels[p] : most;
			ink += pixels[p] > 0;
		}
		full += ink > 400;
		grey += most < 240;
		blank += ink == 0;
	}
	assert_in_range(full, 20, 300);
	assert_in_range(grey, 30, 300);
	assert_in_range(blank, 0, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_are_made),
		cmocka_unit_test(any_images_will_do),
		cmocka_unit_test(kinds_are_mixed),
	};

	return cmocka_run_group_tests_name("others", tests, setup, teardown);
}
