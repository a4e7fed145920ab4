/* From the words of the command line to the command that they name. Options may stand anywhere, so
 * the command's words are the first that are neither options nor values of options. */
#include "cli/command.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "app/augment.h"
#include "app/dataset.h"
#include "base/draft.h"
#include "base/path.h"
#include "base/text.h"

#define PROGRAM "mnist-cnn"
#define MOST_COMMANDS 16
#define NAME_TEXT 80 /* bytes of two words of the line, which are cut there */

/* ---- options of several commands ---- */

const struct field common_fields[] = {
	{"quiet", FIELD_FLAG, offsetof(struct common_values, quiet), .help = "no messages but errors"},
	{"no_color", FIELD_FLAG, offsetof(struct common_values, no_color),
	 .help = "no animation, as NO_COLOR and TERM=dumb"},
	{.name = NULL},
};

/* clang-format off */
#define DATA(member) offsetof(struct dataset_options, member)

const struct field data_fields[] = {
	{"data", FIELD_TEXT, DATA(path), "PATH",
	 .help = "folder of the images, as IDX or CSV: PREFIXtrain... and PREFIXtest...; or one of "
			 "these files; FOLDER/PREFIX chooses among several sets; or a folder of pictures, "
			 "PATH/CLASS/*.* or PATH/train/CLASS/*.* (default $MNIST_CNN_DATA, then ./data, then "
			 "the installed one)"},
	{"transpose", FIELD_FLAG, DATA(transpose),
	 .help = "swap rows and columns, as is done anyway with files named emnist..."},
	{"pictures", FIELD_CHOICE, DATA(pictures), .word = dataset_pictures_word,
	 .help = "of a folder of pictures: digit finds the one in each, as predict does; scale makes "
			 "each 28x28; keep takes them as they are, all of one size of at most 64x64; auto is "
			 "keep where that is possible, else digit"},
	{"skip_broken", FIELD_FLAG, DATA(skip_broken),
	 .help = "leave out pictures that cannot be used"},
	{"classes", FIELD_TEXT, DATA(names), "A,B,...",
	 .help = "the names of the classes, by rising label"},
	{.name = NULL},
};
/* clang-format on */

void command_explain_augment(FILE *out)
{
	fprintf(out,
			"LIST is one or more of these, such as shift:2,rotate:12. Each is drawn at random\n"
			"for each image and epoch, up to the amount given; others and drawn replace so\n"
			"many images. In parentheses: what a name alone stands for, and the limits.\n"
			"  %-16s the images as they are\n",
			"none");
	for (const struct field *field = augment_fields; field->name; field++) {
		int length = fprintf(out, "  %s:%s", field->name, field->argument);
		fprintf(out, "%*s %s (%g; %g to %g)\n", 18 - length, "", field->help, field->standard,
				field->min, field->max);
	}
}

/* ---- messages ---- */

int command_fail(struct error *error)
{
	text_disarm(error->text); /* it may quote a hostile file */
	fprintf(stderr, PROGRAM ": %s\n", error->text);
	if (error->advice)
		fputs(error->advice, stderr);
	return STATUS_FAILED;
}

/* The message and where help is, for a line that makes no sense; a scarcity is not the line's
 * fault. The program itself is a command without a name. */
static int misused(const struct command *command, struct error *error)
{
	const char *blank = *command->name ? " " : "";

	if (error->is_scarcity)
		return command_fail(error);
	text_disarm(error->text);
	fprintf(stderr, PROGRAM "%s%s: %s\n", blank, command->name, error->text);
	fprintf(stderr, "Try '" PROGRAM "%s%s --help'.\n", blank, command->name);
	return STATUS_USAGE;
}

int command_flush(struct error *error)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return error_set(error, "standard output: %s", errno ? strerror(errno) : "cannot be written");
}

/* ---- files ---- */

static bool is_input_stream(const char *path)
{
	return path && (!strcmp(path, "-") || !strcmp(path, STREAM_INPUT));
}

/* Standard input is gone once it was read. */
static int check_streams(const struct file_option *files, struct error *error)
{
	const struct file_option *first = NULL;

	for (const struct file_option *file = files; file->option; file++) {
		if (file->is_output || !is_input_stream(file->path))
			continue;
		if (first)
			return error_set(error, "%s and %s are both standard input, which can be read once",
							 first->option, file->option);
		first = file;
	}
	return 0;
}

int files_check_distinct(const struct file_option *files, const struct dataset_options *data,
						 struct error *error)
{
	for (const struct file_option *file = files; file->option; file++) {
		if (!file->is_output || !file->path)
			continue;
		if (!strcmp(file->path, "-"))
			return error_set(error, "%s: standard output is no place for it", file->option);
		for (const struct file_option *other = files; other < file; other++)
			if (other->path && file_is_same(file->path, other->path))
				return error_set(error, "%s and %s are the same file: %s", other->option,
								 file->option, file->path);
		if (data && dataset_check_output(data, file->path, error))
			return error_prefix(error, "%s", file->option);
	}
	return check_streams(files, error);
}

