/* Scales of a network's input, as text and as they are applied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/input_scale.h"
#include "errors.h"
#include "nn/executor.h"

static struct error error;

static const struct {
	const char *text, *formula;
	struct input_scale scale;
} cases[] = {
	{"0..1", "pixel / 255", {0, 1}},
	{"0..255", "pixel", {0, 1 / 255.0f}},
	{"0.1307,0.3081", "(pixel / 255 - 0.1307) / 0.3081", {0.1307f, 0.3081f}},
	{"0.5,0.5", "(pixel / 255 - 0.5) / 0.5", {0.5f, 0.5f}},
	{"-1,2", "(pixel / 255 - -1) / 2", {-1, 2}},
};

static void texts_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[FIELD_TEXT_SIZE], formula[INPUT_FORMULA_TEXT];
		struct input_scale scale, again;

		assert_int_equal(input_scale_codec.parse(cases[i].text, &scale, &error), 0);
		assert_true(scale.mean == cases[i].scale.mean);
		assert_true(scale.deviation == cases[i].scale.deviation);
		assert_string_equal(input_scale_codec.print(&scale, text), cases[i].text);
		assert_string_equal(input_formula(scale, formula), cases[i].formula);
		assert_int_equal(input_formula_parse(cases[i].formula, &again, &error), 0);
		assert_true(again.mean == scale.mean && again.deviation == scale.deviation);
	}
	char text[FIELD_TEXT_SIZE];
	assert_null(input_scale_codec.print(&(struct input_scale){0, 0}, text));
}

static void other_texts_are_refused(void **state)
{
	static const char *const texts[] = {"",     "0..2",  "1",   "0.5,", ",0.5",  "0.5,0",
										"0,-1", "0,nan", "a,1", "0;1",  "0,1,2", "0,0x1p3"};
	static const char *const formulas[] = {
		"",
		"pixel / 256",
		"pixels",
		"(pixel / 255 - 0.5) / 0",
		"(pixel / 255 - ) / 1",
		") / (pixel / 255 - 1",
		"(pixel / 255 - 0.5) / 0.5 ",
		"(pixel / 255 - 0.5",
		") / ",
		"(pixel / 255 - 0.500000000000000000000000000000000000000001) / 0.5"};
	struct input_scale scale;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(input_scale_codec.parse(texts[i], &scale, &error), -1);
		assert_error_has(&error, "is neither 0..1 nor 0..255 nor a mean and a deviation");
	}
	for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
		assert_int_equal(input_formula_parse(formulas[i], &scale, &error), -1);
		assert_error_has(&error, "this program reads \"pixel / 255\", \"pixel\" and");
	}
}

static void load(const void *context, int first, int n, float *scratch, float *x)
{
	(void)scratch;
	memcpy(x, (const float *)context + 4 * first, 4 * (size_t)n * sizeof *x);
}

/* Also in training, and in each image of a batch. */
static void the_network_gets_scaled_pixels(void **state)
{
	const float pixels[] = {0, 0.25f, 0.5f, 1, 1, 0.75f, 0, 0.5f};
	const uint16_t labels[] = {0, 1};
	const struct batch batch = {.n = 2, .load = load, .context = pixels, .labels = labels};
	struct network network;
	struct engine engine;

	(void)state;
	assert_int_equal(engine_open(&engine, "auto", 1, &error), 0);
	assert_int_equal(network_build(&network, "flatten softmax",
								   (struct shape){.h = 2, .w = 2, .c = 1}, 4, &error),
					 0);
	assert_true(input_is_plain(network.scale));
	network.scale = (struct input_scale){0.5f, 0.25f};
	assert_false(input_is_plain(network.scale));
	struct executor *executor = executor_open(&network, &engine, 2, EXECUTOR_TRAIN, &error);
	assert_non_null(executor);
	const float *logits = executor_predict(executor, &batch);
	for (int i = 0; i < 8; i++)
		assert_true(logits[i] == 4 * pixels[i] - 2);
	/* -2 -1 0 2 is read as 3, 2 1 -2 0 as 0. */
	const struct loss_sum sum = executor_train(executor, &batch, 1, 1, NULL);
	assert_true(sum.correct == 0 && sum.loss > 5.6 && sum.loss < 5.61);
	executor_close(executor);
	network_free(&network);
	engine_close(&engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_back),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(the_network_gets_scaled_pixels),
	};

	return cmocka_run_group_tests_name("input_scale", tests, NULL, NULL);
}
