/* Recipes: named sets of options for train. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include <stdio.h>

#include "base/error.h"
#include "cli/options.h"

struct recipe {
	const char *name;
	const char *purpose;      /* the use it is for, and what else there is to know */
	const char *const *words; /* its options and their values, ended by NULL */
	const char *measured;     /* accuracy over seeds, and time; NULL where it was not measured */
};

extern const struct recipe recipes[]; /* ended by one without a name; the first is the default */

/* The words that --recipe takes: "list", then the names; NULL behind the last. */
const char *recipe_word(int index);

/* Set the values that the recipe's words stand for. Fails where there is no such recipe. */
int recipe_apply(const char *name, const struct option_section *options, void *values,
				 struct error *error);

/* The recipe that the last --recipe on the line names; NULL where there is none, or where the line
 * asks for help. */
const char *recipe_named(int argc, char *const *argv);

/* Print all recipes, each with its options as they can be typed. */
void recipe_list(FILE *out);

#endif
