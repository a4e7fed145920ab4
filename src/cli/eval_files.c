/* CSV for programs, and a sheet to be looked at. */
#include "cli/eval_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/draft.h"
#include "base/text.h"
#include "base/writer.h"
#include "draw/sheet.h"

#define MOST_MISTAKES 500 /* in a block of the sheet */
#define LEAST_SIDE 84     /* pixels of an image on the sheet */

/* Say what was written, with its count, unless that failed. Returns `status`. */
static int announce(struct eval_file file, int status, const char *what, size_t count)
{
	if (!status && !file.quiet) {
		text_print_name(stderr, file.path);
		fprintf(stderr, what, count);
	}
	return status;
}

/* ---- CSV ---- */

/* A name in CSV is quoted where it has commas, quotes or line ends. */
static void add_name(struct writer *rows, const char *name)
{
	if (!strpbrk(name, ",\"\r\n")) {
		writer_text(rows, name);
		return;
	}
	writer_text(rows, "\"");
	for (; *name; name++)
		writer_print(rows, *name == '"' ? "\"\"" : "%c", *name);
	writer_text(rows, "\"");
}

/* Write the rows to the file, and free them. */
static int write_rows(struct eval_file file, struct writer *rows, struct error *error)
{
	struct buffer text;

	if (writer_take(rows, &text, error))
		return error_prefix(error, "%s", file.path);
	const int status = file_replace(file.path, text.data, text.size, error);
	buffer_free(&text);
	return status;
}

int eval_write_predictions(struct eval_file file, const struct prediction *predictions,
						   size_t count, const struct classes *classes, struct error *error)
{
	struct writer rows = {.failed = false};

	if (!file.path)
		return 0;
	writer_text(&rows, "index,label,prediction,probability\n");
	for (const struct prediction *p = predictions; p < predictions + count; p++) {
		writer_print(&rows, "%zu,", p->index);
		if (p->label != LABEL_UNKNOWN)
			add_name(&rows, classes->all[p->label].name);
		writer_text(&rows, ",");
		add_name(&rows, classes->all[p->class].name);
		writer_print(&rows, ",%.6f\n", p->probability);
	}
	return announce(file, write_rows(file, &rows, error), ": %zu predictions\n", count);
}

int eval_write_confusion(struct eval_file file, const struct evaluated *evaluated,
						 struct error *error)
{
	const struct classes *classes = evaluated->classes;
	struct writer rows = {.failed = false};

	if (!file.path)
		return 0;
	writer_text(&rows, "label");
	for (int prediction = 0; prediction < classes->count; prediction++) {
		writer_text(&rows, ",");
		add_name(&rows, classes->all[prediction].name);
	}
	for (int label = 0; label < classes->count; label++) {
		writer_text(&rows, "\n");
		add_name(&rows, classes->all[label].name);
		for (int prediction = 0; prediction < classes->count; prediction++)
			writer_print(&rows, ",%zu", confusion_at(evaluated->confusion, label, prediction));
	}
	writer_text(&rows, "\n");
	return announce(file, write_rows(file, &rows, error), ": the confusion matrix of %zu images\n",
					evaluated->evaluation->count);
}

/* ---- the sheet ---- */

struct mistakes {
	const struct dataset *dataset;
	const struct classes *classes;
	struct prediction *list; /* [count], the worst first; owned */
	size_t count;
	char title[100];
};

/* The worst are those to whose label the network gave the least probability. */
static int worst_first(const void *a, const void *b)
{
	const struct prediction *first = a, *second = b;

	if (first->of_label != second->of_label)
		return first->of_label < second->of_label ? -1 : 1;
	return first->index < second->index ? -1 : first->index > second->index;
}

