/* mnist-cnn inspect data: see with your own eyes what the network will be given. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "app/dataset.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/picture.h"
#include "cli/report.h"
#include "formats/pgm.h"

#define BATCH 100
#define SAMPLES 10 /* where --count does not say how many */

struct inspect_values {
	const char *data, *sheet;
	int split; /* enum dataset_part */
	size_t count;
	uint64_t seed;
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

/* The bytes as they are in the file, and the floats as gathering a batch makes them. */
static int measure(const struct dataset *dataset, struct statistics *before,
				   struct statistics *after, struct error *error)
{
	float *x /* NHWC */ = malloc(sizeof *x * BATCH * DATASET_PIXELS);
	uint32_t indices[BATCH];

	if (!x)
		return error_set(error, "not enough memory for a batch of %d images", BATCH);
	for (size_t first = 0; first < dataset->count; first += BATCH) {
		size_t n = dataset->count - first < BATCH ? dataset->count - first : BATCH;

		for (size_t i = 0; i < n; i++)
			indices[i] = (uint32_t)(first + i);
		dataset_gather(dataset, indices, (int)n, x);
		for (size_t i = 0; i < n * DATASET_PIXELS; i++) {
			add_value(before, dataset->images[first * DATASET_PIXELS + i]);
			add_value(after, (double)x[i]);
		}
	}
	free(x);
	return 0;
}

static void print_statistics(FILE *out, const char *name, const struct statistics *s,
							 double count)
{
	double mean = s->sum / count, variance = s->squares / count - mean * mean;

	fprintf(out, "%-10s  %8.4f  %9.4f  %6g  %6g\n", name, mean, sqrt(variance > 0 ? variance : 0),
			s->min, s->max);
}

static int print_summary(FILE *out, const struct dataset *dataset, const char *part,
						 struct error *error)
{
	struct statistics before = {.min = HUGE_VAL, .max = -HUGE_VAL}, after = before;
	size_t counts[DATASET_CLASSES] = {0};
	double count = (double)dataset->count * DATASET_PIXELS;

	if (measure(dataset, &before, &after, error) != 0)
		return -1;
	for (size_t i = 0; i < dataset->count; i++)
		counts[dataset->labels[i]]++;
	fprintf(out, "%zu %s images of %d×%d pixels in ", dataset->count, part, DATASET_SIDE,
			DATASET_SIDE);
	report_name(out, dataset->directory);
	fprintf(out, "\n\ndigit   images    part\n");
	for (int digit = 0; digit < DATASET_CLASSES; digit++)
		fprintf(out, "%5d  %7zu  %5.2f%%\n", digit, counts[digit],
				100 * (double)counts[digit] / (double)dataset->count);
	fprintf(out, "\npixels          mean  deviation     min     max\n");
	print_statistics(out, "in file", &before, count);
	print_statistics(out, "normalized", &after, count);
	return 0;
}

/* The first `count` of a seeded shuffle; *pictures is freed with free(). */
static int choose(const struct dataset *dataset, size_t count, uint64_t seed,
				  struct picture **pictures, struct error *error)
{
	uint32_t *order = malloc(sizeof *order * dataset->count);

	*pictures = malloc(sizeof **pictures * (count ? count : 1));
	if (!order || !*pictures) {
		free(order);
		free(*pictures);
		*pictures = NULL;
		return error_set(error, "not enough memory for %zu samples", count);
	}
	for (size_t i = 0; i < dataset->count; i++)
		order[i] = (uint32_t)i;
	rng_shuffle(rng_stream(seed, RNG_SAMPLES, 0), order, dataset->count);
	for (size_t i = 0; i < count; i++)
		(*pictures)[i] = (struct picture){
			.pixels = dataset->images + (size_t)order[i] * DATASET_PIXELS,
			.label = dataset->labels[order[i]],
			.index = order[i],
		};
	free(order);
	return 0;
}

static int write_sheet(const char *path, const struct picture *pictures, size_t count,
					   struct error *error)
{
	struct buffer file = {0};
	uint8_t *pixels;
	int width, height, status;

