/* What is at the other end of a stream, and the clock. The only file that asks the system. */
#define _POSIX_C_SOURCE 200809L

#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80
#define WIDTH_MAX 10000

bool terminal_is(FILE *stream)
{
	return isatty(fileno(stream));
}

bool terminal_is_rich(FILE *stream)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return terminal_is(stream) && term && *term && strcmp(term, "dumb") &&
		   !(no_color && *no_color);
}

int terminal_width(FILE *stream)
{
	long width = 0;

#ifdef TIOCGWINSZ
	struct winsize size;
	if (!ioctl(fileno(stream), TIOCGWINSZ, &size))
		width = size.ws_col;
#else
	(void)stream;
#endif
	const char *columns = getenv("COLUMNS");
	if (width <= 0 && columns)
		width = strtol(columns, NULL, 10);
	if (width <= 0 || width > WIDTH_MAX)
		width = WIDTH_DEFAULT;
	return (int)width;
}

double terminal_seconds(void)
{
	struct timespec now;

#ifdef CLOCK_MONOTONIC
	clock_gettime(CLOCK_MONOTONIC, &now);
#else
	timespec_get(&now, TIME_UTC);
#endif
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