int files_check_outputs(const struct file_option *files, struct error *error)
{
	for (const struct file_option *file = files; file->option; file++)
		if (file->is_output && file->path && file_check_replace(file->path, error))
			return -1;
	return 0;
}

FILE *files_report_stream(const struct file_option *files, bool quiet)
{
	for (const struct file_option *file = files; file->option; file++)
		if (file->is_output && file->path && file_is_stream(file->path, stdout))
			return quiet ? NULL : stderr;
	return stdout;
}

int files_check_json(const struct file_option *files, bool json, struct error *error)
{
	if (!json || files_report_stream(files, false) == stdout)
		return 0;
	return error_set(error, "--json: standard output has another file already");
}

/* ---- the program without a command, and help ---- */

static int program_run(void *values, int operand_count, char **operands, struct error *error);
static int help_run(void *values, int operand_count, char **operands, struct error *error);

/* --version is looked for before anything is parsed; the row is for help and hints. */
static const struct field program_fields[] = {
	{"version", FIELD_FLAG, .help = "print the version"},
	{.name = NULL},
};

/* clang-format off */
static const struct option_section program_options[] = {{.fields = program_fields},
														{.fields = NULL}};

static const struct command command_program = {
	.name = "", .options = program_options, .values_size = sizeof(bool), .run = program_run};

static const struct command command_help = {
	.name = "help", .summary = "explain a command", .operands = "[COMMAND]",
	.options = program_options + 1 /* none */, .run = help_run,
};
/* clang-format on */

const struct command *const commands[] = {
	&command_train,         &command_eval,         &command_predict,
	&command_export,        &command_inspect_data, &command_inspect_model,
	&command_inspect_image, &command_help,         NULL,
};

static void print_usage(FILE *out)
{
	fprintf(out, "Usage: " PROGRAM " COMMAND [OPTION ...] [FILE ...]\n\n"
				 "Train a convolutional network to read handwritten digits, and use it.\n\n"
				 "Commands:\n");
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "  %-15s%s\n", (*c)->name, (*c)->summary);
	fprintf(out, "\n'" PROGRAM " COMMAND --help' explains a command and its options.\n");
}

void command_set_defaults(const struct command *command, void *values)
{
	assert(command->values_size <= COMMAND_MOST_VALUES);
	memset(values, 0, COMMAND_MOST_VALUES);
	for (const struct option_section *section = command->options; section->fields; section++)
		field_reset(section->fields, (char *)values + section->offset);
	if (command->defaults)
		command->defaults(values);
}

static int print_help(const struct command *command)
{
	alignas(max_align_t) char values[COMMAND_MOST_VALUES];

	if (command == &command_program)
		print_usage(stdout);
	else
		printf("Usage: " PROGRAM " %s%s%s%s\n\n%c%s.\n", command->name,
			   command->options->fields ? " [OPTION ...]" : "", command->operands ? " " : "",
			   command->operands ? command->operands : "",
			   toupper((unsigned char)*command->summary), command->summary + 1);
	fputc('\n', stdout);
	command_set_defaults(command, values);
	options_help(stdout, command->options, values);
	if (command->notes)
		printf("\n%s", command->notes);
	if (command->explain) {
		fputc('\n', stdout);
		command->explain(stdout);
	}
	return STATUS_DONE;
}

static int program_run(void *values, int operand_count, char **operands, struct error *error)
{
	(void)values, (void)operand_count, (void)operands, (void)error;
	print_usage(stderr);
	return STATUS_USAGE;
}

/* ---- which command? ---- */

/* The command called `first`, or `first second`, where second may be NULL. */
static const struct command *find_command(const char *first, const char *second)
{
	char both[NAME_TEXT];

	snprintf(both, sizeof both, "%s %s", first, second ? second : "");
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, first) || !strcmp((*c)->name, both))
			return *c;
	return NULL;
}

/* True for "inspect", which begins the names of several commands. */
static bool is_in_family(const struct command *command, const char *first)
{
	const size_t length = strlen(first);

	return !strncmp(command->name, first, length) && command->name[length] == ' ';
}

/* Explain a family of commands, such as inspect. Returns false where there is none. */
static bool print_family_help(const char *first)
{
	bool found = false;

	for (const struct command *const *c = commands; *c; c++)
		if (is_in_family(*c, first)) {
			fputs(found ? "\n" : "", stdout);
			print_help(*c);
			found = true;
		}
	return found;
}

/* The name of the command that was probably meant, or NULL. The words are compared with all names;
 * then the first word alone, and as if a family's second word stood behind it: "inpsect" is like
 * "inspect data". */
