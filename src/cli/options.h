/* Tables of options, from which both the parser and the help are made.
 *
 * Options may stand anywhere on the line, as `--name value` or `--name=value`; `--` ends them, a
 * lone `-` is an operand, and the last of a repeated option wins. -h and --help are in every table
 * unseen. Names are never abbreviated, so that a script cannot break when options are added. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/field.h"

#define OPTION_HELP 400 /* bytes of the longest explanation, and the name of the longest option */
#define OPTION_NAME 32

/* Rows that stand together in the help, each an option: the field "val_split" is --val-split. A table
 * of options is groups, ended by one without rows. */
struct option_group {
	const struct field *fields;
	size_t offset; /* of the fields' struct in the one that all of the command's options fill in */
	const char *title; /* the heading in help; NULL: none but that of the group before */
	/* Of bools, one for each row, in the command's struct: set where the option came; 0: none. */
	size_t given;
	/* What help says of a row, in `text`; NULL: the row's own. */
	const char *(*help)(const struct field *field, char text[OPTION_HELP]);
};

/* Fill in `values` from the arguments. The operands are moved to the front of argv and counted.
 * *help is set where -h or --help came, and then nothing after it was looked at. */
int options_parse(const struct option_group *groups, int argc, char **argv, void *values,
				  int *operand_count, bool *help, struct error *error);

/* The options, one or more lines each, in their groups, with the defaults that `values` holds. */
void options_help(FILE *out, const struct option_group *groups, const void *values);

/* The row whose option has that name, or NULL. `length` bytes of name count. */
const struct field *options_find(const struct option_group *groups, const char *name,
								 size_t length);

/* The option's name for a row's, "val-split" for "val_split". Returns `text`. */
const char *options_name(const char *name, char text[OPTION_NAME]);

/* The option's short form, or 0. */
char options_letter(const struct field *field);

/* The one of the NULL-ended words that `word` was probably meant to be, or NULL: the first that
 * begins with it, or one that is nearly the same. */
const char *options_nearest(const char *word, const char *const *words);

#endif
