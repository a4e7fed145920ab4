/* mnist-cnn inspect data: statistics and samples of the images, as the network will be given
 * them. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/augment.h"
#include "app/augmenter.h"
#include "app/dataset.h"
#include "base/checked.h"
#include "base/rng.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/loading.h"
#include "cli/report.h"
#include "cli/session.h"
#include "draw/blocks.h"
#include "draw/sheet.h"
#include "formats/json.h"
#include "formats/pixels.h"
#include "nn/executor.h"
#include "nn/loss.h"

#define MOST_NAME 20    /* columns of a class's name */
#define EPOCH 7         /* characters of "epoch 1" */
#define MOST_COLUMNS 10 /* side by side: a sample and its changes */
#define OPTIONS 5       /* rows of inspect_data_fields */

struct inspect_data_values {
	struct dataset_options data;
	const char *sheet;
	enum dataset_part split;
	size_t count;
	bool given[OPTIONS]; /* those that were on the line */
	uint64_t seed;
	struct augment augment;
	bool json;
	struct common_values common;
};

static const char *part_word(int part)
{
	static const char *const words[] = {"train", "test", NULL};

	return words[part];
}

struct statistics {
	double sum, squares, min, max;
};

/* The others of an epoch are made of all images. */
static struct replacer replacer_of(const struct inspect_data_values *values,
								   const struct dataset *dataset, uint64_t epoch)
{
	return (struct replacer){
		.others = values->augment.others,
		.drawn = values->augment.drawn,
		.dataset = dataset,
		.count = dataset->count,
		.rng = rng_stream(values->seed, RNG_REPLACE, epoch),
	};
}

/* Room for one image on its way. */
struct workspace {
	struct augmenter augmenter;
	float x[IMAGE_MOST_SIDE * IMAGE_MOST_SIDE];
	float room[]; /* of executor_room numbers */
};

/* workspace->x = the image as that epoch has it. */
static void change(const struct inspect_data_values *values, const struct dataset *dataset,
				   struct workspace *workspace, uint32_t image, uint64_t epoch)
{
	const struct replacer replacer = replacer_of(values, dataset, epoch);
	const struct augmented augmented = {
		.selection = {dataset, &image},
		.augmenter = &workspace->augmenter,
		.rng = rng_stream(values->seed, RNG_AUGMENT, epoch),
		.replacer = &replacer,
	};

	augmented_load(&augmented, 0, 1, workspace->room, workspace->x);
}

static void add_values(struct statistics *s, const float *x, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const double value = (double)x[i];
		s->sum += value;
		s->squares += value * value;
		s->min = value < s->min ? value : s->min;
		s->max = value > s->max ? value : s->max;
	}
}

enum { IN_FILE, NORMALIZED, AUGMENTED, KINDS };

/* Statistics of the bytes as they are in the file, of the floats that a batch gathers from them
 * and, where there is augmentation, of those that the first epoch gathers. */
static void measure(const struct inspect_data_values *values, const struct dataset *dataset,
					struct workspace *workspace, struct statistics s[KINDS])
{
	const struct statistics empty = {.min = HUGE_VAL, .max = -HUGE_VAL};
	const size_t size = dataset_image_size(dataset);
	float *x = workspace->x;

	s[IN_FILE] = s[NORMALIZED] = s[AUGMENTED] = empty;
	for (size_t image = 0; image < dataset->count; image++) {
		const uint32_t index = (uint32_t)image;
		const struct selection selection = {dataset, &index};
		const uint8_t *pixels = dataset_image(dataset, image);

		for (size_t i = 0; i < size; i++)
			x[i] = pixels[i];
		add_values(&s[IN_FILE], x, size);
		selection_load(&selection, 0, 1, workspace->room, x);
		add_values(&s[NORMALIZED], x, size);
		if (augment_is_none(&values->augment))
			continue;
		change(values, dataset, workspace, index, 1);
		add_values(&s[AUGMENTED], x, size);
	}
}

static void print_classes(FILE *out, const struct dataset *dataset)
{
	size_t counts[CLASSES_MOST];

	if (!dataset->labels)
		return;
	dataset_count_classes(dataset, counts);
	const int longest = classes_width(&dataset->classes, MOST_NAME);
	const int width = longest > 5 ? longest : 5;
	fprintf(out, "\n%*s   images    part\n", width, "class");
	for (int i = 0; i < dataset->classes.count; i++) {
		report_name(out, dataset->classes.all[i].name, width);
		fprintf(out, "  %7zu  %5.2f%%\n", counts[i],
				100 * (double)counts[i] / (double)dataset->count);
	}
}

static double mean_of(const struct statistics *s, const struct dataset *dataset)
{
	return s->sum / ((double)dataset->count * (double)dataset_image_size(dataset));
}

