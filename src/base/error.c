/* Messages are put together here and printed by room cli alone. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LONGEST 8192 /* bytes of a message before it is cut: two paths of 4096 */
#define ELLIPSIS "…"

/* Copy the text. One that is too long loses its middle, which is a part of a path: the reason
 * stands at its end. */
static int keep(struct error *error, const char *text)
{
	const size_t room = sizeof error->text - 1, gap = strlen(ELLIPSIS);
	size_t length = strlen(text), head = room / 3;

	if (length <= room) {
		memcpy(error->text, text, length + 1);
		return -1;
	}
	const char *tail = text + length - (room - gap - head);
	while (head > 0 && text_continues(text[head]))
		head--;
	while (text_continues(*tail))
		tail++;
	snprintf(error->text, sizeof error->text, "%.*s" ELLIPSIS "%s", (int)head, text, tail);
	return -1;
}

static int set(struct error *error, bool is_scarcity, const char *format, va_list arguments)
{
	char text[LONGEST];

	vsnprintf(text, sizeof text, format, arguments);
	error->is_scarcity = is_scarcity;
	error->advice = NULL;
	return keep(error, text);
}

int error_set(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(error, false, format, arguments);
	va_end(arguments);
	return -1;
}

int error_scarce(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(error, true, format, arguments);
	va_end(arguments);
	return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
	char text[LONGEST];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text - sizeof error->text - 2, format, arguments);
	va_end(arguments);
	strcat(text, ": ");
	strcat(text, error->text);
	return keep(error, text);
}

int error_append(struct error *error, const char *format, ...)
{
	char text[LONGEST];
	va_list arguments;

	strcpy(text, error->text);
	va_start(arguments, format);
	vsnprintf(text + strlen(text), sizeof text - strlen(text), format, arguments);
	va_end(arguments);
	return keep(error, text);
}
