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

/* Those that "-" stands for where a file is named. */
#define STREAM_INPUT "/dev/stdin"
#define STREAM_OUTPUT "/dev/stdout"

#define OPTION_HELP 400 /* bytes of the longest explanation */
#define OPTION_NAME 32  /* and of the longest name */

/* Rows that stand together in the help. Each is an option: the field "val_split" is --val-split. A
 * table of options consists of sections; one without rows ends it. */
struct option_section {
	const struct field *fields;
	size_t offset; /* of the struct that the rows are for, in that of all the command's values */
	const char *title; /* the heading in help; NULL: that of the section before goes on */
	/* Offset of an array of bools in the command's values, one for each row, which is set where the
	 * option was on the line; 0: there is none. options_given reads it. */
	size_t given;
	/* Writes to `text` what help says of a row; NULL: that is the row's own help. */
	const char *(*help)(const struct field *field, char text[OPTION_HELP]);
};

/* Fill in `values` from the arguments. The operands are moved to the front of argv and counted.
 * *help is set where -h or --help was on the line; the arguments behind it are not looked at. */
int options_parse(const struct option_section *sections, int argc, char **argv, void *values,
				  int *operand_count, bool *help, struct error *error);

/* True where an option, such as "val-split", was on the line of these values. Its section has a
 * `given`. */
bool options_given(const struct option_section *sections, const void *values, const char *name);

/* Write what help says of a row: its explanation, and its default, which is in `values`. Returns
 * `text`. */
#define OPTION_EXPLANATION (OPTION_HELP + FIELD_TEXT_SIZE)
const char *options_explain(const struct option_section *section, const struct field *field,
							const void *values, char text[OPTION_EXPLANATION]);

/* The word that stands for a row's value in help: "FILE", "adam|sgd". Returns `text` or one that
 * lasts. */
const char *options_argument(const struct field *field, char text[FIELD_TEXT_SIZE]);

/* Print the options, one or more lines each, in their sections and with their defaults, which are
 * in `values`. */
void options_help(FILE *out, const struct option_section *sections, const void *values);

/* The row of the option with that name, of which `length` bytes count; NULL: there is none. */
const struct field *options_find(const struct option_section *sections, const char *name,
								 size_t length);

/* Write the name of a row's option: "val-split" for "val_split". Returns `text`. */
const char *options_name(const char *name, char text[OPTION_NAME]);

/* The option's short form, 'q' of --quiet and 'h' of --help; or 0. */
char options_letter(const struct field *field);

/* The word that was probably meant, of words that NULL ends: the first that begins with `word`, or
 * one that is nearly the same. NULL: there is none. */
const char *options_nearest(const char *word, const char *const *words);

#endif
