/* The system knows whether a stream is a terminal and how large; the environment knows the rest. */
#define _POSIX_C_SOURCE 200809L

#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"

#define WIDTH_DEFAULT 80
#define HEIGHT_DEFAULT 24
#define SIZE_LIMIT 10000 /* a larger size is not believed */

bool terminal_is(FILE *stream)
{
	return isatty(fileno(stream));
}

bool terminal_is_rich(FILE *stream)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return terminal_is(stream) && term && *term && strcmp(term, "dumb") && !(no_color && *no_color);
}

/* True for "UTF-8" or "utf8", also with a modifier such as @euro behind it. */
static bool is_utf8(const char *codeset)
{
	const size_t length = strcspn(codeset, "@");

	return (length == 5 && !strncasecmp(codeset, "utf-8", length)) ||
		   (length == 4 && !strncasecmp(codeset, "utf8", length));
}

bool terminal_is_utf8(FILE *stream)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *locale = NULL;

	for (int i = 0; i < 3 && !(locale && *locale); i++)
		locale = getenv(names[i]);
	const char *codeset = locale ? strchr(locale, '.') : NULL;
	return terminal_is(stream) && codeset && is_utf8(codeset + 1);
}

/* Columns, or lines: as the system tells them, else the environment, else the standard. */
static int size_of(FILE *stream, bool is_width)
{
	const char *text = getenv(is_width ? "COLUMNS" : "LINES");
	uint64_t size = 0;

#ifdef TIOCGWINSZ
	struct winsize told;

	if (!ioctl(fileno(stream), TIOCGWINSZ, &told))
		size = is_width ? told.ws_col : told.ws_row;
#else
	(void)stream;
#endif
	if (!size && text)
		number_whole(text, "", 1, SIZE_LIMIT, &size);
	return size > 0 && size <= SIZE_LIMIT ? (int)size : is_width ? WIDTH_DEFAULT : HEIGHT_DEFAULT;
}

int terminal_width(FILE *stream)
{
	return size_of(stream, true);
}

int terminal_height(FILE *stream)
{
	return size_of(stream, false);
}
