/* mnist-cnn inspect data: see with your own eyes what the network will be given. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/augment.h"
#include "app/dataset.h"
#include "app/warp.h"
#include "base/checked.h"
#include "base/rng.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/files.h"
#include "draw/blocks.h"
#include "draw/sheet.h"

#define BATCH 100
#define SAMPLES 10      /* where --count does not say how many */
#define MOST_COLUMNS 10 /* of a sample and its changes */

struct inspect_data_values {
	const char *data, *sheet;
	enum dataset_part split;
	size_t count;
	bool count_given;
	uint64_t seed;
	struct augment augment;
	struct common_values common;
};

struct statistics {
	double sum, squares, min, max;
};

static void add_value(struct statistics *s, double value)
{
	s->sum += value;
	s->squares += value * value;
	s->min = value < s->min ? value : s->min;
	s->max = value > s->max ? value : s->max;
}

enum { IN_FILE, NORMALIZED, AUGMENTED, KINDS };

/* The bytes as they are in the file, the floats as gathering a batch makes them, and those of the
 * first epoch where there is augmentation. */
static int measure(const struct inspect_data_values *values, const struct dataset *dataset,
				   struct statistics s[KINDS], struct error *error)
{
	float *x /* NHWC */ = malloc(sizeof *x * BATCH * DATASET_PIXELS);
	uint32_t indices[BATCH];
	struct augmenter augmenter;
	const struct augmented augmented = {
		{dataset, indices}, &augmenter, augment_rng(values->seed, 1)};

	if (!x)
		return error_set(error, "not enough memory for a batch of %d images", BATCH);
	augmenter_prepare(&augmenter, &values->augment);
	for (size_t first = 0; first < dataset->count; first += BATCH) {
		size_t n = dataset->count - first < BATCH ? dataset->count - first : BATCH;

		for (size_t i = 0; i < n; i++)
			indices[i] = (uint32_t)(first + i);
		dataset_gather(dataset, indices, (int)n, x);
		for (size_t i = 0; i < n * DATASET_PIXELS; i++) {
			add_value(&s[IN_FILE], dataset->images[first * DATASET_PIXELS + i]);
			add_value(&s[NORMALIZED], (double)x[i]);
		}
		if (augment_is_none(&values->augment))
			continue;
		augmented_load(&augmented, 0, (int)n, x);
		for (size_t i = 0; i < n * DATASET_PIXELS; i++)
			add_value(&s[AUGMENTED], (double)x[i]);
	}
	free(x);
	return 0;
}

static void print_statistics(FILE *out, const char *name, const struct statistics *s, double count)
{
	double mean = s->sum / count, variance = s->squares / count - mean * mean;

	fprintf(out, "%-10s  %8.4f  %9.4f  %6g  %6g\n", name, mean, sqrt(variance > 0 ? variance : 0),
			s->min, s->max);
}

static int print_summary(FILE *out, const struct inspect_data_values *values,
						 const struct dataset *dataset, struct error *error)
{
	const char *part = values->split == DATASET_TRAIN ? "training" : "test";
	const struct statistics empty = {.min = HUGE_VAL, .max = -HUGE_VAL};
	struct statistics s[KINDS] = {empty, empty, empty};
	size_t counts[DATASET_CLASSES] = {0};
	double count = (double)dataset->count * DATASET_PIXELS;

	if (measure(values, dataset, s, error))
		return -1;
	for (size_t i = 0; i < dataset->count; i++)
		counts[dataset->labels[i]]++;
	fprintf(out, "%zu %s images of %d×%d pixels in ", dataset->count, part, DATASET_SIDE,
			DATASET_SIDE);
	text_print_name(out, dataset->directory);
	fprintf(out, "\n\ndigit   images    part\n");
	for (int digit = 0; digit < DATASET_CLASSES; digit++)
		fprintf(out, "%5d  %7zu  %5.2f%%\n", digit, counts[digit],
				100 * (double)counts[digit] / (double)dataset->count);
	fprintf(out, "\npixels          mean  deviation     min     max\n");
	print_statistics(out, "in file", &s[IN_FILE], count);
	print_statistics(out, "normalized", &s[NORMALIZED], count);
	if (!augment_is_none(&values->augment))
		print_statistics(out, "augmented", &s[AUGMENTED], count);
	return 0;
}

