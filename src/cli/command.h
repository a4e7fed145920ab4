/* A command of the program, and how it ends. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app/dataset.h"
#include "base/error.h"
#include "cli/options.h"

/* Options that every command takes, so that a script may give them anywhere; where a command has
 * only results to print, they change nothing. */
struct common_values {
	bool quiet, no_color;
};

extern const struct field common_fields[]; /* of a struct common_values */
extern const struct field data_fields[];   /* of a struct dataset_options */

/* Explain the list that --augment takes, under the options of a command that has it. */
void command_explain_augment(FILE *out);

enum command_status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* The struct that a command's options fill in is zeroed, then given the rows' standard numbers, its
 * other defaults, and the values of the line. */
struct command {
	const char *name;     /* one word or two: "train", "inspect data" */
	const char *operands; /* as help shows them; NULL where there are none */
	int least_operands;
	const char *summary; /* one line */
	const struct option_section *options;
	size_t values_size;             /* of the struct that the options fill in */
	void (*defaults)(void *values); /* NULL: there are no others */
	/* Other defaults, where the line asks for them; called before it is parsed. May be NULL. */
	int (*prepare)(int argc, char *const *argv, void *values, struct error *error);
	/* The exit status. With STATUS_FAILED or STATUS_USAGE it may leave a message to be printed. */
	int (*run)(void *values, int operand_count, char **operands, struct error *error);
	const char *notes;          /* help has them under the options; may be NULL */
	void (*explain)(FILE *out); /* prints more of them; may be NULL */
};

extern const struct command command_train, command_eval, command_predict, command_export,
	command_inspect_data, command_inspect_model, command_inspect_image;

/* Fill in a command's values as they are where nothing is on the line. */
#define COMMAND_MOST_VALUES 1024 /* bytes of the largest struct of options */
void command_set_defaults(const struct command *command, void *values);

/* All commands, in the order of the help; ended by NULL. */
extern const struct command *const commands[];

/* Find the command on the line (without the program's name) and run it. Returns the exit status. */
int command_main(int argc, char **argv);

/* "mnist-cnn: <message>" on stderr, control characters replaced. Returns STATUS_FAILED. */
int command_fail(struct error *error);

/* Make sure that everything printed on stdout so far has arrived there. */
int command_flush(struct error *error);

/* ---- the files that a line names: none may be overwritten by accident, or in vain ---- */

/* An option or operand that names a file. Arrays of them are ended by one without an option. */
struct file_option {
	const char *option; /* "--model"; "FILE" for an operand */
	const char *path;   /* NULL: it is not on the line */
	bool is_output;
};

/* Refuse an output that is the same file as one before it, or one of the data set's, or "-" where
 * that stands for no stream; and a second input from standard input. `data` may be NULL. */
int files_check_distinct(const struct file_option *files, const struct dataset_options *data,
						 struct error *error);

/* Refuse outputs that cannot be written. */
int files_check_outputs(const struct file_option *files, struct error *error);

/* Refuse --json where an output has standard output to itself. */
int files_check_json(const struct file_option *files, bool json, struct error *error);

/* The stream for the report: an output that is written to standard output has that to itself, and
 * the report goes to standard error or, with `quiet`, nowhere: NULL. */
FILE *files_report_stream(const struct file_option *files, bool quiet);

#endif
