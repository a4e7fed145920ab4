/* Fuzzing: hostile bytes for everything that reads what others wrote. The environment's FUZZ_TARGET
 * chooses the reader. libFuzzer brings its own main; without it, main runs each file once. */
#define _XOPEN_SOURCE 700

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/augment.h"
#include "app/checkpoint.h"
#include "app/model.h"
#include "cli/command.h"
#include "compute/engine.h"
#include "decompress.h"
#include "formats/crc32.h"
#include "formats/csv.h"
#include "formats/idx.h"
#include "formats/jpeg.h"
#include "formats/json.h"
#include "formats/png.h"
#include "formats/pnm.h"
#include "formats/safetensors.h"
#include "fuzz_export.h"
#include "nn/executor.h"
#include "nn/spec.h"
#include "picture/digit.h"
#include "second_opinion.h"

#define MOST_OUTPUT ((size_t)1 << 16) /* bytes that a compressed file may have */
#define MOST_WEIGHTS 20000            /* of a network that is also run */
#define MOST_OUTPUTS 20000            /* of one of its layers */
#define MOST_WORDS 32

static void require(bool fact)
{
	if (!fact)
		abort();
}

/* The bytes as a C string. Free with free. */
static char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	require(text);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	return text;
}

static void fuzz_gzip(const uint8_t *data, size_t size)
{
	struct buffer ours = {0}, theirs = {0};
	struct error error;
	const bool fine = !decompress_gzip(data, size, MOST_OUTPUT, &ours, &error);
	const enum opinion opinion = opinion_gzip(data, size, MOST_OUTPUT, &theirs);

	if (opinion != OPINION_NONE)
		require(fine == (opinion == OPINION_FINE));
	if (fine && opinion == OPINION_FINE)
		require(ours.size == theirs.size && !memcmp(ours.data, theirs.data, ours.size));
	buffer_free(&ours);
	buffer_free(&theirs);
}

static void fuzz_inflate(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size, 0};
	struct buffer ours = {0}, theirs = {0};
	struct error error;
	size_t used;
	const bool fine = !decompress_stream(&in, MOST_OUTPUT, &ours, &error);
	const enum opinion opinion = opinion_inflate(data, size, MOST_OUTPUT, &theirs, &used);

	if (opinion != OPINION_NONE)
		require(fine == (opinion == OPINION_FINE));
	if (fine && opinion == OPINION_FINE)
		require(in.offset == used && ours.size == theirs.size &&
				(!ours.size || !memcmp(ours.data, theirs.data, ours.size)));
	buffer_free(&ours);
	buffer_free(&theirs);
}

/* A reader that takes a file as it comes gets it in two pieces: the first has as many bytes as the
 * file's last byte says. */
static void fuzz_idx(const uint8_t *data, size_t size)
{
	struct buffer file = {(uint8_t *)text_of(data, size), size};
	struct idx_reader reader = {0};
	struct idx_images images = {0};
	struct idx_labels labels;
	struct error error;
	const size_t first = size ? data[size - 1] % size : 0;

	if (!idx_take(&reader, data, first, &error) &&
		!idx_take(&reader, data + first, size - first, &error) &&
		!idx_end(&reader, &images, &error)) {
		require(images.count > 0 && images.height > 0 && images.width > 0);
		require(images.pixels.count == images.count * images.height * images.width);
	}
	pixels_free(&images.pixels);
	pixels_free(&reader.images.pixels);
	if (!idx_read_labels(&file, &labels, &error))
		free(labels.values);
	buffer_free(&file);
}

static void fuzz_csv(const uint8_t *data, size_t size)
{
	struct csv_reader reader = {0};
	struct csv_images images = {0};
	struct error error;
	const size_t first = size ? data[size - 1] % size : 0;

	if (!csv_take(&reader, data, first, &error) &&
		!csv_take(&reader, data + first, size - first, &error) &&
		!csv_end(&reader, &images, &error)) {
		require(images.count > 0 && images.side > 0);
		require(images.pixels.count == images.count * images.side * images.side);
	}
	csv_images_free(&images);
	csv_reader_free(&reader);
}