static const char *nearest_command(const char *first, const char *second)
{
	const char *names[MOST_COMMANDS] = {NULL}, *nearest = NULL;
	char typed[NAME_TEXT];

	for (int i = 0; commands[i]; i++)
		names[i] = commands[i]->name;
	snprintf(typed, sizeof typed, "%s %s", first, second ? second : "");
	if (second)
		nearest = options_nearest(typed, names);
	for (int i = 0; names[i] && !nearest; i++) {
		const char *rest = strchr(names[i], ' ');

		snprintf(typed, sizeof typed, "%s%s", first, rest ? rest : "");
		nearest = options_nearest(typed, names);
	}
	return nearest;
}

/* Where only a family's word is given, its commands are named. */
static int unknown_command(const char *first, const char *second)
{
	const char *nearest = nearest_command(first, second);
	const bool both = second && nearest && strchr(nearest, ' ');
	char family[4 * NAME_TEXT] = "";
	struct error error;

	for (const struct command *const *c = commands; *c; c++)
		if (is_in_family(*c, first)) {
			strcat(family, *family ? ", " : "");
			strcat(family, (*c)->name);
		}
	if (*family && !second)
		error_set(&error, "%s what? There are: %s", first, family);
	else
		error_set(&error,
				  nearest ? "unknown command %s%s%s; did you mean %s?" : "unknown command %s",
				  first, both ? " " : "", both ? second : "", nearest);
	return misused(&command_program, &error);
}

static int help_run(void *values, int operand_count, char **operands, struct error *error)
{
	const char *first = operand_count > 0 ? operands[0] : NULL;
	const char *second = operand_count > 1 ? operands[1] : NULL;

	(void)values, (void)error;
	if (!first)
		return print_help(&command_program);
	const struct command *command = find_command(first, second);
	if (command)
		return print_help(command);
	if (!second && print_family_help(first))
		return STATUS_DONE;
	return unknown_command(first, second);
}

/* ---- the line ---- */

/* Parse the line, of whose operands the first `word_count` name the command, and run it. */
static int parse_and_run(const struct command *command, int word_count, int argc, char **argv,
						 struct error *error)
{
	alignas(max_align_t) char values[COMMAND_MOST_VALUES];
	int operand_count;
	bool help;

	command_set_defaults(command, values);
	if ((command->prepare && command->prepare(argc, argv, values, error)) ||
		options_parse(command->options, argc, argv, values, &operand_count, &help, error))
		return STATUS_USAGE;
	if (help)
		return print_help(command);
	argv += word_count;
	operand_count -= word_count;
	if (!command->operands && operand_count > 0) {
		error_set(error, "unexpected argument %s", argv[0]);
		return STATUS_USAGE;
	}
	if (command->operands && operand_count < command->least_operands) {
		error_set(error, "which file? Usage: " PROGRAM " %s %s", command->name, command->operands);
		return STATUS_USAGE;
	}
	return command->run(values, operand_count, argv, error);
}

static int run(const struct command *command, int word_count, int argc, char **argv)
{
	struct error error = {.text = ""};
	const int status = parse_and_run(command, word_count, argc, argv, &error);

	if (*error.text && status == STATUS_USAGE)
		return misused(command, &error);
	return *error.text && status == STATUS_FAILED ? command_fail(&error) : status;
}

/* True where some command has that option with a value. An option of that name has one in all
 * commands that know it, which a test makes sure of. */
static bool takes_value(const char *name)
{
	for (const struct command *const *c = commands; *c; c++) {
		const struct field *option = options_find((*c)->options, name, strlen(name));
		if (option)
			return option->type != FIELD_FLAG;
	}
	return false;
}

/* The first two arguments that are neither options nor values of options; NULL where there are
 * fewer. */
static void find_words(int argc, char **argv, const char *words[2])
{
	int count = 0;
	bool ended = false; /* by "--" */

	words[0] = words[1] = NULL;
	for (int i = 0; i < argc && count < 2; i++) {
		if (ended || argv[i][0] != '-' || !argv[i][1])
			words[count++] = argv[i];
		else if (!strcmp(argv[i], "--"))
			ended = true;
		else if (argv[i][1] == '-' && takes_value(argv[i] + 2))
			i++;
	}
}

static bool asks_for(const char *option, int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], option))
			return true;
	return false;
}

static int dispatch(int argc, char **argv)
{
	const char *words[2];

	if (asks_for("--version", argc, argv)) {
		puts(PROGRAM " " MNIST_CNN_VERSION);
		return STATUS_DONE;
	}
	find_words(argc, argv, words);
	if (!words[0])
		return run(&command_program, 0, argc, argv);
	const struct command *command = find_command(words[0], words[1]);
	if (command)
		return run(command, strchr(command->name, ' ') ? 2 : 1, argc, argv);
	const bool help = asks_for("--help", argc, argv) || asks_for("-h", argc, argv);
	if (help && print_family_help(words[0]))
		return STATUS_DONE;
	return unknown_command(words[0], words[1]);
}

int command_main(int argc, char **argv)
{
	int status = dispatch(argc, argv);
	struct error error;

	/* A command that has failed has said why, perhaps that stdout cannot be written. */
	if (status == STATUS_DONE && command_flush(&error))
		status = command_fail(&error);
	return status;
}
