/* Errors are values: a function that can fail returns 0 or -1 and leaves one line here. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/* Long enough for the longest list of paths that were tried; a longer text is cut in its middle. */
struct error {
	char text[1024];
};

#if defined(__GNUC__)
#define ERROR_PRINTF __attribute__((format(printf, 2, 3)))
#else
#define ERROR_PRINTF
#endif

/* Write the message. Returns -1, so that a caller can `return error_set(...)`. */
int error_set(struct error *error, const char *format, ...) ERROR_PRINTF;

/* Put "<prefix>: " in front of the message, usually the file's name. Returns -1. */
int error_prefix(struct error *error, const char *format, ...) ERROR_PRINTF;

#endif
