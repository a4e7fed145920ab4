/* Options from tables: parsed strictly, explained from the same rows, with hints for misspelt
 * ones. */
#include "cli/options.h"

#include <assert.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"

#define HELP_COLUMN 26 /* where the explanations begin */
#define HELP_WIDTH 80
#define MOST_OPTIONS 64
#define LONGEST_WORD 64 /* bytes of an unknown option that are shown */

static const struct field help_field = {
	.name = "help", .type = FIELD_FLAG, .help = "print this help"};

/* An option's row, and the group in which it stands. */
struct place {
	const struct option_group *group;
	const struct field *field;
};

const char *options_name(const char *name, char text[OPTION_NAME])
{
	size_t i = 0;

	for (; name[i]; i++) {
		assert(i < OPTION_NAME - 1);
		text[i] = name[i] == '_' ? '-' : name[i];
	}
	text[i] = '\0';
	return text;
}

char options_letter(const struct field *field)
{
	return !strcmp(field->name, "quiet") || !strcmp(field->name, "help") ? *field->name : 0;
}

static struct place find(const struct option_group *groups, const char *name, size_t length)
{
	char own[OPTION_NAME];

	for (const struct option_group *group = groups; group->fields; group++)
		for (const struct field *field = group->fields; field->name; field++)
			if (strlen(field->name) == length &&
				!memcmp(options_name(field->name, own), name, length))
				return (struct place){group, field};
	if (strlen(help_field.name) == length && !memcmp(help_field.name, name, length))
		return (struct place){NULL, &help_field};
	return (struct place){NULL, NULL};
}

const struct field *options_find(const struct option_group *groups, const char *name, size_t length)
{
	return find(groups, name, length).field;
}

const char *options_nearest(const char *word, const char *const *words)
{
	size_t length = strlen(word);

	for (size_t i = 0; length > 1 && words[i]; i++)
		if (!strncmp(word, words[i], length))
			return words[i];
	return nearest_word(word, words);
}

/* `name` has `length` bytes and stands behind the dashes. */
static void unknown_option(const struct option_group *groups, const char *dashes, const char *name,
						   size_t length, struct error *error)
{
	const char *names[MOST_OPTIONS + 2] = {help_field.name};
	char word[LONGEST_WORD + 1], texts[MOST_OPTIONS][OPTION_NAME];
	int count = 0;

	for (const struct option_group *group = groups; group->fields; group++)
		for (const struct field *field = group->fields; field->name; field++) {
			assert(count < MOST_OPTIONS);
			names[count + 1] = options_name(field->name, texts[count]);
			count++;
		}
	snprintf(word, sizeof word, "%.*s", (int)length, name);
	const char *nearest = options_nearest(word, names);
	error_set(error, nearest ? "unknown option %s%s; did you mean --%s?" : "unknown option %s%s",
			  dashes, word, nearest);
}

/* Find the option that `argument` names, which begins with a dash. *value is the text behind its
 * "=", or NULL. */
static struct place look_up(const struct option_group *groups, const char *argument,
							const char **value, struct error *error)
{
	size_t dashes = argument[1] == '-' ? 2 : 1;
	const char *name = argument + dashes;
	size_t length = strcspn(name, "=");
	struct place option = {NULL, NULL};

	*value = name[length] ? name + length + 1 : NULL;
	if (dashes == 2)
		option = find(groups, name, length);
	else if (length == 1 && (*name == 'q' || *name == 'h'))
		option = *name == 'q' ? find(groups, "quiet", 5) : find(groups, "help", 4);
	if (!option.field)
		unknown_option(groups, dashes == 1 ? "-" : "--", name, length, error);
	return option;
}

static const char *argument_of(const struct field *field, char text[FIELD_TEXT_SIZE])
{
	return field->type == FIELD_CHOICE ? field_words(field, text) : field->argument;
}

/* Set an option to its value, which is NULL where the line has none. */
static int set(struct place option, const char *value, void *values, struct error *error)
{
	const struct field *field = option.field;
	const struct option_group *group = option.group;
	char name[OPTION_NAME], argument[FIELD_TEXT_SIZE];

	options_name(field->name, name);
	if (field->type == FIELD_FLAG && value)
		return error_set(error, "--%s takes no value", name);
	if (field == &help_field)
		return 0;
	char *place = (char *)values + group->offset;
	if (field->type == FIELD_FLAG) {
		*(bool *)(place + field->offset) = true;
		return 0;
	}
	if (!value)
		return error_set(error, "--%s needs a value: --%s %s", name, name,
						 argument_of(field, argument));
	if (!*value)
		return error_set(error, "--%s: the value is empty", name);
	if (field_parse(field, value, place, error))
		return error_prefix(error, "--%s", name);
	if (group->given)
		((bool *)((char *)values + group->given))[field - group->fields] = true;
	return 0;
}

int options_parse(const struct option_group *groups, int argc, char **argv, void *values,
				  int *operand_count, bool *help, struct error *error)
{
	bool ended = false;

	*operand_count = 0;
	*help = false;
	for (int i = 0; i < argc && !*help; i++) {
		if (ended || argv[i][0] != '-' || !argv[i][1]) {
			argv[(*operand_count)++] = argv[i];
			continue;
		}
		if (!strcmp(argv[i], "--")) {
			ended = true;
			continue;
		}
		const char *value;
		const struct place option = look_up(groups, argv[i], &value, error);
		if (!option.field)
			return -1;
		/* The next option is no value: in `--model --quiet` the file is missing. */
		if (option.field->type != FIELD_FLAG && !value && i + 1 < argc &&
			strncmp(argv[i + 1], "--", 2))
			value = argv[++i];
		if (set(option, value, values, error))
			return -1;
		*help = option.field == &help_field;
	}
	return 0;
}

static void print_option(FILE *out, const struct option_group *group, const struct field *field,
						 const void *values)
{
	char name[OPTION_NAME], argument[FIELD_TEXT_SIZE], standard[FIELD_TEXT_SIZE];
	char help[OPTION_HELP], text[OPTION_HELP + FIELD_TEXT_SIZE];
	const char *said = NULL; /* the default */
	const char letter = options_letter(field);
	int column = letter ? fprintf(out, "  -%c, --%s", letter, options_name(field->name, name))
						: fprintf(out, "      --%s", options_name(field->name, name));

	if (field->type != FIELD_FLAG) {
		column += fprintf(out, " %s", argument_of(field, argument));
		said = field_print(field, (const char *)values + group->offset, standard);
		if (said && field->optional && !strcmp(said, "0"))
			said = NULL;
	}
	snprintf(text, sizeof text, said ? "%s (default %s)" : "%s",
			 group->help ? group->help(field, help) : field->help, said);
	if (column >= HELP_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	wrapper_paragraph(&(struct wrapper){out, HELP_COLUMN, HELP_WIDTH, "", column}, text);
}

void options_help(FILE *out, const struct option_group *groups, const void *values)
{
	static const struct option_group own = {.fields = NULL};

	for (const struct option_group *group = groups; group->fields; group++) {
		if (group == groups || group->title)
			fprintf(out, "%s%s:\n", group > groups ? "\n" : "",
					group->title ? group->title : "Options");
		for (const struct field *field = group->fields; field->name; field++)
			print_option(out, group, field, values);
	}
	print_option(out, &own, &help_field, values);
}
