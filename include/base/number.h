/* Numbers as text: one strict reader, which takes no blanks, no hexadecimal, no "inf" and no "nan",
 * and one printer, whose text is read back as the same number. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum number_fault {
	NUMBER_FINE = 0,
	NUMBER_MALFORMED, /* the text is no number: "", "abc", "0x1p3", " 7" */
	NUMBER_OUTSIDE,   /* the number is not in least … most, or too large for the type */
};

/* Read decimal digits, in front of which may stand one of `signs` ("", "-" or "+-"). With signs
 * "+-" and limits of 1 … 100, "+007" is 7, "3.0" is malformed, and "-5", "101" and
 * "18446744073709551616" are outside. *value is written only where the number is fine. */
enum number_fault number_whole(const char *text, const char *signs, uint64_t least, uint64_t most,
							   uint64_t *value);

/* Read a decimal fraction. Beside digits the text may have the characters of `marks`, as far as
 * they make a number: with "-." that is "-0.5" or ".5", with "+-.eE" also "+5" or "1e-3". "-0"
 * gives 0. */
enum number_fault number_real(const char *text, const char *marks, double least, double most,
							  double *value);

#define NUMBER_TEXT 32

/* The shortest text that number_real reads as the same double or, of a float, that becomes the same
 * float again. Whole numbers below 1e9 have no exponent: "300000000", "0.1", "1e-05". Returns
 * `text`. */
const char *number_text(double value, bool is_float, char text[NUMBER_TEXT]);

#endif