static double deviation_of(const struct statistics *s, const struct dataset *dataset)
{
	const double count = (double)dataset->count * (double)dataset_image_size(dataset);
	const double mean = mean_of(s, dataset);

	return sqrt(fmax(s->squares / count - mean * mean, 0));
}

/* All that as one object of JSON. */
static void print_summary_json(FILE *out, const struct inspect_data_values *values,
							   const struct dataset *dataset, const struct statistics s[KINDS],
							   int kinds)
{
	static const char *const names[KINDS] = {"in_file", "normalized", "augmented"};
	size_t counts[CLASSES_MOST];

	fputs("{\"place\":", out);
	json_print_text(out, dataset->place);
	fprintf(out, ",\"split\":\"%s\",\"images\":%zu,\"height\":%d,\"width\":%d",
			part_word((int)values->split), dataset->count, dataset->height, dataset->width);
	if (dataset->labels) {
		dataset_count_classes(dataset, counts);
		for (int i = 0; i < dataset->classes.count; i++) {
			fputs(i ? ",{\"class\":" : ",\"classes\":[{\"class\":", out);
			json_print_text(out, dataset->classes.all[i].name);
			fprintf(out, ",\"label\":%d,\"images\":%zu}", (int)dataset->classes.all[i].label,
					counts[i]);
		}
		fputs("]", out);
	}
	for (int kind = 0; kind < kinds; kind++) {
		fprintf(out, ",\"%s\":{\"mean\":", names[kind]);
		json_print_number(out, mean_of(&s[kind], dataset));
		fputs(",\"deviation\":", out);
		json_print_number(out, deviation_of(&s[kind], dataset));
		fprintf(out, ",\"min\":%.9g,\"max\":%.9g}", s[kind].min, s[kind].max);
	}
	fputs("}\n", out);
}

static void print_summary(FILE *out, const struct inspect_data_values *values,
						  const struct dataset *dataset, struct workspace *workspace)
{
	static const char *const names[KINDS] = {"in file", "normalized", "augmented"};
	const int kinds = augment_is_none(&values->augment) ? AUGMENTED : KINDS;
	struct statistics s[KINDS];

	measure(values, dataset, workspace, s);
	if (values->json) {
		print_summary_json(out, values, dataset, s, kinds);
		return;
	}
	fprintf(out, "%zu %s images of %d×%d pixels in ", dataset->count,
			values->split == DATASET_TRAIN ? "training" : "test", dataset->height, dataset->width);
	text_print_name(out, dataset->place);
	fputc('\n', out);
	report_loading(out, dataset);
	print_classes(out, dataset);
	fprintf(out, "\npixels          mean  deviation     min     max\n");
	for (int kind = 0; kind < kinds; kind++)
		fprintf(out, "%-10s  %8.4f  %9.4f  %6g  %6g\n", names[kind], mean_of(&s[kind], dataset),
				deviation_of(&s[kind], dataset), s[kind].min, s[kind].max);
}

/* Tiles in rows: a sample, and beside it the sample as training changes it in epochs 1, 2 and on.
 * Tile i is sample order[i / columns] in epoch i % columns, where 0 is the sample itself. */
struct samples {
	const struct inspect_data_values *values;
	const struct dataset *dataset;
	uint32_t *order; /* a shuffle of all images, of which the first `rows` are shown */
	size_t rows, columns;
	uint8_t
		*pixels; /* [rows][columns][height][width], of which those of epoch 0 are unused; or NULL */
};

static const uint8_t *pixels_of(const struct samples *samples, size_t tile)
{
	if (tile % samples->columns)
		return samples->pixels + tile * dataset_image_size(samples->dataset);
	return dataset_image(samples->dataset, samples->order[tile / samples->columns]);
}

/* The name of a sample's class, "none" where it was replaced by another image of this epoch, or ""
 * where it has no label. */
static const char *name_of(const struct samples *samples, size_t tile)
{
	const size_t epoch = tile % samples->columns;
	const struct replacer replacer = replacer_of(samples->values, samples->dataset, epoch);
	const uint32_t image = samples->order[tile / samples->columns];
	const struct dataset *dataset = samples->dataset;

	if (!dataset->labels)
		return "";
	const int label = epoch ? replace_label(&replacer, image) : dataset->labels[image];
	return label == LABEL_NONE ? "none" : dataset->classes.all[label].name;
}