static void check_raster(const struct raster *raster)
{
	const size_t count = (size_t)raster->width * (size_t)raster->height;

	require(raster->width > 0 && raster->height > 0 && count <= RASTER_MAX_PIXELS);
	for (size_t i = 0; i < count; i++)
		require(raster->samples[i] <= raster->maxval);
}

/* As pnm_parse, and what it is where it is something else; and what follows it. */
static void fuzz_pnm(const uint8_t *data, size_t size)
{
	struct raster raster;
	struct error error;
	size_t offset = 0;

	do {
		const size_t before = offset;

		if (raster_next(data, size, &offset, &raster, &error))
			return;
		check_raster(&raster);
		raster_free(&raster);
		require(before < offset && offset <= size);
	} while (offset < size);
}

static void fuzz_jpeg(const uint8_t *data, size_t size)
{
	struct raster raster;
	struct error error;

	if (jpeg_parse(data, size, &raster, &error))
		return;
	check_raster(&raster);
	require(opinion_jpeg(data, size, &raster) != OPINION_BROKEN);
	raster_free(&raster);
}

static void fuzz_png(const uint8_t *data, size_t size)
{
	uint8_t *mended = (uint8_t *)text_of(data, size);
	struct raster raster;
	struct error error;

	if (!png_parse(data, size, &raster, &error))
		raster_free(&raster);
	opinion_mend_png(mended, size);
	if (!png_parse(mended, size, &raster, &error)) {
		check_raster(&raster);
		require(opinion_png(mended, size, &raster) != OPINION_BROKEN);
		raster_free(&raster);
	}
	free(mended);
}

/* Each string, written as JSON, is read as it was. */
static void check_json(const struct json *value)
{
	if (value->type == JSON_STRING && strlen(value->text) == value->length) {
		struct writer writer = {0};
		struct buffer text;
		struct json *again = NULL;
		struct error error;

		json_write_text(&writer, value->text);
		require(!writer_take(&writer, &text, &error));
		require(!json_parse((const char *)text.data, text.size, &again, &error));
		require(again->type == JSON_STRING && !strcmp(again->text, value->text));
		json_free(again);
		buffer_free(&text);
	}
	size_t count = 0;
	if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
		for (const struct json *child = value->first; child; child = child->next, count++)
			check_json(child);
		require(count == value->length);
	}
}

static void fuzz_json(const uint8_t *data, size_t size)
{
	struct json *root;
	struct error error;

	if (json_parse((const char *)data, size, &root, &error))
		return;
	check_json(root);
	json_free(root);
}

static bool has_values(const struct safetensors *file)
{
	for (size_t i = 0; i < file->tensor_count; i++)
		if (!file->tensors[i].values)
			return false;
	return true;
}

/* A file that is read can be written, and then read and written to the same bytes. */
static void fuzz_safetensors(const uint8_t *data, size_t size)
{
	struct safetensors file, again;
	struct buffer written = {0}, rewritten = {0};
	struct error error;

	if (safetensors_parse(data, size, &file, &error))
		return;
	if (has_values(&file) && !safetensors_write(&file, &written, &error)) {
		require(!safetensors_parse(written.data, written.size, &again, &error));
		require(again.tensor_count == file.tensor_count);
		require(again.metadata_count == file.metadata_count);
		require(!safetensors_write(&again, &rewritten, &error));
		require(written.size == rewritten.size &&
				!memcmp(written.data, rewritten.data, written.size));
		safetensors_free(&again);
	}
	buffer_free(&written);
	buffer_free(&rewritten);
	safetensors_free(&file);
}

#define FUZZ_SPEC "conv:2,3 batchnorm relu maxpool:13 flatten dense:10 softmax"

/* A model file with all that its metadata says; where it does not say which network it is for, the
 * weights are for one of these layers. */
