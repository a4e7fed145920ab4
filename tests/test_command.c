/* The commands' tables of options, as the parser of the line relies on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"

/* Call a function for each option of a command. */
static void for_each(const struct command *command,
					 void (*look)(const struct command *command, const struct field *field))
{
	for (const struct option_section *section = command->options; section->fields; section++)
		for (const struct field *field = section->fields; field->name; field++)
			look(command, field);
}

static void look_at_others(const struct command *command, const struct field *field)
{
	char name[OPTION_NAME];

	options_name(field->name, name);
	for (const struct command *const *c = commands; *c; c++) {
		const struct field *other = options_find((*c)->options, name, strlen(name));
		if (other && (other->type == FIELD_FLAG) != (field->type == FIELD_FLAG))
			fail_msg("--%s is a flag in only one of %s and %s", name, command->name, (*c)->name);
	}
}

/* Before it is known which command is meant, it must be known which options have values. */
static void options_take_values_in_all_commands_or_in_none(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++)
		for_each(*c, look_at_others);
}

static void look_at_letter(const struct command *command, const struct field *field)
{
	(void)command;
	if (options_letter(field))
		assert_int_equal(field->type, FIELD_FLAG);
}

static void short_options_are_flags(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++)
		for_each(*c, look_at_letter);
}

static void every_command_can_be_quiet(void **state)
{
	(void)state;
	for (const struct command *const *c = commands; *c; c++)
		if ((*c)->options->fields) {
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