/* Of the answers, list those that are mistakes; with a rival's, those that it has right. */
static int list_mistakes(struct mistakes *mistakes, const struct prediction *answers,
						 const struct prediction *rival, size_t count, struct error *error)
{
	mistakes->list = malloc((count ? count : 1) * sizeof *mistakes->list);
	if (!mistakes->list)
		return error_scarce(error, "not enough memory for a list of mistakes");
	for (size_t i = 0; i < count; i++)
		if (answers[i].class != answers[i].label && (!rival || rival[i].class == rival[i].label))
			mistakes->list[mistakes->count++] = answers[i];
	qsort(mistakes->list, mistakes->count, sizeof *mistakes->list, worst_first);
	return 0;
}

static size_t shown(const struct mistakes *mistakes)
{
	return mistakes->count < MOST_MISTAKES ? mistakes->count : MOST_MISTAKES;
}

static struct colour digit_cell(const void *context, size_t tile, int x, int y)
{
	const struct mistakes *mistakes = context;
	const uint8_t *pixels = dataset_image(mistakes->dataset, mistakes->list[tile].index);

	return colour_ink(pixels[y * mistakes->dataset->width + x] / 255.0);
}

static struct colour verdict_line(const void *context, size_t tile, int line,
								  char text[SHEET_CAPTION])
{
	const struct colour colours[] = {{120, 220, 130}, {255, 130, 110}, sheet_light, sheet_dim};
	const struct mistakes *mistakes = context;
	const struct prediction *p = &mistakes->list[tile];
	const struct class_label *all = mistakes->classes->all;

	if (line == 0)
		snprintf(text, SHEET_CAPTION, "is %.*s", text_fit(all[p->label].name, CAPTION_NAME),
				 all[p->label].name);
	else if (line == 1)
		snprintf(text, SHEET_CAPTION, "read %.*s", text_fit(all[p->class].name, CAPTION_NAME),
				 all[p->class].name);
	else if (line == 2)
		snprintf(text, SHEET_CAPTION, "%.1f%%", 100 * p->probability);
	else
		snprintf(text, SHEET_CAPTION, "#%zu", p->index);
	return colours[line];
}

static struct sheet_block block_of(struct mistakes *mistakes, size_t count, const char *who)
{
	const struct dataset *dataset = mistakes->dataset;

	snprintf(mistakes->title, sizeof mistakes->title, "%zu of %zu misread%s%s", mistakes->count,
			 count, who,
			 shown(mistakes) < mistakes->count ? ", the worst"
			 : mistakes->count > 1             ? ", the worst first"
											   : "");
	/* clang-format off */
	return (struct sheet_block){
		.title = mistakes->title, .count = shown(mistakes), .context = mistakes, .gap = 14,
		.width = dataset->width, .height = dataset->height,
		.scale = sheet_scale(dataset->width, dataset->height, LEAST_SIDE),
		.cell = digit_cell,
		.beside = true, .lines = 4,
		.characters = (int)strlen("read ") + classes_width(mistakes->classes, CAPTION_NAME),
		.text_scale = 2, .caption = verdict_line,
	};
	/* clang-format on */
}

int eval_write_mistakes(struct eval_file file, const struct dataset *dataset,
						const struct classes *classes, const struct prediction *predictions,
						const struct prediction *rival, size_t count, struct error *error)
{
	struct mistakes own = {.dataset = dataset, .classes = classes}, other = own;
	int status = 0;

	if (!file.path)
		return 0;
	status = list_mistakes(&own, predictions, rival, count, error) ||
			 (rival && list_mistakes(&other, rival, predictions, count, error));
	if (!status) {
		const struct sheet_block blocks[] = {
			block_of(&own, count, rival ? " by --model alone" : ""),
			block_of(&other, count, " by --against alone"),
		};
		status = announce(file, sheet_save(file.path, blocks, rival ? 2 : 1, error),
						  shown(&own) < own.count || shown(&other) < other.count
							  ? ": the %zu worst mistakes\n"
							  : ": %zu mistakes\n",
						  shown(&own) + shown(&other));
	}
	free(own.list);
	free(other.list);
	return status ? -1 : 0;
}
