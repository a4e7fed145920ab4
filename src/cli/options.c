/* Options from a table: parsed strictly, explained from the same rows, with hints for misspelt
 * ones. Numbers have a decimal point whatever the locale: the program never calls setlocale(). */
#include "cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/augment.h"
#include "base/choice.h"
#include "base/nearest.h"
#include "base/text.h"

#define HELP_COLUMN 26 /* where the explanations begin */
#define HELP_WIDTH 80
#define MOST_OPTIONS 64
#define LONGEST_WORD 64 /* of an unknown option, when it is shown */

static const struct option help_option = {
	.name = "help", .letter = 'h', .type = OPTION_FLAG, .help = "print this help"};

const struct option *options_find(const struct option *options, const char *name, size_t length)
{
	for (const struct option *o = options; o->name; o++)
		if (strlen(o->name) == length && !memcmp(o->name, name, length))
			return o;
	return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
	for (const struct option *o = options; o->name; o++)
		if (o->letter == letter)
			return o;
	return letter == help_option.letter ? &help_option : NULL;
}

const char *options_nearest(const char *word, const char *const *words)
{
	size_t length = strlen(word);

	for (size_t i = 0; length > 1 && words[i]; i++)
		if (!strncmp(word, words[i], length))
			return words[i];
	return nearest_word(word, words);
}

/* The option is called by the `length` bytes at `name`, after the dashes. */
static int unknown_option(const struct option *options, const char *dashes, const char *name,
						  size_t length, struct error *error)
{
	const char *names[MOST_OPTIONS + 2] = {help_option.name};
	char word[LONGEST_WORD + 1];

	for (int i = 0; options[i].name && i < MOST_OPTIONS; i++)
		names[i + 1] = options[i].name;
	snprintf(word, sizeof word, "%.*s", (int)(length < LONGEST_WORD ? length : LONGEST_WORD), name);
	const char *nearest = options_nearest(word, names);
	return error_set(error,
					 nearest ? "unknown option %s%s; did you mean --%s?" : "unknown option %s%s",
					 dashes, word, nearest);
}

static int set_whole(const struct option *option, const char *text, void *value,
					 struct error *error)
{
	const char *digits = text + (*text == '-' || *text == '+');
	uint64_t number;

	if (!*digits || digits[strspn(digits, "0123456789")])
		return error_set(error, "--%s: \"%s\" is not a whole number", option->name, text);
	errno = 0;
	number = strtoull(digits, NULL, 10);
	if (errno || (*text == '-' && number) || number < option->least || number > option->most)
		return error_set(error, "--%s: %s is not in %" PRIu64 " … %" PRIu64, option->name, text,
						 option->least, option->most);
	if (option->type == OPTION_INT)
		*(int *)value = (int)number;
	else if (option->type == OPTION_SIZE)
		*(size_t *)value = (size_t)number;
	else
		*(uint64_t *)value = number;
	return 0;
}

static int set_real(const struct option *option, const char *text, void *value, struct error *error)
{
	char *end;
	double number = strtod(text, &end);

	/* strtod would also take blanks, hexadecimal, "inf" and "nan". */
	if (end == text || *end || text[strspn(text, "0123456789.eE+-")])
		return error_set(error, "--%s: \"%s\" is not a number", option->name, text);
	if (number < option->min || number > option->max)
		return error_set(error, "--%s: %s is not in %g … %g", option->name, text, option->min,
						 option->max);
	if (option->type == OPTION_FLOAT)
		number = (double)(float)number; /* which may round onto a bound */
	if (number == 0)
		number = 0; /* not -0 */
	if (option->above_min && number <= option->min)
		return error_set(error, "--%s: %s is not above %g", option->name, text, option->min);
	if (option->below_max && number >= option->max)
		return error_set(error, "--%s: %s is not below %g", option->name, text, option->max);
	if (option->type == OPTION_FLOAT)
		*(float *)value = (float)number;
	else
		*(double *)value = number;
	return 0;
}

static int set_choice(const struct option *option, const char *text, int *value,
					  struct error *error)
{
	int choice = choice_find(option->argument, text);

	if (choice < 0)
		return error_set(error, "--%s: \"%s\" is not one of %s", option->name, text,
						 option->argument);
	*value = choice;
	return 0;
}

static int set_value(const struct option *option, const char *text, void *values,
					 struct error *error)
{
	void *value = (char *)values + option->offset;

	if (!*text)
		return error_set(error, "--%s: the value is empty", option->name);
	switch (option->type) {
	case OPTION_FLAG:
		break;
	case OPTION_INT:
	case OPTION_SIZE:
	case OPTION_UINT64:
		return set_whole(option, text, value, error);
	case OPTION_FLOAT:
	case OPTION_DOUBLE:
		return set_real(option, text, value, error);
	case OPTION_TEXT:
		*(const char **)value = text;
		break;
	case OPTION_AUGMENT:
		if (augment_parse(text, value, error))
			return error_prefix(error, "--%s", option->name);
		break;
	case OPTION_CHOICE:
		return set_choice(option, text, value, error);
	}
	return 0;
}

