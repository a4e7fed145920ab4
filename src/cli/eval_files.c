/* Files are made in memory and written as a whole. */
#include "cli/eval_files.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/file.h"
#include "draw/sheet.h"

#define MOST_ROW 64 /* bytes of the longest row of a prediction */

int eval_write_predictions(const char *path, const struct prediction *predictions, size_t count,
						   struct error *error)
{
	size_t size, used;
	char *text = NULL;
	int status;

	if (checked_multiply(count + 1, MOST_ROW, &size))
		text = malloc(size);
	if (!text)
		return error_set(error, "%s: not enough memory for %zu rows", path, count);
	used = (size_t)sprintf(text, "index,label,prediction,probability\n");
	for (size_t i = 0; i < count; i++) {
		const struct prediction *p = &predictions[i];
		used += (size_t)snprintf(text + used, MOST_ROW, "%zu,%d,%d,%.6f\n", p->index, p->label,
								 p->digit, p->probability);
	}
	status = file_replace(path, text, used, error);
	free(text);
	return status;
}

int eval_write_confusion(const char *path, const struct evaluation *evaluation, struct error *error)
{
	char text[(DATASET_CLASSES + 1) * (DATASET_CLASSES + 1) * 21]; /* at most 20 figures */
	int used = sprintf(text, "label");

	for (int prediction = 0; prediction < DATASET_CLASSES; prediction++)
		used += sprintf(text + used, ",%d", prediction);
	for (int label = 0; label < DATASET_CLASSES; label++) {
		used += sprintf(text + used, "\n%d", label);
		for (int prediction = 0; prediction < DATASET_CLASSES; prediction++)
			used += sprintf(text + used, ",%zu", evaluation->confusion[label][prediction]);
	}
	used += sprintf(text + used, "\n");
	return file_replace(path, text, (size_t)used, error);
}

struct mistakes {
	const struct dataset *dataset;
	struct prediction *list; /* the worst first */
	size_t count;
};

static int worst_first(const void *a, const void *b)
{
	const struct prediction *first = a, *second = b;

	if (first->of_label != second->of_label)
		return first->of_label < second->of_label ? -1 : 1;
	return first->index < second->index ? -1 : first->index > second->index;
}

static struct colour digit_cell(const void *context, size_t tile, int x, int y)
{
	const struct mistakes *mistakes = context;
	const size_t index = mistakes->list[tile].index;

	return colour_ink(
		mistakes->dataset->images[index * DATASET_PIXELS + (size_t)(y * DATASET_SIDE + x)] / 255.0);
}

static struct colour verdict_line(const void *context, size_t tile, int line,
								  char text[SHEET_CAPTION])
{
	static const struct colour right = {120, 220, 130}, wrong = {255, 130, 110};
	const struct mistakes *mistakes = context;
	const struct prediction *p = &mistakes->list[tile];

	switch (line) {
	case 0:
		snprintf(text, SHEET_CAPTION, "is %d", p->label);
		return right;
	case 1:
		snprintf(text, SHEET_CAPTION, "read %d", p->digit);
		return wrong;
	case 2:
		snprintf(text, SHEET_CAPTION, "%.1f%%", 100 * p->probability);
		return sheet_light;
	default:
		snprintf(text, SHEET_CAPTION, "#%zu", p->index);
		return sheet_dim;
	}
}

int eval_write_mistakes(const char *path, const struct dataset *dataset,
						const struct prediction *predictions, size_t count, size_t *shown,
						struct error *error)
{
	struct mistakes mistakes = {.dataset = dataset};
	char title[100];
	int status;

	mistakes.list = malloc((count + 1) * sizeof *mistakes.list);
	if (!mistakes.list)
		return error_set(error, "%s: not enough memory for %zu mistakes", path, count);
	for (size_t i = 0; i < count; i++)
		if (predictions[i].digit != predictions[i].label)
			mistakes.list[mistakes.count++] = predictions[i];
	qsort(mistakes.list, mistakes.count, sizeof *mistakes.list, worst_first);
	*shown = mistakes.count < EVAL_MOST_MISTAKES ? mistakes.count : EVAL_MOST_MISTAKES;

	snprintf(title, sizeof title, "%zu of %zu misread%s", mistakes.count, count,
			 *shown < mistakes.count ? ", the worst"
			 : *shown > 1            ? ", the worst first"
									 : "");
	const struct sheet_block block = {
		.title = title,
		.count = *shown,
		.width = DATASET_SIDE,
		.height = DATASET_SIDE,
		.scale = 3,
		.gap = 14,
		.context = &mistakes,
		.cell = digit_cell,
		.lines = 4,
		.beside = true,
		.characters = 6,
		.text_scale = 2,
		.caption = verdict_line,
	};
	status = sheet_save(path, &block, 1, error);
	free(mistakes.list);
	return status;
}