/* order and pixels are to be freed, also after an error. */
static int samples_choose(struct samples *samples, struct workspace *workspace, struct error *error)
{
	const struct inspect_data_values *values = samples->values;
	const size_t count = samples->dataset->count, tiles = samples->rows * samples->columns;
	const size_t size = dataset_image_size(samples->dataset);
	const bool augmented = samples->columns > 1;
	size_t bytes;

	samples->order = malloc(sizeof *samples->order * count);
	if (augmented && checked_multiply(tiles, size, &bytes))
		samples->pixels = malloc(bytes);
	if (!samples->order || (augmented && !samples->pixels))
		return error_scarce(error, "not enough memory for %zu samples", samples->rows);
	for (size_t i = 0; i < count; i++)
		samples->order[i] = (uint32_t)i;
	rng_shuffle(rng_stream(values->seed, RNG_SAMPLES, 0), samples->order, count);

	for (size_t tile = 0; augmented && tile < tiles; tile++) {
		const size_t epoch = tile % samples->columns;

		if (!epoch)
			continue;
		change(values, samples->dataset, workspace, samples->order[tile / samples->columns], epoch);
		for (size_t i = 0; i < size; i++)
			samples->pixels[tile * size + i] = (uint8_t)(workspace->x[i] * 255 + 0.5f);
	}
	return 0;
}

static struct colour sample_cell(const void *context, size_t tile, int x, int y)
{
	const struct samples *samples = context;

	return colour_ink(pixels_of(samples, tile)[y * samples->dataset->width + x] / 255.0);
}

static struct colour sample_caption(const void *context, size_t tile, int line,
									char text[SHEET_CAPTION])
{
	const struct samples *samples = context;
	const size_t epoch = tile % samples->columns;
	const char *name = name_of(samples, tile);

	(void)line;
	if (epoch && strcmp(name, "none"))
		snprintf(text, SHEET_CAPTION, "epoch %zu", epoch);
	else
		snprintf(text, SHEET_CAPTION, "%.*s", text_fit(name, CAPTION_NAME), name);
	return epoch ? sheet_dim : sheet_light;
}

/* As many rows as columns, or fewer, and the columns are a multiple of ten. */
static size_t columns_of(size_t count)
{
	size_t columns = 10;

	while (columns * columns < count)
		columns += 10;
	return columns;
}

/* The more samples there are, and the larger they are, the less they are enlarged. */
static int write_sheet(const char *path, const struct samples *samples, struct error *error)
{
	const size_t count = samples->rows * samples->columns;
	const bool augmented = samples->columns > 1;
	const struct dataset *dataset = samples->dataset;
	const int names = dataset->labels ? classes_width(&dataset->classes, CAPTION_NAME) : 1;
	const int room = augmented || count <= 400 ? 90 : count <= 3000 ? 60 : 30; /* pixels */
	/* clang-format off */
	const struct sheet_block block = {
		.count = count, .columns = augmented ? samples->columns : columns_of(count),
		.context = samples,
		.width = dataset->width, .height = dataset->height, .cell = sample_cell,
		.scale = sheet_scale(dataset->width, dataset->height, room), .gap = room / 7,
		.lines = 1, .characters = augmented && names < EPOCH ? EPOCH : names,
		.text_scale = room > 60 ? 3 : room > 30 ? 2 : 1, .caption = sample_caption,
	};
	/* clang-format on */

	return sheet_save(path, &block, 1, error);
}

static struct blocks_picture sample_picture(const struct samples *samples, size_t tile)
{
	const size_t epoch = tile % samples->columns;
	struct blocks_picture picture = {.pixels = pixels_of(samples, tile),
									 .width = samples->dataset->width,
									 .height = samples->dataset->height};
	const char *name = name_of(samples, tile);

	if (epoch)
		snprintf(picture.caption, BLOCKS_CAPTION, "%.*s  epoch %u", text_fit(name, CAPTION_NAME),
				 name, (unsigned)epoch);
	else
		snprintf(picture.caption, BLOCKS_CAPTION, "%.*s  #%lu", text_fit(name, CAPTION_NAME), name,
				 (unsigned long)samples->order[tile / samples->columns]);
	return picture;
}

/* Each augmented sample has a row of its own. */
static int draw(const struct samples *samples, enum blocks_style style, int width,
				struct error *error)
{
	const size_t count = samples->rows * samples->columns;
	const size_t together = samples->columns > 1 ? samples->columns : count;
	struct blocks_picture *pictures = calloc(together, sizeof *pictures);

	if (!pictures)
		return error_scarce(error, "not enough memory for %zu pictures", together);
	for (size_t done = 0; done < count; done += together) {
		for (size_t i = 0; i < together; i++)
			pictures[i] = sample_picture(samples, done + i);
		fputc('\n', stdout);
		blocks_draw_all(stdout, style, pictures, together, width);
	}
	free(pictures);
	return 0;
}

static int show_samples(const struct inspect_data_values *values, const struct dataset *dataset,
						struct workspace *workspace, size_t count, struct error *error)
{
	const int width = terminal_width(stdout);
	const size_t fit = values->sheet ? MOST_COLUMNS : blocks_fit(dataset->width, width);
	struct samples samples = {.values = values, .dataset = dataset, .rows = count, .columns = 1};
	int status;

