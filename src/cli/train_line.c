/* Options become values; values become texts of a checkpoint, and values again. */
#include "cli/train_line.h"

#include <assert.h>
#include <string.h>

#include "app/input_scale.h"
#include "base/number.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/recipe.h"
#include "nn/kinds.h"
#include "nn/optimizer.h"
#include "nn/spec.h"

#define MOST_SECONDS 1e9

/* ---- the options ---- */

void train_explain(FILE *out)
{
	fputs("SPEC is a list of layers, separated by blanks, that ends with softmax:\n", out);
	for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++)
		fprintf(out, "  %s\n", (*kind)->grammar);
	fputs("The word classes stands for the number of classes in the data.\n\n", out);
	command_explain_augment(out);
	fputs("\nA row for each epoch goes to stdout, everything else to stderr. Ctrl-C stops\n"
		  "after the current step and saves; a second Ctrl-C stops at once.\n",
		  out);
}

#define AT(field) offsetof(struct train_values, field)
#define GIVEN(section) offsetof(struct train_values, given[section])

/* Seconds, or the word epoch. */
static int parse_every(const char *text, void *value, struct error *error)
{
	double *seconds = value;

	if (!strcmp(text, "epoch")) {
		*seconds = EVERY_EPOCH;
		return 0;
	}
	switch (number_real(text, "+.eE", 0, MOST_SECONDS, seconds)) {
	case NUMBER_FINE:
		return 0;
	case NUMBER_MALFORMED:
		return error_set(error, "\"%s\" is neither a number of seconds nor epoch", text);
	case NUMBER_OUTSIDE:
		break;
	}
	return error_set(error, "%s is not in 0 … %g", text, MOST_SECONDS);
}

static const char *print_every(const void *value, char text[FIELD_TEXT_SIZE])
{
	const double seconds = *(const double *)value;

	return seconds < 0 ? "epoch" : number_text(seconds, false, text);
}

static const struct field_codec every_codec = {parse_every, print_every};

/* clang-format off */
static const struct field recipe_fields[] = {
	{"recipe", FIELD_TEXT, AT(recipe), "NAME", .word = recipe_word,
	 .help = "a set of options that was tried, changed by what stands beside it; list explains "
			 "them all; without it the recipe is default, whose values are the defaults below"},
	{.name = NULL},
};

static const struct field network_fields[] = {
	{"network", FIELD_TEXT, AT(network), "SPEC", .help = "the layers"},
	{.name = NULL},
};

static const struct field init_fields[] = {
	{"init", FIELD_TEXT, AT(init), "FILE",
	 .help = "begin with the weights in this file, a model's, one from elsewhere or builtin, "
			 "instead of drawing them; where the number of classes differs, the last layer is "
			 "drawn"},
	{"input_scale", FIELD_OTHER, AT(input_scale), "SCALE", .codec = &input_scale_codec,
	 .help = "what the network reads: 0..1, 0..255, or MEAN,DEVIATION of pixels from 0 to 1 "
			 "(default as with --init, or 0..1)"},
	{"flatten", FIELD_CHOICE, AT(flatten), .word = weights_flatten_word,
	 .help = "the order in which --init's network flattens an image; auto goes by its filters"},
	{.name = NULL},
};

static const struct field output_fields[] = {
	{"model", FIELD_TEXT, AT(model), "FILE", .stream = STREAM_OUTPUT,
	 .help = "where the trained network goes"},
	{"curves", FIELD_TEXT, AT(curves), "FILE", .stream = STREAM_OUTPUT,
	 .help = "where the learning curves go, as CSV"},
	{"no_live", FIELD_FLAG, AT(no_live), .help = "no curves that grow under the progress bar"},
	{.name = NULL},
};

static const struct field format_fields[] = {
	{"json", FIELD_FLAG, AT(json),
	 .help = "print an object of JSON a line: at the beginning, each second, each epoch, at the "
			 "end"},
	{.name = NULL},
};

static const struct field checkpoint_fields[] = {
	{"checkpoint", FIELD_TEXT, AT(checkpoint), "FILE",
	 .help = "save all that is needed to go on: again and again, and in the end"},
	{"checkpoint_every", FIELD_OTHER, AT(checkpoint_every), "SECONDS|epoch", .codec = &every_codec,
	 .help = "how often"},
	{"resume", FIELD_TEXT, AT(resume), "FILE",
	 .help = "go on from a checkpoint to the same bytes; all else is in it, but --epochs may "
			 "grow"},
	{.name = NULL},
};
/* clang-format on */

/* The optimizer's name stands in front of what only that one has: "adam: decay of …". The learning
 * rate's default is the first optimizer's; help tells that of the others. */