static void fuzz_model(const uint8_t *data, size_t size)
{
	char path[64];
	struct network network;
	struct model_info info;
	struct safetensors file;
	struct error error;

	snprintf(path, sizeof path, "fuzz-%ld.tmp", (long)getpid());
	FILE *out = fopen(path, "wb");
	require(out && fwrite(data, 1, size, out) == size && !fclose(out));
	for (int i = 0; i < 2; i++)
		if (!model_load(path, i ? FUZZ_SPEC : NULL, &network, &info, &file, &error)) {
			network_free(&network);
			safetensors_free(&file);
		}
	remove(path);
}

/* A checkpoint whose checksum, eight digits behind its name, is mended. */
static void fuzz_checkpoint(const uint8_t *data, size_t size)
{
	static const char begin[] = "{\"__metadata__\":{\"checksum\":\"";
	const size_t at = 8 + sizeof begin - 1;
	struct buffer bytes = {(uint8_t *)text_of(data, size), size};
	struct checkpoint checkpoint;
	struct error error;
	char digits[9];

	if (size >= at + 8 && !memcmp(data + 8, begin, sizeof begin - 1)) {
		memcpy(bytes.data + at, "00000000", 8);
		snprintf(digits, sizeof digits, "%08lx", (unsigned long)crc32_of(bytes.data, size));
		memcpy(bytes.data + at, digits, 8);
	}
	if (!checkpoint_parse(&bytes, &checkpoint, &error))
		checkpoint_free(&checkpoint);
	buffer_free(&bytes);
}

static void load_ramp(const void *context, int first, int n, float *room, float *x)
{
	(void)context, (void)room;
	for (int i = 0; i < n * 784; i++)
		x[i] = (float)((i + first) % 29) / 29;
}

static void leave(const void *context, const struct param *param, const float *grads, size_t first,
				  size_t count)
{
	(void)context, (void)param, (void)grads, (void)first, (void)count;
}

/* One step on two images. */
static void run_network(struct network *network)
{
	static const uint16_t labels[] = {0, 1};
	const struct batch batch = {2, load_ramp, NULL, labels, 0};
	const struct update update = {leave, NULL};
	struct engine engine;
	struct error error;

	network_init(network, 1);
	require(!engine_open(&engine, "reference", 1, &error));
	struct executor *executor = executor_open(network, &engine, 2, EXECUTOR_TRAIN, &error);
	if (executor) {
		executor_train(executor, &batch, 1, 1, &update);
		executor_predict(executor, &batch);
	}
	executor_close(executor);
	engine_close(&engine);
}

static bool is_small(const struct network *network)
{
	for (int i = 0; i < network->layer_count; i++)
		if (shape_size(network->layers[i].out) > MOST_OUTPUTS)
			return false;
	return network->value_count <= MOST_WEIGHTS;
}

static void fuzz_network(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct network network;
	struct error error;

	if (!model_build(&network, text, 28, 28, 10, &error)) {
		require(spec_is_same(text, network.spec, 10));
		if (is_small(&network))
			run_network(&network);
		network_free(&network);
	}
	free(text);
}

static void fuzz_augment(const uint8_t *data, size_t size)
{
	char *list = text_of(data, size), text[AUGMENT_TEXT];
	struct augment augment = {0}, again = {0};
	struct error error;

	if (!augment_parse(list, &augment, &error)) {
		require(!augment_parse(augment_text(&augment, text), &again, &error));
		require(!memcmp(&augment, &again, sizeof again));
	}
	free(list);
}

/* The words of a line, an input's lines. --help behind them makes sure that no command runs; a
 * word that would let it be an operand ends the line. */
static void fuzz_line(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), *argv[MOST_WORDS + 1], help[] = "--help";
	int argc = 0;

	for (char *word = strtok(text, "\n"); word && argc < MOST_WORDS; word = strtok(NULL, "\n")) {
		if (!strcmp(word, "--"))
			break;
		argv[argc++] = word;
	}
	argv[argc++] = help;
	command_main(argc, argv);
	free(text);
}

