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

/* An option's row, and the section in which it stands. */
struct row {
	const struct option_section *section;
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

static struct row find(const struct option_section *sections, const char *name, size_t length)
{
	char own[OPTION_NAME];

	for (const struct option_section *section = sections; section->fields; section++)
		for (const struct field *field = section->fields; field->name; field++)
			if (strlen(field->name) == length &&
				!memcmp(options_name(field->name, own), name, length))
				return (struct row){section, field};
	if (strlen(help_field.name) == length && !memcmp(help_field.name, name, length))
		return (struct row){NULL, &help_field};
	return (struct row){NULL, NULL};
}

const struct field *options_find(const struct option_section *sections, const char *name,
								 size_t length)
{
	return find(sections, name, length).field;
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
static void unknown_option(const struct option_section *sections, const char *dashes,
						   const char *name, size_t length, struct error *error)
{
	const char *names[MOST_OPTIONS + 2] = {help_field.name};
	char word[LONGEST_WORD + 1], texts[MOST_OPTIONS][OPTION_NAME];
	int count = 0;

	for (const struct option_section *section = sections; section->fields; section++)
		for (const struct field *field = section->fields; field->name; field++) {
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
static struct row look_up(const struct option_section *sections, const char *argument,
						  const char **value, struct error *error)
{
	size_t dashes = argument[1] == '-' ? 2 : 1;
	const char *name = argument + dashes;
	size_t length = strcspn(name, "=");
	struct row option = {NULL, NULL};

	*value = name[length] ? name + length + 1 : NULL;
	if (dashes == 2)
		option = find(sections, name, length);
	else if (length == 1 && (*name == 'q' || *name == 'h'))
		option = *name == 'q' ? find(sections, "quiet", 5) : find(sections, "help", 4);
	if (!option.field)
		unknown_option(sections, dashes == 1 ? "-" : "--", name, length, error);
	return option;
}

const char *options_argument(const struct field *field, char text[FIELD_TEXT_SIZE])
{
	return field->type == FIELD_CHOICE ? field_words(field, text) : field->argument;
}

/* Set an option to its value, which is NULL where the line has none. */
static int set(struct row option, const char *value, void *values, struct error *error)
{
	const struct field *field = option.field;
	const struct option_section *section = option.section;
	char name[OPTION_NAME], argument[FIELD_TEXT_SIZE];

	options_name(field->name, name);
	if (field->type == FIELD_FLAG && value)
		return error_set(error, "--%s takes no value", name);
	if (field == &help_field)
		return 0;
	char *own = (char *)values + section->offset;
	if (section->given)
		((bool *)((char *)values + section->given))[field - section->fields] = true;
	if (field->type == FIELD_FLAG) {
		*(bool *)(own + field->offset) = true;
		return 0;
	}
	if (!value)
		return error_set(error, "--%s needs a value: --%s %s", name, name,
						 options_argument(field, argument));
	if (!*value)
		return error_set(error, "--%s: the value is empty", name);
	if (field_parse(field, value, own, error))
		return error_prefix(error, "--%s", name);
	return 0;
}

int options_parse(const struct option_section *sections, int argc, char **argv, void *values,
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
		const struct row option = look_up(sections, argv[i], &value, error);
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

bool options_given(const struct option_section *sections, const void *values, const char *name)
{
	const struct row option = find(sections, name, strlen(name));
	const struct option_section *section = option.section;

	assert(section && section->given);
	return ((const bool *)((const char *)values + section->given))[option.field - section->fields];
}

const char *options_explain(const struct option_section *section, const struct field *field,
							const void *values, char text[OPTION_EXPLANATION])
{
	char standard[FIELD_TEXT_SIZE], help[OPTION_HELP];
	const char *said = NULL; /* the default */

	if (field->type != FIELD_FLAG)
		said = field_print(field, (const char *)values + section->offset, standard);
	if (said && field->optional && !strcmp(said, "0"))
		said = NULL;
	snprintf(text, OPTION_EXPLANATION, said ? "%s (default %s)" : "%s",
			 section->help ? section->help(field, help) : field->help, said);
	return text;
}

static void print_option(FILE *out, const struct option_section *section, const struct field *field,
						 const void *values)
{
	char name[OPTION_NAME], argument[FIELD_TEXT_SIZE], text[OPTION_EXPLANATION];
	const char letter = options_letter(field);
	int column = letter ? fprintf(out, "  -%c, --%s", letter, options_name(field->name, name))
						: fprintf(out, "      --%s", options_name(field->name, name));

	if (field->type != FIELD_FLAG)
		column += fprintf(out, " %s", options_argument(field, argument));
	if (column >= HELP_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	wrapper_paragraph(&(struct wrapper){out, HELP_COLUMN, HELP_WIDTH, "", column},
					  options_explain(section, field, values, text));
}

void options_help(FILE *out, const struct option_section *sections, const void *values)
{
	static const struct option_section own = {.fields = NULL};

	for (const struct option_section *section = sections; section->fields; section++) {
		if (section == sections || section->title)
			fprintf(out, "%s%s:\n", section > sections ? "\n" : "",
					section->title ? section->title : "Options");
		for (const struct field *field = section->fields; field->name; field++)
			print_option(out, section, field, values);
	}
	print_option(out, &own, &help_field, values);
}
