/* From the words of the command line to the command that they name. */
#include "cli/command.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "app/model.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

#define PROGRAM "mnist-cnn"
#define MOST_VALUES 256 /* bytes of the largest struct of options */

/* clang-format off */
const char help_kernels[] = "the loops to compute with: auto"
#define TABLE(name, ...) ", " #name
#define LAST_TABLE(name, ...) " or " #name
#include "compute/kernels.def"
	;
/* clang-format on */

struct program_options {
	bool version;
};

/* clang-format off */
static const struct option program_options[] = {
	{.name = "version", .type = OPTION_FLAG, .offset = offsetof(struct program_options, version),
	 .help = "print the version"},
	{.name = NULL},
};
/* clang-format on */

static int help_run(const void *values, int operand_count, char **operands);

static const struct option no_options[] = {{.name = NULL}};

static const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "explain a command",
	.options = no_options,
	.run = help_run,
};

static const struct command *const commands[] = {
	&command_train,         &command_eval,          &command_predict, &command_inspect_data,
	&command_inspect_model, &command_inspect_image, &command_help,
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

/* A message may quote a hostile file, which must not get to control the terminal. */
static struct error printable(const struct error *error)
{
	struct error result = *error;

	text_disarm(result.text);
	return result;
}

int command_fail(const struct error *error)
{
	fprintf(stderr, PROGRAM ": %s\n", printable(error).text);
	return STATUS_FAILED;
}

int command_misused(const struct command *command, const struct error *error)
{
	const char *blank = command ? " " : "", *name = command ? command->name : "";

	fprintf(stderr, PROGRAM "%s%s: %s\n", blank, name, printable(error).text);
	fprintf(stderr, "Try '" PROGRAM "%s%s --help'.\n", blank, name);
	return STATUS_USAGE;
}

int command_flush(struct error *error)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return error_set(error, "standard output: %s", errno ? strerror(errno) : "cannot be written");
}

const char *command_choose_model(const char *given, bool quiet)
{
	if (given)
		return given;
	const char *model = model_default();
	if (!quiet)
		fprintf(stderr, "model %s\n", model);
	return model;
}

int command_open_engine(const struct engine_choice *choice, struct engine *engine,
						struct error *error)
{
	const char *text = getenv("MNIST_CNN_THREADS");
	uint64_t threads = choice->threads;

	if (!threads && text && *text && number_whole(text, "", 1, WORKERS_MAX, &threads))
		return error_set(error, "MNIST_CNN_THREADS: \"%s\" is not a number in 1 … %d", text,
						 WORKERS_MAX);
	return engine_open(engine, choice->kernels, (int)threads, error);
}

int command_check_distinct(const struct command_file *files, size_t count, size_t outputs,
						   struct error *error)
{
	for (size_t i = outputs; i < count; i++)
		for (size_t other = 0; files[i].path && other < i; other++)
			if (files[other].path && file_is_same(files[i].path, files[other].path))
				return error_set(error, "%s and %s are the same file: %s", files[other].option,
								 files[i].option, files[i].path);
	return 0;
}

int command_check_outputs(const struct command_file *files, size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++)
		if (files[i].path && file_check_replace(files[i].path, error))
			return -1;
	return 0;
}

/* The number of the next argument that is neither an option nor the value of one, or argc. Which
 * options take values is the same in all commands. */
static int next_word(int argc, char **argv, int from)
{
	bool ended = false;

	for (int i = from; i < argc; i++) {
		const char *word = argv[i];

		if (ended || word[0] != '-' || !word[1])
			return i;
		ended = !strcmp(word, "--");
		for (size_t c = 0; c < COMMAND_COUNT && !ended && word[1] == '-'; c++) {
			const struct option *option =
				options_find(commands[c]->options, word + 2, strlen(word + 2));
			if (option && option->type != OPTION_FLAG) {
				i++;
				break;
			}
		}
	}
	return argc;
}

static void remove_argument(int *argc, char **argv, int index)
{
	memmove(argv + index, argv + index + 1, (size_t)(*argc - index - 1) * sizeof *argv);
	(*argc)--;
}

/* Is `word` the first of the command's words? */
static bool begins_with(const struct command *command, const char *word)
{
	size_t length = strcspn(command->name, " ");

	return strlen(word) == length && !memcmp(command->name, word, length);
}

/* The command called `first`, or `first second`, where second may be NULL. */
static const struct command *find_command(const char *first, const char *second)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const char *blank = strchr(commands[i]->name, ' ');

		if (begins_with(commands[i], first) && (!blank || (second && !strcmp(blank + 1, second))))
			return commands[i];
	}
	return NULL;
}

/* Is `first` the first word of commands that need a second? */
static bool is_group(const char *first)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (begins_with(commands[i], first) && strchr(commands[i]->name, ' '))
			return true;
	return false;
}

/* The command that was probably meant, or NULL. */
static const char *nearest_command(const char *first, const char *second)
{
	const char *names[COMMAND_COUNT + 1] = {NULL}, *nearest = NULL;
	char typed[80];

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i]->name;
	snprintf(typed, sizeof typed, "%s %s", first, second ? second : "");
	if (second)
		nearest = options_nearest(typed, names);
	if (!nearest)
		nearest = options_nearest(first, names);
	for (size_t i = 0; i < COMMAND_COUNT && !nearest; i++) {
		const char *rest = strchr(names[i], ' '), *const one[] = {names[i], NULL};

		snprintf(typed, sizeof typed, "%s%s", first, rest ? rest : "");
		if (rest)
			nearest = options_nearest(typed, one);
	}
	return nearest;
}

