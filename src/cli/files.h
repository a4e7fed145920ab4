/* The files that a command line names: none may be overwritten by accident, or in vain. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/* An option or operand that names a file. Arrays of them are ended by one without an option. */
struct file_option {
	const char *option; /* "--model"; "FILE" for an operand */
	const char *path;   /* NULL: it is not on the line */
	bool is_output;
};

/* Refuse an output that is the same file as one before it. */
int files_check_distinct(const struct file_option *files, struct error *error);

/* Refuse outputs that cannot be written. */
int files_check_outputs(const struct file_option *files, struct error *error);

/* The stream for the report: an output that is written to standard output has that to itself, and
 * the report goes to standard error or, with `quiet`, nowhere: NULL. */
FILE *files_report_stream(const struct file_option *files, bool quiet);

#endif