static const char *optimizer_help(const struct field *field, char text[OPTION_HELP])
{
	int used = 0;

	for (int kind = 0; optimizer_name(kind); kind++)
		if (optimizer_has((enum optimizer_kind)kind, field->name))
			used += snprintf(text + used, (size_t)(OPTION_HELP - used), "%s%s", used ? ", " : "",
							 optimizer_name(kind));
	used +=
		snprintf(text + used, (size_t)(OPTION_HELP - used), "%s%s", used ? ": " : "", field->help);
	if (strcmp(field->name, "learning_rate"))
		return text;
	for (int kind = 1; optimizer_name(kind); kind++)
		used += snprintf(text + used, (size_t)(OPTION_HELP - used), "; with %s %g",
						 optimizer_name(kind),
						 (double)optimizer_rule((enum optimizer_kind)kind)->learning_rate);
	return text;
}

static const char *engine_help(const struct field *field, char text[OPTION_HELP])
{
	snprintf(text, OPTION_HELP, "%s%s", field->help,
			 strcmp(field->name, "threads") ? "" : "; the model is the same for any number");
	return text;
}

/* clang-format off */
const struct option_section train_options[] = {
	{.fields = recipe_fields, .given = GIVEN(LINE_RECIPE)},
	{.fields = data_fields, .offset = AT(data), .title = "Data", .given = GIVEN(LINE_DATA)},
	{.fields = settings_data, .offset = AT(settings), .given = GIVEN(LINE_SPLIT)},
	{.fields = network_fields, .title = "Training", .given = GIVEN(LINE_NETWORK)},
	{.fields = init_fields, .given = GIVEN(LINE_INIT)},
	{.fields = settings_training, .offset = AT(settings), .given = GIVEN(LINE_TRAINING)},
	{.fields = settings_optimizer, .offset = AT(settings), .title = "Optimizer",
	 .given = GIVEN(LINE_OPTIMIZER), .help = optimizer_help},
	{.fields = engine_fields, .offset = AT(engine), .title = "Speed", .help = engine_help},
	{.fields = output_fields, .title = "Output", .given = GIVEN(LINE_OUTPUT)},
	{.fields = checkpoint_fields, .given = GIVEN(LINE_CHECKPOINT)},
	{.fields = format_fields},
	{.fields = common_fields, .offset = AT(common)},
	{.fields = NULL},
};
/* clang-format on */

/* A recipe's words do not count as given on the command line. */
static int use_recipe(const char *name, struct train_values *values, struct error *error)
{
	if (recipe_apply(name, train_options, values, error))
		return -1;
	memset(&values->given, 0, sizeof values->given);
	values->recipe_optimizer = values->settings.optimizer.kind;
	return 0;
}

void train_defaults_set(void *v)
{
	struct train_values *values = v;
	struct error error;

	*values = (struct train_values){
		.settings = settings_default(),
		.engine = {.kernels = "auto"},
		.model = "model.safetensors",
		.curves = "curves.csv",
		.checkpoint_every = 60,
	};
	if (use_recipe(recipes[0].name, values, &error))
		assert(false); /* the first recipe is right */
}

int train_prepare(int argc, char *const *argv, void *values, struct error *error)
{
	const char *name = recipe_named(argc, argv);

	return name && strcmp(name, "list") ? use_recipe(name, values, error) : 0;
}

/* ---- optimizers ---- */

/* The message names all settings that only this optimizer has: "adam has --beta1 and --beta2". */
static int refuse_setting(const char *name, enum optimizer_kind kind, struct error *error)
{
	const char *const *own = optimizer_rule(kind)->settings;
	char option[OPTION_NAME];
	int other = 0;

	while (!optimizer_has((enum optimizer_kind)other, name))
		other++;
	error_set(error, "--%s is for --optimizer %s; %s has", options_name(name, option),
			  optimizer_name(other), optimizer_name((int)kind));
	for (int i = 0; own[i]; i++)
		error_append(error, "%s--%s",
					 i == 0       ? " "
					 : own[i + 1] ? ", "
								  : " and ",
					 options_name(own[i], option));
	return -1;
}

int train_line_settle_optimizer(struct train_values *values, struct error *error)
{
	const enum optimizer_kind kind = values->settings.optimizer.kind;
	const bool *given = values->given[LINE_OPTIMIZER];

	for (int i = 0; settings_optimizer[i].name; i++) {
		const char *name = settings_optimizer[i].name;

		if (given[i] && optimizer_ignores(kind, name))
			return refuse_setting(name, kind, error);
		if (!given[i] && !strcmp(name, "learning_rate") && values->recipe_optimizer != kind)
			values->settings.learning_rate = optimizer_rule(kind)->learning_rate;
	}
	return 0;
}

/* ---- checkpoints ---- */