static int unknown_command(const char *first, const char *second)
{
	const char *nearest = nearest_command(first, second);
	const char *end = second && nearest && strchr(nearest, ' ') ? second : "";
	struct error error;

	if (is_group(first) && !second)
		error_set(&error, "%s what? There is: %s", first, nearest);
	else if (nearest)
		error_set(&error, "unknown command %s%s%s; did you mean %s?", first, *end ? " " : "", end,
				  nearest);
	else
		error_set(&error, "unknown command %s", first);
	return command_misused(NULL, &error);
}

static void print_usage(FILE *out)
{
	fprintf(out, "Usage: " PROGRAM " COMMAND [OPTION ...] [FILE ...]\n\n"
				 "Train a convolutional network to read handwritten digits, and use it.\n\n"
				 "Commands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-15s%s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\n'" PROGRAM " COMMAND --help' explains a command and its options.\n");
}

static void print_help(const struct command *command)
{
	alignas(max_align_t) char values[MOST_VALUES];

	printf("Usage: " PROGRAM " %s%s%s%s\n\n", command->name,
		   command->options[0].name ? " [OPTION ...]" : "", command->operands ? " " : "",
		   command->operands ? command->operands : "");
	printf("%c%s.\n\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
	if (command->defaults)
		command->defaults(values);
	options_help(stdout, command->options, values);
	if (command->explain) {
		fputc('\n', stdout);
		command->explain(stdout);
	}
}

static void print_group_help(const char *first)
{
	const char *gap = "";

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (begins_with(commands[i], first)) {
			fputs(gap, stdout);
			print_help(commands[i]);
			gap = "\n";
		}
}

/* What the program says of itself. */
static int print_program_help(void)
{
	print_usage(stdout);
	fputc('\n', stdout);
	options_help(stdout, program_options, &(struct program_options){false});
	return STATUS_DONE;
}

static int help_run(const void *values, int operand_count, char **operands)
{
	const struct command *command;
	const char *first, *second;

	(void)values;
	if (operand_count == 0)
		return print_program_help();
	first = operands[0];
	second = operand_count > 1 ? operands[1] : NULL;
	command = find_command(first, second);
	if (command)
		print_help(command);
	else if (is_group(first) && !second)
		print_group_help(first);
	else
		return unknown_command(first, second);
	return STATUS_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
	alignas(max_align_t) char values[MOST_VALUES];
	struct error error;
	int operand_count;
	bool help;

	assert(command->values_size <= sizeof values);
	if (command->defaults)
		command->defaults(values);
	if (command->prepare && command->prepare(argc, argv, values, &error))
		return command_misused(command, &error);
	if (options_parse(command->options, argc, argv, values, &operand_count, &help, &error))
		return command_misused(command, &error);
	if (help) {
		print_help(command);
		return STATUS_DONE;
	}
	if (!command->operands && operand_count > 0) {
		error_set(&error, "unexpected argument %s", argv[0]);
		return command_misused(command, &error);
	}
	if (operand_count < command->least_operands) {
		error_set(&error, "which file? Usage: " PROGRAM " %s %s", command->name, command->operands);
		return command_misused(command, &error);
	}
	return command->run(values, operand_count, argv);
}

/* There is no command on the line. */
static int run_program(int argc, char **argv)
{
	struct program_options options = {false};
	struct error error;
	int operand_count;
	bool help;

	if (options_parse(program_options, argc, argv, &options, &operand_count, &help, &error))
		return command_misused(NULL, &error);
	if (help)
		return print_program_help();
	print_usage(stderr);
	return STATUS_USAGE;
}

/* Is there -h or --help before any option of a command? Moves the operands to the front. */
static bool asks_for_help(int argc, char **argv)
{
	struct error error;
	int operand_count;
	bool help;

	return !options_parse(no_options, argc, argv, NULL, &operand_count, &help, &error) && help;
}

static bool asks_for_version(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--version"))
			return true;
	return false;
}

static int dispatch(int argc, char **argv)
{
	int first = next_word(argc, argv, 0), second;
	const struct command *command;
	const char *first_word, *second_word;

	if (asks_for_version(argc, argv)) {
		puts(PROGRAM " " MNIST_CNN_VERSION);
		return STATUS_DONE;
	}
	if (first == argc)
		return run_program(argc, argv);
	first_word = argv[first];
	second = next_word(argc, argv, first + 1);
	second_word = second < argc ? argv[second] : NULL;
	command = find_command(first_word, second_word);
	if (!command && is_group(first_word) && asks_for_help(argc, argv)) {
		print_group_help(first_word);
		return STATUS_DONE;
	}
	if (!command)
		return unknown_command(first_word, second_word);
	if (strchr(command->name, ' '))
		remove_argument(&argc, argv, second);
	remove_argument(&argc, argv, first);
	return run(command, argc, argv);
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
