/* mnist-cnn export: a trained network as a file for other programs. */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/recognize.h"
#include "base/draft.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/session.h"
#include "export/export.h"

enum export_format { EXPORT_BY_NAME, EXPORT_HTML, EXPORT_ONNX, EXPORT_C };

struct export_values {
	struct model_values model;
	enum export_format format;
	bool int8;
	struct common_values common;
};

static const char *format_word(int format)
{
	static const char *const words[] = {"auto", "html", "onnx", "c", NULL};

	return words[format];
}

/* The ending of a file's name, without its dot; "" where there is none. */
static const char *ending(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && !strchr(dot, '/') ? dot + 1 : "";
}

/* Take the format from the name where the line does not say it. */
static int settle(struct export_values *values, const char *path, struct error *error)
{
	for (int i = EXPORT_HTML; values->format == EXPORT_BY_NAME && format_word(i); i++)
		if (!strcmp(ending(path), format_word(i)))
			values->format = (enum export_format)i;
	if (values->format == EXPORT_BY_NAME)
		return error_set(error, "%s: its name does not end in .html, .onnx or .c; see --format",
						 path);
	if (values->format == EXPORT_C && strcmp(ending(path), "c"))
		return error_set(error,
						 "%s: a name that ends in .c is needed, since a header of the same "
						 "name is written beside it",
						 path);
	if (values->int8 && values->format != EXPORT_C)
		return error_set(error, "--int8 is for .c alone");
	return 0;
}

/* ---- writing ---- */

static int write_file(const struct export_values *values, const char *path, struct buffer *bytes,
					  struct error *error)
{
	const int status = file_replace(path, bytes->data, bytes->size, error);

	if (!status && !values->common.quiet) {
		text_print_name(stderr, path);
		fprintf(stderr, ": %zu bytes\n", bytes->size);
	}
	buffer_free(bytes);
	return status;
}

static int write_all(const struct export_values *values, const struct export_source *source,
					 const char *path, const char *header_path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	struct buffer bytes = {0}, header = {0};
	int status;

	if (values->format == EXPORT_HTML)
		status = export_html(source, &bytes, error);
	else if (values->format == EXPORT_ONNX)
		status = export_onnx(source, &bytes, error);
	else
		status = export_c(source, slash ? slash + 1 : path, values->int8, &bytes, &header, error);
	if (status)
		return error_prefix(error, "%s", values->model.file);
	if (header_path && write_file(values, header_path, &header, error)) {
		buffer_free(&bytes);
		return -1;
	}
	return write_file(values, path, &bytes, error);
}

/* ---- the command ---- */

static int export_session(const struct export_values *values, const struct session *session,
						  const char *path, const char *header_path, struct error *error)
{
	const struct model_info *info = &session->info;
	const int count = session->classes.count;
	const char **classes = calloc((size_t)count, sizeof *classes);

	if (!classes)
		return error_scarce(error, "not enough memory for %d classes", count);
	for (int i = 0; i < count; i++)
		classes[i] = session->classes.all[i].name;
	const struct export_source source = {
		.network = &session->network,
		.classes = classes,
		.least = recognizer_least(info),
		.scales = info->pictures == PICTURES_SCALE,
		.accuracy = info->result.kept.has_val ? info->result.kept.val_accuracy : -1,
		.metadata = session->file.metadata,
		.metadata_count = session->file.metadata_count,
		.version = MNIST_CNN_VERSION,
	};
	const int status = write_all(values, &source, path, header_path, error);
	free(classes);
	return status;
}

/* "model.c" has its header in "model.h". NULL without memory. */
static char *header_of(const char *path)
{
	char *header = malloc(strlen(path) + 1);

	if (header) {
		strcpy(header, path);
		header[strlen(path) - 1] = 'h';
	}
	return header;
}

static int export_run(void *v, int operand_count, char **operands, struct error *error)
{
	struct export_values *values = v;
	const char *path = operands[0];
	struct session session = {0};

	if (operand_count > 1) {
		error_set(error, "unexpected argument %s", operands[1]);
		return STATUS_USAGE;
	}
	if (settle(values, path, error))
		return STATUS_USAGE;
	if (!strcmp(path, "-"))
		path = STREAM_OUTPUT;
	model_values_settle(&values->model, values->common.quiet);
	char *header = values->format == EXPORT_C ? header_of(path) : NULL;
	const struct file_option files[] = {{"--model", values->model.file, false},
										{"FILE", path, true},
										{"the header", header, true},
										{NULL, NULL, false}};
	int status = STATUS_USAGE;
	if (values->format == EXPORT_C && !header) {
		error_scarce(error, "not enough memory for a name");
		status = STATUS_FAILED;
	} else if (!files_check_distinct(files, NULL, error)) {
		const bool failed = files_check_outputs(files, error) ||
							session_open(&session, &values->model, &ENGINE_ONE_THREAD, 1,
										 EXECUTOR_PREDICT, values->common.quiet, error) ||
							export_session(values, &session, path, header, error);
		status = failed ? STATUS_FAILED : STATUS_DONE;
	}
	session_close(&session);
	free(header);
	return status;
}

#define AT(field) offsetof(struct export_values, field)

/* clang-format off */
static const struct field export_fields[] = {
	{"format", FIELD_CHOICE, AT(format), .word = format_word,
	 .help = "the kind of file; auto goes by the end of its name"},
	{"int8", FIELD_FLAG, AT(int8),
	 .help = "of C: weights of 8 bits, in a quarter of the room"},
	{.name = NULL},
};

const struct command command_export = {
	.name = "export", .operands = "FILE.html|FILE.onnx|FILE.c", .least_operands = 1,
	.summary = "write a network as a web page, for ONNX or as C source",
	.options = (const struct option_section[]){
		{.fields = model_fields, .offset = AT(model)},
		{.fields = export_fields},
		{.fields = common_fields, .offset = AT(common)},
		{.fields = NULL}},
	.values_size = sizeof(struct export_values),
	.run = export_run,
	.notes =
		"html  a page that needs no other file and no network: one draws a digit, and sees how it\n"
		"      is read, layer by layer\n"
		"onnx  for ONNX Runtime and other programs: opset 17; input \"image\", [N, 1, height,\n"
		"      width] from 0 to 1; outputs \"logits\" and \"probabilities\"\n"
		"c     C99 that needs no library but the C library's mathematics, and no memory but what\n"
		"      it is given; a header of the same name is written beside it\n",
};
/* clang-format on */