static float cheap_score(void *context, const uint8_t pixels[DIGIT_PIXELS])
{
	uint32_t sum = 0;

	(void)context;
	for (int i = 0; i < DIGIT_PIXELS; i++)
		sum = sum * 31 + pixels[i];
	return (float)(sum >> 24) / 255;
}

/* A stroke in five bytes: from where to where, and how dark (the upper bits) and wide it is. */
static void draw(struct raster *picture, const uint8_t stroke[5])
{
	const int w = picture->width, h = picture->height, wide = 1 + stroke[4] % 4;
	const int x0 = stroke[0] % w, y0 = stroke[1] % h, x1 = stroke[2] % w, y1 = stroke[3] % h;
	const int steps = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0);

	for (int i = 0; i <= steps; i++) {
		const int x = x0 + (steps ? (x1 - x0) * i / steps : 0);
		const int y = y0 + (steps ? (y1 - y0) * i / steps : 0);
		for (int dy = 0; dy < wide && y + dy < h; dy++)
			for (int dx = 0; dx < wide && x + dx < w; dx++)
				picture->samples[(y + dy) * w + x + dx] = stroke[4] & 0xfc;
	}
}

/* A small picture: two bytes for its sides, one for the paper's grey, then strokes. */
static void fuzz_picture(const uint8_t *data, size_t size)
{
	const struct digit_judge judge = {cheap_score, NULL};
	struct raster picture = {.maxval = 255};
	struct digits digits;
	struct error error;

	if (size < 3)
		return;
	picture.width = 1 + data[0] % 40;
	picture.height = 1 + data[1] % 40;
	const size_t count = (size_t)picture.width * (size_t)picture.height;
	picture.samples = malloc(count * sizeof *picture.samples);
	require(picture.samples);
	for (size_t i = 0; i < count; i++)
		picture.samples[i] = data[2];
	for (size_t at = 3; at + 5 <= size; at += 5)
		draw(&picture, data + at);
	if (!digits_find(&picture, &judge, &digits, &error)) {
		require(digits.count > 0 || digits.none);
		for (int i = 0; i < digits.count; i++) {
			const struct box *box = &digits.all[i].box;
			require(0 <= box->left && box->left < box->right && box->right <= picture.width);
			require(0 <= box->top && box->top < box->bottom && box->bottom <= picture.height);
		}
		digits_free(&digits);
	}
	raster_free(&picture);
}

static const struct target {
	const char *name;
	void (*run)(const uint8_t *data, size_t size);
} targets[] = {
	{"gzip", fuzz_gzip},
	{"inflate", fuzz_inflate},
	{"idx", fuzz_idx},
	{"csv", fuzz_csv},
	{"pnm", fuzz_pnm},
	{"png", fuzz_png},
	{"jpeg", fuzz_jpeg},
	{"json", fuzz_json},
	{"model", fuzz_model},
	{"checkpoint", fuzz_checkpoint},
	{"safetensors", fuzz_safetensors},
	{"network", fuzz_network},
	{"augment", fuzz_augment},
	{"export", fuzz_export},
	{"line", fuzz_line},
	{"picture", fuzz_picture},
};

static const struct target *find_target(void)
{
	const char *name = getenv("FUZZ_TARGET");

	for (size_t i = 0; name && i < sizeof targets / sizeof *targets; i++)
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	fprintf(stderr, "FUZZ_TARGET is none of");
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
		fprintf(stderr, " %s", targets[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct target *target;

	if (!target)
		target = find_target();
	target->run(data, size);
	return 0;
}

#ifndef HAVE_LIBFUZZER
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		require(file && !fseek(file, 0, SEEK_END));
		const long size = ftell(file);
		uint8_t *data = malloc((size_t)size);
		rewind(file);
		require(size >= 0 && (data || !size) && fread(data, 1, (size_t)size, file) == (size_t)size);
		fclose(file);
		LLVMFuzzerTestOneInput(data, (size_t)size);
		free(data);
	}
	return 0;
}
#endif
