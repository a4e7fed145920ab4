/* Errors are values: a function that can fail returns 0 or -1 and leaves one line here. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/* The message, which ends with NUL. One that is longer, as a list of long paths can be, has lost
 * its middle, where "…" stands. */
struct error {
	char text[1024];
	bool is_scarcity;   /* the computer lacks memory or threads, and nobody's input is wrong */
	const char *advice; /* lines that are printed below it, as they are; or NULL */
};

#if defined(__GNUC__)
#define ERROR_PRINTF __attribute__((format(printf, 2, 3)))
#else
#define ERROR_PRINTF
#endif

/* Set the message, without advice. Returns -1, so that a caller can `return error_set(...)`. */
int error_set(struct error *error, const char *format, ...) ERROR_PRINTF;

/* Set the message of an error that is a scarcity. Returns -1. */
int error_scarce(struct error *error, const char *format, ...) ERROR_PRINTF;

/* Put a prefix, usually a file's name, and ": " in front of the message. Returns -1. */
int error_prefix(struct error *error, const char *format, ...) ERROR_PRINTF;

/* Put more behind the message, such as "; see --help". Returns -1. */
int error_append(struct error *error, const char *format, ...) ERROR_PRINTF;

#endif
