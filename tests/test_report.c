/* Names of files in lines of text, and what of them a terminal gets to see. */
#define _XOPEN_SOURCE 700

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/progress.h"
#include "cli/report.h"

/* A terminal: what is written to *stream is read from the descriptor that is returned, or -1. */
static int open_terminal(FILE **stream)
{
	struct termios raw;
	int user = posix_openpt(O_RDWR | O_NOCTTY);

	if (user < 0 || grantpt(user) || unlockpt(user))
		return -1;
	*stream = fopen(ptsname(user), "w");
	if (!*stream || tcgetattr(fileno(*stream), &raw))
		return -1;
	raw.c_oflag &= ~(tcflag_t)OPOST;
	return tcsetattr(fileno(*stream), TCSANOW, &raw) ? -1 : user;
}

static void assert_arrives(int user, FILE *stream, const char *expected)
{
	char text[1000];

	fflush(stream);
	ssize_t length = read(user, text, sizeof text - 1);
	assert_true(length >= 0);
	text[length] = '\0';
	assert_string_equal(text, expected);
}

static void names_are_escaped(void **state)
{
	static const struct {
		const char *name, *in_file, *on_terminal;
	} cases[] = {
		{"samples/7.pgm", "samples/7.pgm", "samples/7.pgm"},
		{"a\nb\\c\rd", "a\\nb\\\\c\\rd", "a\\nb\\\\c\\rd"},
		{"\033[31mred\x7f", "\033[31mred\x7f", "?[31mred?"},
		{"\xc2\x9b" "31m", "\xc2\x9b" "31m", "?31m"},
		{"Übung …", "Übung …", "Übung …"},
		{"ends in \xc2", "ends in \xc2", "ends in \xc2"},
	};
	FILE *file = tmpfile(), *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	assert_non_null(file);
	if (user < 0)
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[100] = "";

		rewind(file);
		report_name(file, cases[i].name);
		fputc('\0', file);
		rewind(file);
		assert_true(fread(text, 1, sizeof text, file) > 0);
		assert_string_equal(text, cases[i].in_file);
		report_name(terminal, cases[i].name);
		assert_arrives(user, terminal, cases[i].on_terminal);
	}
	fclose(file);
	fclose(terminal);
	close(user);
}

/* What a narrower terminal made of the last line is erased, lines below included. */
static void the_bar_follows_the_width(void **state)
{
	const struct train_progress end = {.epoch = 1, .epochs = 1, .seen = 1, .total = 1};
	struct winsize size = {.ws_row = 24, .ws_col = 30};
	struct progress progress;
	FILE *terminal;
	int user = open_terminal(&terminal);

	(void)state;
	if (user < 0)
		skip();
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	progress_open(&progress, terminal, true);
	assert_int_equal(ioctl(user, TIOCSWINSZ, &size), 0);
	progress_draw(&progress, &end);
	assert_arrives(user, terminal, "\repoch 1/1 [=============]100%\033[K\r");
	size.ws_col = 10;
	assert_int_equal(ioctl(user, TIOCSWINSZ, &size), 0);
	progress_draw(&progress, &end);
	assert_arrives(user, terminal, "\r\033[Jepoch 1/1\033[K\r");
	progress_clear(&progress);
	assert_arrives(user, terminal, "\r\033[J");
	fclose(terminal);
	close(user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(the_bar_follows_the_width),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
