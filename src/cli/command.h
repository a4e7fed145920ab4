/* What a command of the program is, and what all of them share. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app/dataset.h"
#include "base/error.h"
#include "cli/options.h"
#include "compute/engine.h"

/* What options that several commands have say in their help. */
#define HELP_DATA                                                                                  \
	"folder of the MNIST files (default $MNIST_CNN_DATA, then ./data, then the installed one)"
#define HELP_MODEL "the trained network (default ./model.safetensors, then the one in the program)"
#define HELP_NETWORK "the layers, for a file from elsewhere that does not say"
extern const char help_kernels[]; /* names every table */
#define HELP_THREADS "threads (default $MNIST_CNN_THREADS, then one a processor)"
#define HELP_AUGMENT_LIST                                                                          \
	"LIST is one or more of these, such as shift:2,rotate:12. Each is drawn at random\n"           \
	"for each image and epoch, up to the amount given. In parentheses: what a name\n"              \
	"alone stands for, and the limits."

/* Options that every command takes, so that a script may give them anywhere; where a command has
 * only results to print, they change nothing. Rows of a table, for the struct's offset. */
struct common_values {
	bool quiet, no_color;
};

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

enum command_status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

struct command {
	const char *name;     /* one word or two: "train", "inspect data" */
	const char *operands; /* as help shows them; NULL where there are none */
	int least_operands;
	const char *summary; /* one line */
	const struct option *options;
	size_t values_size;             /* of the struct that the options fill in */
	void (*defaults)(void *values); /* NULL where there are no options */
	/* Other defaults, where the line asks for them; called before it is parsed. May be NULL. */
	int (*prepare)(int argc, char *const *argv, void *values, struct error *error);
	int (*run)(const void *values, int operand_count, char **operands); /* the exit status */
	void (*explain)(FILE *out); /* what help says under the options; may be NULL */
};

extern const struct command command_train, command_eval, command_predict, command_inspect_data,
	command_inspect_model, command_inspect_image;

/* Find the command on the line (without the program's name) and run it. Returns the exit status. */
int command_main(int argc, char **argv);

/* "mnist-cnn: <message>" on stderr, control characters replaced. Returns STATUS_FAILED. */
int command_fail(const struct error *error);

/* A command line that parses but makes no sense: the message and where help is, on stderr.
 * Returns STATUS_USAGE. */
int command_misused(const struct command *command, const struct error *error);

/* Whatever was printed on stdout so far must have arrived there. */
int command_flush(struct error *error);

/* The options --kernels and --threads; 0 threads: $MNIST_CNN_THREADS, or else as many as there are
 * processors. */
struct engine_choice {
	const char *kernels;
	size_t threads;
};

int command_open_engine(const struct engine_choice *choice, struct engine *engine,
						struct error *error);

/* The option --model. Where it is not given, says on stderr which one is taken instead, unless quiet. */
const char *command_choose_model(const char *given, bool quiet);

/* A file that an option names; path is NULL where it does not. */
struct command_file {
	const char *option, *path;
};

/* Is none of the files from number `outputs` on, which are written, the same as one before it? */
int command_check_distinct(const struct command_file *files, size_t count, size_t outputs,
						   struct error *error);

/* Can they be written? */
int command_check_outputs(const struct command_file *files, size_t count, struct error *error);

/* The picture, or standard input for "-", as MNIST's bytes, 0 to 255, as predict sees it. `raw`: it
 * must be of 28 × 28 pixels, and is taken as it is. `steps`: a file for the picture's way there, or
 * NULL. */
int predict_read_digit(const char *path, bool raw, const char *steps,
					   uint8_t pixels[DATASET_PIXELS], struct error *error);

#endif