/* Pictures in rows: a sample, and what augmentation makes of it in epochs 1, 2 and on. */
struct samples {
	struct blocks_image *pictures; /* [rows][columns] */
	uint8_t *pixels;               /* [rows][columns][28][28], of those that are augmented */
	size_t rows, columns;
};

static void samples_free(struct samples *samples)
{
	free(samples->pictures);
	free(samples->pixels);
}

static void augment_picture(const struct augmenter *augmenter, uint64_t seed,
							const struct blocks_image *sample, struct blocks_image *picture,
							uint8_t *pixels)
{
	float x[DATASET_PIXELS];

	augment_image(augmenter, augment_rng(seed, picture->epoch), sample->index, sample->pixels, x);
	for (int i = 0; i < DATASET_PIXELS; i++)
		pixels[i] = (uint8_t)(x[i] * 255 + 0.5f);
	picture->pixels = pixels;
}

/* The first of a seeded shuffle, as many as there are rows. */
static void fill(const struct samples *samples, const struct inspect_data_values *values,
				 const struct dataset *dataset, const uint32_t *order)
{
	struct augmenter augmenter;

	augmenter_prepare(&augmenter, &values->augment);
	for (size_t i = 0; i < samples->rows * samples->columns; i++) {
		struct blocks_image *picture = samples->pictures + i;
		uint32_t index = order[i / samples->columns];

		*picture = (struct blocks_image){
			.pixels = dataset->images + (size_t)index * DATASET_PIXELS,
			.label = dataset->labels[index],
			.index = index,
			.epoch = (unsigned short)(i % samples->columns),
		};
		if (picture->epoch)
			augment_picture(&augmenter, values->seed, picture - picture->epoch, picture,
							samples->pixels + i * DATASET_PIXELS);
	}
}

/* Free with samples_free. */
static int choose(struct samples *samples, const struct inspect_data_values *values,
				  const struct dataset *dataset, struct error *error)
{
	const bool augmented = samples->columns > 1;
	uint32_t *order = malloc(sizeof *order * dataset->count);
	size_t count, bytes;

	if (checked_multiply(samples->rows, samples->columns, &count) &&
		checked_multiply(count, DATASET_PIXELS, &bytes)) { /* more than a picture takes */
		samples->pictures = malloc(count * sizeof *samples->pictures);
		samples->pixels = malloc(augmented ? bytes : 1);
	}
	if (!order || !samples->pictures || !samples->pixels) {
		free(order);
		samples_free(samples);
		return error_set(error, "not enough memory for %zu samples", samples->rows);
	}
	for (size_t i = 0; i < dataset->count; i++)
		order[i] = (uint32_t)i;
	rng_shuffle(rng_stream(values->seed, RNG_SAMPLES, 0), order, dataset->count);
	fill(samples, values, dataset, order);
	free(order);
	return 0;
}

static struct colour sample_cell(const void *context, size_t tile, int x, int y)
{
	const struct samples *samples = context;

	return colour_ink(samples->pictures[tile].pixels[y * DATASET_SIDE + x] / 255.0);
}

static struct colour sample_caption(const void *context, size_t tile, int line,
									char text[SHEET_CAPTION])
{
	const struct samples *samples = context;
	const struct blocks_image *picture = &samples->pictures[tile];

	(void)line;
	if (!picture->epoch) {
		snprintf(text, SHEET_CAPTION, "%d", picture->label);
		return sheet_light;
	}
	snprintf(text, SHEET_CAPTION, "epoch %d", picture->epoch);
	return sheet_dim;
}

/* Many samples are enlarged less. */
static int write_sheet(const char *path, const struct samples *samples, struct error *error)
{
	const size_t count = samples->rows * samples->columns;
	const bool augmented = samples->columns > 1;
	const int scale = augmented || count <= 400 ? 3 : count <= 3000 ? 2 : 1;
	const struct sheet_block block = {
		.count = count,
		.width = DATASET_SIDE,
		.height = DATASET_SIDE,
		.scale = scale,
		.gap = 4 * scale,
		.columns = augmented ? samples->columns : 0,
		.context = samples,
		.cell = sample_cell,
		.lines = 1,
		.characters = augmented ? (int)strlen("epoch 1") : 1,
		.text_scale = scale > 1 ? 2 : 1,
		.caption = sample_caption,
	};

	return sheet_save(path, &block, 1, error);
}