/* These say where things are, and how to watch; they may be others when a training goes on. */
static bool may_change(const char *name)
{
	static const char *const names[] = {
		"data", "model", "curves", "no_live", "checkpoint", "checkpoint_every", "resume", NULL};
	int i = 0;

	while (names[i] && strcmp(names[i], name))
		i++;
	return names[i];
}

/* An option of the line that says something else than the checkpoint does; `said` may be NULL. */
static int refuse(const struct train_values *values, const struct field *field, const void *own,
				  const char *said, struct error *error)
{
	char name[OPTION_NAME], text[FIELD_TEXT_SIZE];

	options_name(field->name, name);
	if (field->type == FIELD_FLAG)
		return error_set(error, "--%s contradicts %s, whose training goes without", name,
						 values->resume);
	if (!said || (field->optional && !strcmp(said, "0")))
		said = "none";
	return error_set(error, "--%s %s contradicts %s, which has %s", name,
					 field_print(field, own, text), values->resume, said);
}

/* Check an option that was on the line; `said` is the checkpoint's text, or NULL. */
static int check_given(const struct train_values *values, const struct field *field,
					   const void *own, struct checkpoint *checkpoint, const char *said,
					   struct error *error)
{
	char text[FIELD_TEXT_SIZE];

	if (!strcmp(field->name, "epochs"))
		return checkpoint_set_epochs(checkpoint, values->settings.epochs, error)
				   ? error_prefix(error, "--epochs")
				   : 0;
	if (!strcmp(field->name, "network"))
		return spec_is_same(values->network, checkpoint->network, checkpoint->classes)
				   ? 0
				   : refuse(values, field, own, said, error);
	if (!strcmp(field->name, "recipe") && !said)
		said = recipes[0].name;
	if (may_change(field->name) || (said && !strcmp(field_print(field, own, text), said)))
		return 0;
	return refuse(values, field, own, said, error);
}

static bool has_settings(const struct option_section *section)
{
	for (const struct field *const *table = settings_tables; *table; table++)
		if (section->fields == *table)
			return true;
	return false;
}

/* Settings are taken from the checkpoint as a whole; other options one by one. */
static int resume_section(struct train_values *values, const struct option_section *section,
						  struct checkpoint *checkpoint, struct error *error)
{
	const bool *given = (const bool *)((const char *)values + section->given);
	void *own = (char *)values + section->offset;
	const bool are_settings = has_settings(section);

	for (int i = 0; section->fields[i].name; i++) {
		const struct field *field = &section->fields[i];
		const char *said = safetensors_metadata(&checkpoint->file, field->name);
		const bool ignored =
			are_settings && optimizer_ignores(checkpoint->settings.optimizer.kind, field->name);

		if (given[i] && !ignored && check_given(values, field, own, checkpoint, said, error))
			return -1;
		if (!given[i] && !are_settings && said && field_parse(field, said, own, error))
			return error_prefix(error, "%s: metadata: %s", values->resume, field->name);
	}
	return 0;
}

int train_line_resume(struct train_values *values, struct checkpoint *checkpoint,
					  struct error *error)
{
	for (const struct option_section *section = train_options; section->fields; section++)
		if (section->given && resume_section(values, section, checkpoint, error))
			return -1;
	values->settings = checkpoint->settings;
	values->recipe_optimizer = checkpoint->settings.optimizer.kind;
	values->network = checkpoint->network;
	if (!values->checkpoint)
		values->checkpoint = values->resume;
	return 0;
}

void train_line_texts(const struct train_values *values, const char *place,
					  struct train_texts *texts)
{
	texts->count = 0;
	for (const struct option_section *section = train_options; section->fields; section++) {
		const void *own = (const char *)values + section->offset;

		if (!section->given || has_settings(section) || section->fields == network_fields)
			continue;
		for (const struct field *field = section->fields; field->name; field++) {
			const char *text = field_print(field, own, texts->texts[texts->count]);
			if (!strcmp(field->name, "data"))
				text = place;
			if (!text || !strcmp(field->name, "checkpoint") || !strcmp(field->name, "resume"))
				continue;
			assert(texts->count < LINE_MOST);
			texts->entries[texts->count++] = (struct safetensors_entry){field->name, text};
		}
	}
}

/* As one word for a shell, in quotes where it needs them. Control characters are shown as '?'. */
static void print_word(FILE *out, const char *path)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
	char word[PATH_SIZE];

	snprintf(word, sizeof word, "%s", path);
	text_disarm(word);
	if (!word[strspn(word, plain)]) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (const char *c = word; *c; c++)
		if (*c == '\'')
			fputs("'\\''", out);
		else
			fputc(*c, out);
	fputc('\'', out);
}

void train_line_print_resume(FILE *out, const char *checkpoint)
{
	fputs("to go on: mnist-cnn train --resume ", out);
	print_word(out, checkpoint);
	fputc('\n', out);
}
