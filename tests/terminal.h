/* A pseudo-terminal: a program's output that goes to a terminal, read byte by byte. */
#ifndef TESTS_TERMINAL_H
#define TESTS_TERMINAL_H

#include <fcntl.h>
#include <poll.h>
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

/* Open one: all that is written to *stream can be read from the descriptor that is returned; -1 on
 * error. */
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

/* Set its size. Returns 0, or -1 on error. */
static inline int resize_terminal(int user, int columns, int lines)
{
	struct winsize size = {.ws_row = (unsigned short)lines, .ws_col = (unsigned short)columns};

	return ioctl(user, TIOCSWINSZ, &size);
}

/* text = all that has arrived, as soon as it ends with `end` or nothing comes for a second. */
static inline void read_terminal(int user, FILE *stream, const char *end, char *text,
								 size_t capacity)
{
	struct pollfd ready = {.fd = user, .events = POLLIN};
	const size_t length = strlen(end);
	size_t used = 0;

	fflush(stream);
	while (used < capacity - 1 && (used < length || memcmp(text + used - length, end, length)) &&
		   poll(&ready, 1, 1000) > 0) {
		ssize_t count = read(user, text + used, capacity - 1 - used);
		assert_true(count > 0);
		used += (size_t)count;
	}
	text[used] = '\0';
}

static inline void assert_arrives(int user, FILE *stream, const char *expected)
{
	char text[1000];

	read_terminal(user, stream, expected, text, sizeof text);
	assert_string_equal(text, expected);
}

#endif
