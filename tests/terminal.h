/* A terminal for tests: what is written to it can be read, byte by byte. */
#ifndef TESTS_TERMINAL_H
#define TESTS_TERMINAL_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

/* What is written to *stream is read from the descriptor that is returned, or -1. */
static inline int open_terminal(FILE **stream)
{
	struct termios raw;
	int user = posix_openpt(O_RDWR | O_NOCTTY);

	*stream = NULL;
	if (user < 0 || grantpt(user) || unlockpt(user))
		return -1;
	*stream = fopen(ptsname(user), "w");
	if (!*stream || tcgetattr(fileno(*stream), &raw))
		return -1;
	raw.c_oflag &= ~(tcflag_t)OPOST;
	return tcsetattr(fileno(*stream), TCSANOW, &raw) ? -1 : user;
}

/* Its size; 0 where that fails. */
static inline int resize_terminal(int user, int columns, int lines)
{
	struct winsize size = {.ws_row = (unsigned short)lines, .ws_col = (unsigned short)columns};

	return ioctl(user, TIOCSWINSZ, &size);
}

static inline void assert_arrives(int user, FILE *stream, const char *expected)
{
	char text[1000];

	fflush(stream);
	ssize_t length = read(user, text, sizeof text - 1);
	assert_true(length >= 0);
	text[length] = '\0';
	assert_string_equal(text, expected);
}

#endif