	if (picture_sheet(pictures, count, &pixels, &width, &height, error) != 0)
		return -1;
	status = pgm_write(pixels, width, height, &file, error);
	free(pixels);
	if (status == 0)
		status = file_replace(path, file.data, file.size, error);
	buffer_free(&file);
	return status;
}

static int show_samples(const struct inspect_values *values, const struct dataset *dataset,
						size_t count, struct error *error)
{
	struct picture *pictures;
	int status = 0;

	if (count == 0)
		return 0;
	if (choose(dataset, count, values->seed, &pictures, error) != 0)
		return -1;
	if (values->sheet) {
		status = write_sheet(values->sheet, pictures, count, error);
	} else {
		fputc('\n', stdout);
		picture_draw_all(stdout, pictures, count, terminal_width(stdout));
	}
	free(pictures);
	return status;
}

static int inspect(const struct inspect_values *values, const struct dataset *dataset,
				   struct error *error)
{
	const char *part = values->split == DATASET_TRAIN ? "training" : "test";
	bool sheet_on_stdout = values->sheet && file_is_stream(values->sheet, stdout);
	size_t count = values->count;

	if (count > dataset->count && count != SAMPLES)
		return error_set(error, "--count: %zu, but %s has %zu images", count, dataset->directory,
						 dataset->count);
	if (values->sheet && file_check_replace(values->sheet, error) != 0)
		return -1;
	if (!(sheet_on_stdout && values->common.quiet) &&
		print_summary(sheet_on_stdout ? stderr : stdout, dataset, part, error) != 0)
		return -1;
	return show_samples(values, dataset, count < dataset->count ? count : dataset->count, error);
}

static int inspect_run(const void *v, int operand_count, char **operands)
{
	const struct inspect_values *values = v;
	struct dataset dataset;
	struct error error;
	int status = STATUS_DONE;

	(void)operand_count;
	(void)operands;
	if (values->sheet && values->count == 0) {
		error_set(&error, "--sheet: no samples to write with --count 0");
		return command_misused(&command_inspect_data, &error);
	}
	if (dataset_load(&dataset, values->data, (enum dataset_part)values->split, &error) != 0)
		return command_fail(&error);
	if (inspect(values, &dataset, &error) != 0)
		status = command_fail(&error);
	dataset_free(&dataset);
	return status;
}

static void inspect_defaults(void *values)
{
	*(struct inspect_values *)values =
		(struct inspect_values){.split = DATASET_TRAIN, .count = SAMPLES, .seed = 1};
}

#define AT(field) offsetof(struct inspect_values, field)

static const struct option inspect_table[] = {
	{.name = "data", .type = OPTION_TEXT, .argument = "DIR", .offset = AT(data),
	 .help = HELP_DATA},
	{.name = "split", .type = OPTION_CHOICE, .argument = "train|test", .offset = AT(split),
	 .help = "the images"},
	{.name = "count", .type = OPTION_SIZE, .argument = "N", .offset = AT(count),
	 .most = UINT32_MAX, .help = "how many samples to show"},
	{.name = "seed", .type = OPTION_UINT64, .argument = "N", .offset = AT(seed),
	 .most = UINT64_MAX, .help = "chooses the samples"},
	{.name = "sheet", .type = OPTION_TEXT, .argument = "FILE", .offset = AT(sheet),
	 .help = "write the samples as a PGM picture, a grid with the labels, instead of drawing them"},
	COMMON_OPTIONS(AT(common)),
	{.name = NULL},
};

const struct command command_inspect_data = {
	.name = "inspect data",
	.summary = "show counts, pixel statistics and samples of the data",
	.options = inspect_table,
	.values_size = sizeof(struct inspect_values),
	.defaults = inspect_defaults,
	.run = inspect_run,
};
