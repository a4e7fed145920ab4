/* The progress bar's line, and the curves under it. */
#define _XOPEN_SOURCE 700

#include <string.h>

#include "cli/progress.h"
#include "terminal.h"

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
	assert_string_equal(
		text, "epoch 1/3 [===>     ] 34%  8160 images/s  loss 0.312  accuracy 0.905  0:16 left");
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

static const struct progress_wanted all = {.epochs = 3};

static void only_a_terminal_is_drawn_on(void **state)
{
	struct progress progress;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	progress_open(&progress, file, all);
	progress_draw(&progress, &third);
	progress_clear(&progress);
	progress_epoch(&progress, &(struct epoch_figures){.epoch = 1, .has_val = true});
	progress_finish(&progress);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	assert_int_equal(ftell(file), 0);
	fclose(file);
}

static const struct train_progress end = {
	.epoch = 1, .epochs = 1, .seen = 1, .total = 1, .loss = 1, .accuracy = 0.5};

/* What another width made of the last line is erased, lines below included. */
static void the_bar_follows_the_width(void **state)
{
	struct progress progress;
	FILE *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	if (user < 0)
		skip();
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	progress_open(&progress, terminal, all);
	assert_int_equal(resize_terminal(user, 30, 24), 0);
	progress_draw(&progress, &end);
	assert_arrives(user, terminal, "\repoch 1/1 [=============]100%\033[K\r");
	assert_int_equal(resize_terminal(user, 10, 24), 0);
	progress_draw(&progress, &end);
	assert_arrives(user, terminal, "\r\033[Jepoch 1/1\033[K\r");
	assert_int_equal(resize_terminal(user, 39, 24), 0);
	progress_draw(&progress, &end);
	assert_arrives(user, terminal, "\r\033[Jepoch 1/1 [==========]100%  0 images/s\033[K\r");
	progress_clear(&progress);
	assert_arrives(user, terminal, "\r\033[J");
	fclose(terminal);
	close(user);
}

/* Everything that a terminal of 40 columns gets, until it is closed. */
static void draw_all(struct progress_wanted wanted, int lines, char *text, size_t capacity)
{
	struct progress progress;
	FILE *terminal;
	int user = open_terminal(&terminal);

	if (user < 0)
		skip();
	assert_int_equal(resize_terminal(user, 40, lines), 0);
	progress_open(&progress, terminal, wanted);
	progress_draw(&progress, &end);
	progress_clear(&progress);
	progress_epoch(&progress,
				   &(struct epoch_figures){.epoch = 1, .has_val = true, .val_loss = 0.5});
	fputs("|", terminal);
	progress_finish(&progress);
	fputs("$", terminal);
	read_terminal(user, terminal, "$", text, capacity);
	fclose(terminal);
	close(user);
}

static void curves_grow_where_they_are_wanted(void **state)
{
	char text[8000];

	(void)state;
	setenv("TERM", "xterm", 1);
	setenv("LC_ALL", "C", 1);
	unsetenv("NO_COLOR");
	draw_all(all, 24, text, sizeof text);
	assert_non_null(strstr(text, "]100%  0 images/s\033[K\r\r\naccuracy"));
	assert_non_null(strstr(text, "3 epochs\033[K\033[10A\r\r\033[J|\naccuracy"));
	assert_memory_equal(text + strlen(text) - strlen("epochs\n$"), "epochs\n$", 8);

	draw_all(all, 15, text, sizeof text); /* no room below, but in the end */
	assert_non_null(strstr(text, "images/s\033[K\r\r\033[J|\naccuracy"));
	draw_all((struct progress_wanted){.epochs = 3, .no_live = true}, 24, text, sizeof text);
	assert_non_null(strstr(text, "images/s\033[K\r\r\033[J|\naccuracy"));
	draw_all((struct progress_wanted){.epochs = 3, .no_color = true}, 24, text, sizeof text);
	assert_memory_equal(text, "|\naccuracy", 10);
	setenv("TERM", "dumb", 1);
	draw_all(all, 24, text, sizeof text);
	assert_memory_equal(text, "|\naccuracy", 10);
	setenv("TERM", "xterm", 1);
	draw_all((struct progress_wanted){.epochs = 3, .quiet = true}, 24, text, sizeof text);
	assert_string_equal(text, "|$");
}

/* Means since the epoch began become what came since the last state. */
static void the_curve_is_of_what_came_since(void **state)
{
	struct train_progress now = {.epoch = 1,
								 .epochs = 2,
								 .seen = 100,
								 .total = 200,
								 .left = 300,
								 .loss = 2,
								 .accuracy = 0.25};
	struct progress progress;
	FILE *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	if (user < 0)
		skip();
	progress_open(&progress, terminal, (struct progress_wanted){.epochs = 2, .no_color = true});
	progress_draw(&progress, &now);
	now.seen = 200;
	now.left = 200;
	now.loss = 1.25; /* 100 × 2 + 100 × 0.5 */
	now.accuracy = 0.5;
	progress_draw(&progress, &now);
	now = (struct train_progress){.epoch = 2,
								  .epochs = 2,
								  .seen = 100,
								  .total = 200,
								  .left = 100,
								  .loss = 0.125,
								  .accuracy = 1};
	progress_draw(&progress, &now);
	const struct chart_slot *slots = progress.chart.training;
	assert_true(slots[CHART_SLOTS / 4 - 1].loss == 2 && slots[CHART_SLOTS / 4 - 1].weight == 100);
	assert_true(slots[CHART_SLOTS / 2 - 1].loss == 0.5);
	assert_true(slots[CHART_SLOTS / 2 - 1].accuracy == 0.75);
	assert_true(slots[CHART_SLOTS * 3 / 4 - 1].loss == 0.125);
	fclose(terminal);
	close(user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_the_width),
		cmocka_unit_test(leaves_out_from_the_end),
		cmocka_unit_test(begins_and_ends),
		cmocka_unit_test(only_a_terminal_is_drawn_on),
		cmocka_unit_test(the_bar_follows_the_width),
		cmocka_unit_test(curves_grow_where_they_are_wanted),
		cmocka_unit_test(the_curve_is_of_what_came_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