	if (count == 0 || (values->json && !values->sheet))
		return 0;
	if (!augment_is_none(&values->augment))
		samples.columns = fit < 2 ? 2 : fit < MOST_COLUMNS ? fit : MOST_COLUMNS;
	status = samples_choose(&samples, workspace, error);
	if (!status && values->sheet)
		status = write_sheet(values->sheet, &samples, error);
	else if (!status)
		status = draw(&samples, blocks_style(stdout, values->common.no_color), width, error);
	free(samples.order);
	free(samples.pixels);
	return status;
}

static int inspect_data(const struct inspect_data_values *values, const struct file_option *files,
						const struct dataset *dataset, struct error *error)
{
	FILE *out = files_report_stream(files, values->common.quiet);
	size_t count = values->count;

	if (count > dataset->count && options_given(command_inspect_data.options, values, "count"))
		return error_set(error, "--count: %zu, but %s has %zu images", count, dataset->place,
						 dataset->count);
	if (augment_check(&values->augment, dataset, error))
		return error_prefix(error, "--augment");
	if (files_check_outputs(files, error))
		return -1;
	struct workspace *workspace =
		malloc(sizeof *workspace + executor_room(dataset->height, dataset->width) * sizeof(float));
	if (!workspace)
		return error_scarce(error, "not enough memory for an image");
	augmenter_prepare(&workspace->augmenter, &values->augment, dataset->height, dataset->width);
	if (out)
		print_summary(out, values, dataset, workspace);
	const int status = show_samples(values, dataset, workspace,
									count < dataset->count ? count : dataset->count, error);
	free(workspace);
	return status;
}

static int load(const struct inspect_data_values *values, struct dataset_options *data,
				struct dataset *dataset, struct error *error)
{
	struct loading loading;

	loading_begin(&loading, data, stderr, &values->common);
	const enum dataset_fault fault = dataset_load(dataset, data, values->split, NULL, error);
	loading_end(&loading);
	return advise_on_dataset(fault, error);
}

static int inspect_data_run(void *v, int operand_count, char **operands, struct error *error)
{
	const struct inspect_data_values *values = v;
	const struct file_option files[] = {{"--sheet", values->sheet, true}, {NULL, NULL, false}};
	struct engine_values threads = {.kernels = "auto"};
	struct dataset_options data = values->data;
	struct dataset dataset = {0};
	struct engine engine = {0};

	(void)operand_count, (void)operands;
	if (values->sheet && values->count == 0) {
		error_set(error, "--sheet: no samples to write with --count 0");
		return STATUS_USAGE;
	}
	if (files_check_distinct(files, &values->data, error) ||
		files_check_json(files, values->json, error) || engine_values_settle(&threads, error))
		return STATUS_USAGE;
	bool failed = engine_open(&engine, threads.kernels, (int)threads.threads, error);
	data.workers = engine.workers;
	failed = failed || load(values, &data, &dataset, error) ||
			 inspect_data(values, files, &dataset, error);
	dataset_free(&dataset);
	engine_close(&engine);
	return failed ? STATUS_FAILED : STATUS_DONE;
}

#define AT(field) offsetof(struct inspect_data_values, field)

/* clang-format off */
static const struct field inspect_data_fields[OPTIONS + 1] = {
	{"split", FIELD_CHOICE, AT(split), .word = part_word, .help = "the images"},
	{"count", FIELD_SIZE, AT(count), "N", .most = UINT32_MAX, .standard = 10,
	 .help = "how many samples to show"},
	{"seed", FIELD_UINT64, AT(seed), "N", .most = UINT64_MAX, .standard = 1,
	 .help = "chooses the samples and their changes"},
	{"augment", FIELD_OTHER, AT(augment), "LIST", .codec = &augment_codec,
	 .help = "show each sample and beside it, epoch by epoch, what 'train' with the same list and "
			 "seed makes of it"},
	{"sheet", FIELD_TEXT, AT(sheet), "FILE", .stream = STREAM_OUTPUT,
	 .help = "write the samples with their labels as a picture, PNG (FILE.png) or PGM, instead of "
			 "drawing them"},
	{.name = NULL},
};

static const struct field inspect_data_format_fields[] = {
	{"json", FIELD_FLAG, AT(json), .help = "print one object of JSON, and draw no samples"},
	{.name = NULL},
};

const struct command command_inspect_data = {
	.name = "inspect data", .summary = "show counts, pixel statistics and samples of the data",
	.options = (const struct option_section[]){
		{.fields = data_fields, .offset = AT(data)},
		{.fields = inspect_data_fields, .given = AT(given)},
		{.fields = inspect_data_format_fields},
		{.fields = common_fields, .offset = AT(common)},
		{.fields = NULL}},
	.values_size = sizeof(struct inspect_data_values),
	.run = inspect_data_run, .explain = command_explain_augment,
};
/* clang-format on */
