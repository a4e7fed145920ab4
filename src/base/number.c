/* The C library reads and prints; the rules here say which texts it is given. It follows the
 * locale, which the program leaves at "C", so that the decimal point is a point. */
#include "base/number.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

enum number_fault number_whole(const char *text, const char *signs, uint64_t least, uint64_t most,
							   uint64_t *value)
{
	const char *digits = text + (*text && strchr(signs, *text));

	if (!*digits || digits[strspn(digits, DIGITS)])
		return NUMBER_MALFORMED;
	errno = 0;
	const uint64_t number = strtoull(digits, NULL, 10);
	if (errno || (*text == '-' && number) || number < least || number > most)
		return NUMBER_OUTSIDE;
	*value = number;
	return NUMBER_FINE;
}

enum number_fault number_real(const char *text, const char *marks, double least, double most,
							  double *value)
{
	for (const char *c = text; *c; c++)
		if (!strchr(DIGITS, *c) && !strchr(marks, *c))
			return NUMBER_MALFORMED;
	char *end;
	const double number = strtod(text, &end);
	if (end == text || *end)
		return NUMBER_MALFORMED;
	if (!isfinite(number) || number < least || number > most)
		return NUMBER_OUTSIDE;
	*value = number == 0 ? 0 : number; /* -0 equals 0, too */
	return NUMBER_FINE;
}

const char *number_text(double value, bool is_float, char text[NUMBER_TEXT])
{
	if (fabs(value) < 1e9 && value == floor(value)) {
		snprintf(text, NUMBER_TEXT, "%.0f", value);
		return text;
	}
	for (int digits = 1; digits <= DBL_DECIMAL_DIG; digits++) {
		snprintf(text, NUMBER_TEXT, "%.*g", digits, value);
		const double back = strtod(text, NULL);
		if (back == value || (is_float && (float)back == (float)value))
			break;
	}
	return text;
}
