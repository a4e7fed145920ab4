/* What is at the other end of a stream, and the clock. The only file that asks the system. */
#define _POSIX_C_SOURCE 200809L

#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"

#define WIDTH_DEFAULT 80
#define HEIGHT_DEFAULT 24
#define SIZE_LIMIT 10000 /* more is not believed */

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

/* Is it "UTF-8", "utf8" or alike, perhaps with a modifier such as @euro behind it? */
static bool is_utf8(const char *codeset)
{
	char plain[8] = "";
	size_t length = 0;

	for (; *codeset && *codeset != '@' && length < sizeof plain - 1; codeset++)
		if (*codeset != '-')
			plain[length++] = (char)(*codeset | 0x20); /* letters small, figures as they are */
	return !strcmp(plain, "utf8");
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

/* The size that the terminal tells, else that of the environment variable `name`. */
static int choose_size(int told, const char *name, int standard)
{
	const char *text = getenv(name);
	uint64_t size = (uint64_t)told;

	if (!told && text && number_whole(text, "", 1, SIZE_LIMIT, &size))
		return standard;
	return size > 0 && size <= SIZE_LIMIT ? (int)size : standard;
}

int terminal_width(FILE *stream)
{
	int width = 0;

#ifdef TIOCGWINSZ
	struct winsize size;
	if (!ioctl(fileno(stream), TIOCGWINSZ, &size))
		width = size.ws_col;
#else
	(void)stream;
#endif
	return choose_size(width, "COLUMNS", WIDTH_DEFAULT);
}

int terminal_height(FILE *stream)
{
	int height = 0;

#ifdef TIOCGWINSZ
	struct winsize size;
	if (!ioctl(fileno(stream), TIOCGWINSZ, &size))
		height = size.ws_row;
#else
	(void)stream;
#endif
	return choose_size(height, "LINES", HEIGHT_DEFAULT);
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