/* Augmented samples have a row each. */
static void draw(const struct samples *samples, enum blocks_style style, int width)
{
	const size_t count = samples->rows * samples->columns;
	const size_t together = samples->columns > 1 ? samples->columns : count;

	for (size_t done = 0; done < count; done += together) {
		fputc('\n', stdout);
		blocks_draw_all(stdout, style, samples->pictures + done, together, width);
	}
}

static int show_samples(const struct inspect_data_values *values, const struct dataset *dataset,
						size_t count, struct error *error)
{
	const int width = terminal_width(stdout);
	const size_t fit = values->sheet ? MOST_COLUMNS : blocks_fit(width);
	struct samples samples = {.rows = count, .columns = 1};
	int status = 0;

	if (count == 0)
		return 0;
	if (!augment_is_none(&values->augment))
		samples.columns = fit < 2 ? 2 : fit < MOST_COLUMNS ? fit : MOST_COLUMNS;
	if (choose(&samples, values, dataset, error))
		return -1;
	if (values->sheet)
		status = write_sheet(values->sheet, &samples, error);
	else
		draw(&samples, blocks_style(stdout, values->common.no_color), width);
	samples_free(&samples);
	return status;
}

static int inspect_data(const struct inspect_data_values *values, const struct dataset *dataset,
						struct error *error)
{
	const struct file_option files[] = {{"--sheet", values->sheet, true}, {NULL, NULL, false}};
	FILE *out = files_report_stream(files, values->common.quiet);
	size_t count = values->count;

	if (count > dataset->count && values->count_given)
		return error_set(error, "--count: %zu, but %s has %zu images", count, dataset->directory,
						 dataset->count);
	if (files_check_outputs(files, error) || (out && print_summary(out, values, dataset, error)))
		return -1;
	return show_samples(values, dataset, count < dataset->count ? count : dataset->count, error);
}

static int inspect_data_run(void *v, int operand_count, char **operands)
{
	const struct inspect_data_values *values = v;
	struct dataset dataset;
	struct error error;
	int status = STATUS_DONE;

	(void)operand_count, (void)operands;
	if (values->sheet && values->count == 0) {
		error_set(&error, "--sheet: no samples to write with --count 0");
		return command_misused(&command_inspect_data, &error);
	}
	if (dataset_load(&dataset, values->data, values->split, &error))
		return command_fail(&error);
	if (inspect_data(values, &dataset, &error))
		status = command_fail(&error);
	dataset_free(&dataset);
	return status;
}

static const char *split_word(int part)
{
	static const char *const words[] = {"train", "test", NULL};

	return words[part];
}

static void inspect_data_defaults(void *values)
{
	*(struct inspect_data_values *)values =
		(struct inspect_data_values){.split = DATASET_TRAIN, .count = SAMPLES, .seed = 1};
}

static void inspect_data_explain(FILE *out)
{
	command_explain_augment(out);
}

#define AT(field) offsetof(struct inspect_data_values, field)

/* clang-format off */
static const struct field part_fields[] = {
	{"split", FIELD_CHOICE, AT(split), .word = split_word,
	 .help = "the images"},
	{.name = NULL},
};

static const struct field count_fields[] = {
	{"count", FIELD_SIZE, AT(count), "N", .most = UINT32_MAX, .help = "how many samples to show"},
	{.name = NULL},
};

static const struct field sample_fields[] = {
	{"seed", FIELD_UINT64, AT(seed), "N",
	 .most = UINT64_MAX, .help = "chooses the samples and their changes"},
	{"augment", FIELD_OTHER, AT(augment), "LIST", .codec = &augment_codec,
	 .help = "show each sample and beside it, epoch by epoch, what 'train' with the same list and "
			 "seed makes of it"},
	{"sheet", FIELD_TEXT, AT(sheet), "FILE",
	 .help = "write the samples with their labels as a picture, PNG (FILE.png) or PGM, instead of "
			 "drawing them"},
	{.name = NULL},
};
/* clang-format on */

static const struct option_group inspect_data_options[] = {
	{.fields = data_fields, .offset = AT(data)},        {.fields = part_fields},
	{.fields = count_fields, .given = AT(count_given)}, {.fields = sample_fields},
	{.fields = common_fields, .offset = AT(common)},    {.fields = NULL},
};

const struct command command_inspect_data = {
	.name = "inspect data",
	.summary = "show counts, pixel statistics and samples of the data",
	.options = inspect_data_options,
	.values_size = sizeof(struct inspect_data_values),
	.defaults = inspect_data_defaults,
	.run = inspect_data_run,
	.explain = inspect_data_explain,
};
