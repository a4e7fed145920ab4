/* What a command of the program is, and what all of them share. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/options.h"

/* What options that several commands have say in their help. */
#define HELP_DATA                                                                                  \
	"folder of the MNIST files (default $MNIST_CNN_DATA, then ./data, then the installed one)"
#define HELP_MODEL "the trained network"
#define HELP_NETWORK "the layers, for a file from elsewhere that does not say"

enum command_status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

struct command {
	const char *name;     /* one word or two: "train", "inspect data" */
	const char *operands; /* as help shows them; NULL where there are none */
	int least_operands;
	const char *summary;  /* one line */
	const struct option *options;
	size_t values_size;   /* of the struct that the options fill in */
	void (*defaults)(void *values); /* NULL where there are no options */
	int (*run)(const void *values, int operand_count, char **operands); /* the exit status */
	void (*explain)(FILE *out); /* what help says under the options; may be NULL */
};

extern const struct command command_train, command_eval, command_predict, command_inspect_data;

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
