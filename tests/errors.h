/* Assertions about error messages. Include after cmocka.h. */
#ifndef TESTS_ERRORS_H
#define TESTS_ERRORS_H

#include <string.h>

#include "base/error.h"

/* Fail unless `text` is a part of the message. */
static inline void assert_error_has(const struct error *error, const char *text)
{
	if (!strstr(error->text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, error->text);
}

#endif