/* The row that `argument`, which begins with a dash, names. *value is what follows its "=", or
 * NULL. */
static const struct option *look_up(const struct option *options, const char *argument,
									const char **value, struct error *error)
{
	size_t dashes = argument[1] == '-' ? 2 : 1;
	const char *name = argument + dashes;
	size_t length = strcspn(name, "=");
	const struct option *option;

	*value = name[length] ? name + length + 1 : NULL;
	if (dashes == 1)
		option = length == 1 ? find_letter(options, *name) : NULL;
	else if (length == strlen(help_option.name) && !strncmp(name, help_option.name, length))
		option = &help_option;
	else
		option = options_find(options, name, length);
	if (!option)
		unknown_option(options, dashes == 1 ? "-" : "--", name, length, error);
	return option;
}

int options_parse(const struct option *options, int argc, char **argv, void *values,
				  int *operand_count, bool *help, struct error *error)
{
	bool ended = false;

	*operand_count = 0;
	*help = false;
	for (int i = 0; i < argc; i++) {
		if (ended || argv[i][0] != '-' || !argv[i][1]) {
			argv[(*operand_count)++] = argv[i];
			continue;
		}
		if (!strcmp(argv[i], "--")) {
			ended = true;
			continue;
		}
		const char *value;
		const struct option *option = look_up(options, argv[i], &value, error);
		if (!option)
			return -1;
		if (option->type == OPTION_FLAG) {
			if (value)
				return error_set(error, "--%s takes no value", option->name);
			*help = option == &help_option;
			if (*help)
				return 0;
			*(bool *)((char *)values + option->offset) = true;
			continue;
		}
		/* The next option is no value: `--model --quiet` has forgotten the file. */
		if (!value && (i + 1 == argc || !strncmp(argv[i + 1], "--", 2)))
			return error_set(error, "--%s needs a value: --%s %s", option->name, option->name,
							 option->argument);
		if (!value)
			value = argv[++i];
		if (set_value(option, value, values, error))
			return -1;
		if (option->given)
			*(bool *)((char *)values + option->given) = true;
	}
	return 0;
}

/* "default 3", or nothing where there is no default to speak of. */
static void default_text(const struct option *option, const void *values, char *text, size_t size)
{
	const void *value = (const char *)values + option->offset;
	const char *word;
	int length;
	char list[AUGMENT_TEXT];

	*text = '\0';
	switch (option->type) {
	case OPTION_FLAG:
		break;
	case OPTION_INT:
		snprintf(text, size, "default %d", *(const int *)value);
		break;
	case OPTION_SIZE:
		if (*(const size_t *)value)
			snprintf(text, size, "default %zu", *(const size_t *)value);
		break;
	case OPTION_UINT64:
		snprintf(text, size, "default %" PRIu64, *(const uint64_t *)value);
		break;
	case OPTION_FLOAT:
		snprintf(text, size, "default %g", (double)*(const float *)value);
		break;
	case OPTION_DOUBLE:
		snprintf(text, size, "default %g", *(const double *)value);
		break;
	case OPTION_TEXT:
		if (*(const char *const *)value)
			snprintf(text, size, "default %s", *(const char *const *)value);
		break;
	case OPTION_AUGMENT:
		snprintf(text, size, "default %s", augment_text(value, list));
		break;
	case OPTION_CHOICE:
		word = choice_word(option->argument, *(const int *)value, &length);
		snprintf(text, size, "default %.*s", length, word);
		break;
	}
}

static void print_option(FILE *out, const struct option *option, const void *values)
{
	char standard[200] = "", text[400];
	int column = option->letter ? fprintf(out, "  -%c, --%s", option->letter, option->name)
								: fprintf(out, "      --%s", option->name);

	if (option->argument)
		column += fprintf(out, " %s", option->argument);
	if (values)
		default_text(option, values, standard, sizeof standard);
	snprintf(text, sizeof text, "%s%s%s%s", option->help, *standard ? " (" : "", standard,
			 *standard ? ")" : "");
	if (column >= HELP_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	wrapper_paragraph(&(struct wrapper){out, HELP_COLUMN, HELP_WIDTH, "", column}, text);
}

void options_help(FILE *out, const struct option *options, const void *values)
{
	fprintf(out, "%s:\n", options->group ? options->group : "Options");
	for (const struct option *o = options; o->name; o++) {
		if (o->group && o > options)
			fprintf(out, "\n%s:\n", o->group);
		print_option(out, o, values);
	}
	print_option(out, &help_option, NULL);
}
