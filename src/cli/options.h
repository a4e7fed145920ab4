/* One table of options, from which both the parser and the help are made.
 *
 * Options may stand anywhere on the line, as `--name value` or `--name=value`; `--` ends them, a
 * lone `-` is an operand, and the last of a repeated option wins. -h and --help are in every table
 * unseen. Names are never abbreviated, so that a script cannot break when options are added. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* What the value is, in the struct that the options of a command fill in. */
enum option_type {
	OPTION_FLAG,    /* bool, set to true */
	OPTION_INT,     /* int, in least … most */
	OPTION_SIZE,    /* size_t, alike */
	OPTION_UINT64,  /* uint64_t, alike */
	OPTION_FLOAT,   /* float, in min … max */
	OPTION_DOUBLE,  /* double, alike */
	OPTION_TEXT,    /* const char *, borrowed from the command line; never empty */
	OPTION_AUGMENT, /* struct augment, from its list */
	OPTION_CHOICE,  /* int: which of the words of `argument`, counted from 0 */
};

struct option {
	const char *name; /* without the dashes; NULL ends a table */
	char letter;      /* the short form, or 0 */
	enum option_type type;
	const char *argument; /* as help shows it; of a choice its words: "test|train|val" */
	size_t offset;        /* of the value in the struct */
	size_t given;         /* of a bool that is set where the option came; 0, or a flag: none */
	uint64_t least, most;
	double min, max;
	bool above_min, below_max; /* the bound itself is refused */
	const char *help;          /* ASCII; the default is added from the struct */
	const char *group;         /* the heading that help puts above it; NULL: as the row before */
};

/* Fill in `values` from the arguments. The operands are moved to the front of argv and counted.
 * *help is set where -h or --help came, and then nothing after it was looked at. */
int options_parse(const struct option *options, int argc, char **argv, void *values,
				  int *operand_count, bool *help, struct error *error);

/* The options, one or more lines each, in their groups, with the defaults that `values` holds. */
void options_help(FILE *out, const struct option *options, const void *values);

/* The option of that name in a table, or NULL. `length` bytes of name count. */
const struct option *options_find(const struct option *options, const char *name, size_t length);

/* The one of the NULL-ended words that `word` was probably meant to be, or NULL: the first that
 * begins with it, or one that is nearly the same. */
const char *options_nearest(const char *word, const char *const *words);

#endif
