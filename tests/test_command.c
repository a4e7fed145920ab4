/* The commands' tables of options, as the parser of the line relies on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"

/* Before it is known which command is meant, it must be known which options have values. */
static void options_take_values_in_all_commands_or_in_none(void **state)
{
	(void)state;
	for (const struct command *const *a = commands; *a; a++)
		for (const struct command *const *b = commands; b < a; b++)
			for (const struct option *o = (*a)->options; o->name; o++) {
				const struct option *other = options_find((*b)->options, o->name, strlen(o->name));
				if (other && (other->type == OPTION_FLAG) != (o->type == OPTION_FLAG))
					fail_msg("--%s is a flag in only one of %s and %s", o->name, (*a)->name,
							 (*b)->name);
			}
}

static void short_options_are_flags(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++)
		for (const struct option *o = (*c)->options; o->name; o++)
			if (o->letter)
				assert_int_equal(o->type, OPTION_FLAG);
}

static void every_command_can_be_quiet(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++)
		if ((*c)->options->name) {
			assert_non_null(options_find((*c)->options, "quiet", 5));
			assert_non_null(options_find((*c)->options, "no-color", 8));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_take_values_in_all_commands_or_in_none),
		cmocka_unit_test(short_options_are_flags),
		cmocka_unit_test(every_command_can_be_quiet),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
