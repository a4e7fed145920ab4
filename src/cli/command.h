/* A command of the program, and how it ends. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/options.h"

/* Options that every command takes, so that a script may give them anywhere; where a command has
 * only results to print, they change nothing. */
struct common_values {
	bool quiet, no_color;
};

/* Their rows of a table, for a struct common_values at that offset. */
#define COMMON_OPTIONS(at)                                                                         \
	{.name = "quiet",                                                                              \
	 .letter = 'q',                                                                                \
	 .type = OPTION_FLAG,                                                                          \
	 .offset = (at) + offsetof(struct common_values, quiet),                                       \
	 .help = "no messages but errors"},                                                            \
	{                                                                                              \
		.name = "no-color", .type = OPTION_FLAG,                                                   \
		.offset = (at) + offsetof(struct common_values, no_color),                                 \
		.help = "no animation, as NO_COLOR and TERM=dumb"                                          \
	}

/* A row that train, eval and inspect data share: a const char * at that offset. */
#define DATA_OPTION(at)                                                                            \
	.name = "data", .type = OPTION_TEXT, .argument = "DIR", .offset = (at),                        \
	.help = "folder of the MNIST files (default $MNIST_CNN_DATA, then ./data, then the installed " \
			"one)"

/* Under the options of a command that takes an OPTION_AUGMENT; augment_explain lists the names. */
#define HELP_AUGMENT_LIST                                                                          \
	"LIST is one or more of these, such as shift:2,rotate:12. Each is drawn at random\n"           \
	"for each image and epoch, up to the amount given. In parentheses: what a name\n"              \
	"alone stands for, and the limits."

enum command_status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* The struct that a command's options fill in is zeroed, then given its defaults, then the values
 * of the line. */
struct command {
	const char *name;     /* one word or two: "train", "inspect data" */
	const char *operands; /* as help shows them; NULL where there are none */
	int least_operands;
	const char *summary; /* one line */
	const struct option *options;
	size_t values_size;             /* of the struct that the options fill in */
	void (*defaults)(void *values); /* NULL: all zeros */
	/* Other defaults, where the line asks for them; called before it is parsed. May be NULL. */
	int (*prepare)(int argc, char *const *argv, void *values, struct error *error);
	int (*run)(void *values, int operand_count, char **operands); /* the exit status */
	void (*explain)(FILE *out); /* prints what help says under the options; may be NULL */
};

extern const struct command command_train, command_eval, command_predict, command_inspect_data,
	command_inspect_model, command_inspect_image;

/* All commands, in the order of the help; ended by NULL. */
extern const struct command *const commands[];

/* Find the command on the line (without the program's name) and run it. Returns the exit status. */
int command_main(int argc, char **argv);

/* "mnist-cnn: <message>" on stderr, control characters replaced. Returns STATUS_FAILED. */
int command_fail(const struct error *error);

/* A command line that parses but makes no sense: the message and where help is, on stderr.
 * Returns STATUS_USAGE. */
int command_misused(const struct command *command, const struct error *error);

/* Whatever was printed on stdout so far must have arrived there. */
int command_flush(struct error *error);

#endif
