/* The progress bar's line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/progress.h"

static const struct train_progress third = {
	.epoch = 1,
	.epochs = 3,
	.seen = 16320,
	.total = 48000,
	.left = 48000 - 16320 + 2 * 48000,
	.seconds = 2,
	.loss = 0.3119,
	.accuracy = 0.9052,
};

static void fits_the_width(void **state)
{
	char text[PROGRESS_TEXT];

	(void)state;
	/* 8160 images/s; (48000 - 16320 + 2 × 48000) / 8160 = 15.6 s */
	progress_text(&third, 80, text);
	assert_string_equal(text,
		"epoch 1/3 [===>     ] 34%  8160 images/s  loss 0.312  accuracy 0.905  0:16 left");
	for (int width = 1; width < 200; width++) {
		progress_text(&third, width, text);
		assert_true(strlen(text) < (size_t)width);
		if (width < 20) {
			assert_memory_equal(text, "epoch 1/3  34%", strlen(text));
			continue;
		}
		assert_memory_equal(text, "epoch 1/3 ", 10);
		assert_non_null(strstr(text, " 34%"));
	}
}

static void leaves_out_from_the_end(void **state)
{
	char text[PROGRESS_TEXT];

	(void)state;
	progress_text(&third, 60, text);
	assert_string_equal(text, "epoch 1/3 [=====>          ] 34%  8160 images/s  loss 0.312");
	progress_text(&third, 20, text);
	assert_string_equal(text, "epoch 1/3  34%");
}

static void begins_and_ends(void **state)
{
	char text[PROGRESS_TEXT];
	struct train_progress p = {.epoch = 2, .epochs = 2, .total = 10};

	(void)state;
	progress_text(&p, 40, text);
	assert_non_null(strstr(text, "[>"));
	assert_non_null(strstr(text, "  0%"));
	p.seen = 10;
	p.seconds = 4000;
	progress_text(&p, 200, text);
	assert_non_null(strstr(text, "[==============================]100%"));
	assert_non_null(strstr(text, "  validating"));
	assert_null(strstr(text, "left"));
	p.epochs = 3; /* 10 more at 400 s each, and one now */
	p.left = 11;
	p.seen = 9;
	p.seconds = 3600;
	progress_text(&p, 200, text);
	assert_non_null(strstr(text, " 1:13:20 left"));
}

static void only_a_terminal_is_drawn_on(void **state)
{
	struct progress progress;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	progress_open(&progress, file, true);
	progress_draw(&progress, &third);
	progress_clear(&progress);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	assert_int_equal(ftell(file), 0);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_the_width),
		cmocka_unit_test(leaves_out_from_the_end),
		cmocka_unit_test(begins_and_ends),
		cmocka_unit_test(only_a_terminal_is_drawn_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
