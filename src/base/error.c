/* A message and -1. Nothing below main() prints or exits. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
	struct error old = *error;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	size_t used = strlen(error->text);
	snprintf(error->text + used, sizeof error->text - used, ": %s", old.text);
	return -1;
}
