/* The network's text, split into layers and arguments. */
#include "nn/spec.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The word that begins at *at and ends before a blank, ':' or ','; *at moves behind it. */
static int read_word(const char *text, int *at, struct spec_word *word, struct error *error)
{
	int length = (int)strcspn(text + *at, " \t\r\n:,");

	word->position = *at + 1;
	for (int i = *at; i < *at + length; i++)
		if (text[i] < '!' || text[i] > '~')
			return error_set(error, "position %d: a character that no layer's name has", i + 1);
	if (length == 0)
		return error_set(error, "position %d: a name or a number is missing", word->position);
	if (length > SPEC_MAX_WORD)
		return error_set(error, "position %d: \"%.*s…\" is too long", word->position, SPEC_MAX_WORD,
						 text + *at);
	memcpy(word->text, text + *at, (size_t)length);
	word->text[length] = '\0';
	*at += length;
	return 0;
}

static int read_layer(const char *text, int *at, struct spec_layer *layer, struct error *error)
{
	if (read_word(text, at, &layer->name, error))
		return -1;
	layer->argument_count = 0;
	for (char separator = ':'; text[*at] == separator; separator = ',') {
		if (layer->argument_count == SPEC_MAX_ARGUMENTS)
			return spec_error(layer, error, "more than %d arguments", SPEC_MAX_ARGUMENTS);
		++*at;
		if (read_word(text, at, &layer->arguments[layer->argument_count++], error))
			return -1;
	}
	if (text[*at] && !is_blank(text[*at]))
		return error_set(error, "position %d: unexpected '%c'", *at + 1, text[*at]);
	return 0;
}

int spec_parse(const char *text, struct spec *out, struct error *error)
{
	int at = 0;

	out->layer_count = 0;
	for (;;) {
		while (is_blank(text[at]))
			at++;
		if (!text[at])
			break;
		if (out->layer_count == SPEC_MAX_LAYERS)
			return error_set(error, "position %d: more than %d layers", at + 1, SPEC_MAX_LAYERS);
		if (read_layer(text, &at, &out->layers[out->layer_count++], error))
			return -1;
	}
	if (out->layer_count == 0)
		return error_set(error, "position 1: the network has no layers");
	return 0;
}

void spec_layer_text(const struct spec_layer *layer, char text[SPEC_LAYER_TEXT])
{
	int used = snprintf(text, SPEC_LAYER_TEXT, "%s", layer->name.text);

	for (int i = 0; i < layer->argument_count; i++)
		used += snprintf(text + used, (size_t)(SPEC_LAYER_TEXT - used), "%c%s", i ? ',' : ':',
						 layer->arguments[i].text);
}

void spec_settle_classes(struct spec *spec, int classes)
{
	for (int i = 0; i < spec->layer_count; i++) {
		struct spec_layer *layer = &spec->layers[i];

		for (int a = 0; a < layer->argument_count; a++)
			if (!strcmp(layer->arguments[a].text, "classes"))
				snprintf(layer->arguments[a].text, sizeof layer->arguments[a].text, "%d", classes);
	}
}

bool spec_is_same(const char *a, const char *b, int classes)
{
	struct spec specs[2];
	struct error ignored;
	char texts[2][SPEC_LAYER_TEXT];

	if (spec_parse(a, &specs[0], &ignored) || spec_parse(b, &specs[1], &ignored) ||
		specs[0].layer_count != specs[1].layer_count)
		return !strcmp(a, b);
	spec_settle_classes(&specs[0], classes);
	spec_settle_classes(&specs[1], classes);
	for (int i = 0; i < specs[0].layer_count; i++) {
		spec_layer_text(&specs[0].layers[i], texts[0]);
		spec_layer_text(&specs[1].layers[i], texts[1]);
		if (strcmp(texts[0], texts[1]))
			return false;
	}
	return true;
}

int spec_error(const struct spec_layer *layer, struct error *error, const char *format, ...)
{
	char reason[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof reason, format, arguments);
	va_end(arguments);
	return error_set(error, "position %d, %s: %s", layer->name.position, layer->name.text, reason);
}

static int argument_error(const struct spec_layer *layer, const struct spec_word *argument,
						  const char *what, const char *reason, struct error *error)
{
	return error_set(error, "position %d, %s: %s \"%s\" %s", argument->position, layer->name.text,
					 what, argument->text, reason);
}

int spec_at_most(const struct spec_layer *layer, int most, struct error *error)
{
	if (layer->argument_count <= most)
		return 0;
	return error_set(error, "position %d, %s: unexpected argument \"%s\"",
					 layer->arguments[most].position, layer->name.text,
					 layer->arguments[most].text);
}

/* The argument's text, or NULL with an error where it is missing. */
static const struct spec_word *find_argument(const struct spec_layer *layer, int index,
											 const char *what, struct error *error)
{
	if (index < layer->argument_count)
		return &layer->arguments[index];
	spec_error(layer, error, "the %s is missing", what);
	return NULL;
}

int spec_integer(const struct spec_layer *layer, int index, const char *what, int min, int max,
				 int *value, struct error *error)
{
	const struct spec_word *argument = find_argument(layer, index, what, error);
	char reason[64];
	uint64_t number;

	if (!argument)
		return -1;
	switch (number_whole(argument->text, "-", (uint64_t)min, (uint64_t)max, &number)) {
	case NUMBER_FINE:
		*value = (int)number;
		return 0;
	case NUMBER_MALFORMED:
		return argument_error(layer, argument, what, "is not a whole number", error);
	default:
		snprintf(reason, sizeof reason, "is not in %d … %d", min, max);
		return argument_error(layer, argument, what, reason, error);
	}
}

int spec_real(const struct spec_layer *layer, int index, const char *what, double min, double below,
			  double *value, struct error *error)
{
	const struct spec_word *argument = find_argument(layer, index, what, error);
	char reason[64];
	double number;

	if (!argument)
		return -1;
	enum number_fault fault = number_real(argument->text, "-.", min, below, &number);
	if (fault == NUMBER_MALFORMED)
		return argument_error(layer, argument, what, "is not a number", error);
	if (fault || (double)(float)number >= below) { /* layers keep floats */
		snprintf(reason, sizeof reason, "is not at least %g and below %g", min, below);
		return argument_error(layer, argument, what, reason, error);
	}
	*value = number;
	return 0;
}
