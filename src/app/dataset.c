/* The images of a data set, divided, shuffled and gathered. */
#include "app/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "formats/crc32.h"

#define LABELS 4096 /* that go through the checksum at once */

static uint32_t checksum_text(uint32_t crc, const char *text)
{
	return crc32_more(crc, (const uint8_t *)text, strlen(text) + 1);
}

/* Of labels as two bytes each, the lower one first. */
static uint32_t checksum_labels(uint32_t crc, const uint16_t *labels, size_t count)
{
	uint8_t bytes[2 * LABELS];

	for (size_t first = 0; first < count; first += LABELS) {
		const size_t n = count - first < LABELS ? count - first : LABELS;

		for (size_t i = 0; i < n; i++)
			store_u16le(bytes + 2 * i, labels[first + i]);
		crc = crc32_more(crc, bytes, 2 * n);
	}
	return crc;
}

uint32_t dataset_checksum(const struct dataset *dataset)
{
	const size_t pixels = (size_t)dataset->height * (size_t)dataset->width;
	const struct classes *classes = &dataset->classes;
	char sizes[80];
	uint32_t crc;

	snprintf(sizes, sizeof sizes, "%zu %dx%d %d", dataset->count, dataset->height, dataset->width,
			 classes->count);
	crc = checksum_text(0, sizes);
	for (int i = 0; i < classes->count; i++)
		crc = checksum_text(crc, classes->all[i].name);
	crc = crc32_more(crc, dataset->images, dataset->count * pixels);
	return dataset->labels ? checksum_labels(crc, dataset->labels, dataset->count) : crc;
}

int split_make(struct split *split, size_t image_count, size_t limit, double val_fraction,
			   uint64_t seed, struct error *error)
{
	size_t count = limit && limit < image_count ? limit : image_count;

	*split = (struct split){0};
	if (!(val_fraction >= 0 && val_fraction < 1))
		return error_set(error, "a validation split of %g: from 0 to below 1 is possible",
						 val_fraction);
	if (image_count > UINT32_MAX)
		return error_set(error, "%zu images, the most is %" PRIu32, image_count, UINT32_MAX);
	split->val_count = (size_t)round((double)count * val_fraction);
	if (split->val_count >= count)
		return error_set(error, "a validation split of %g leaves none of %zu images to train on",
						 val_fraction, count);
	split->train_count = count - split->val_count;
	split->train = calloc(image_count, sizeof *split->train);
	if (!split->train)
		return error_scarce(error, "not enough memory to split %zu images", image_count);
	split->val = split->train + split->train_count;
	for (size_t i = 0; i < image_count; i++)
		split->train[i] = (uint32_t)i;
	rng_shuffle(rng_stream(seed, RNG_SPLIT, 0), split->train, image_count);
	return 0;
}

void dataset_count_classes(const struct dataset *dataset, size_t counts[CLASSES_MOST])
{
	memset(counts, 0, CLASSES_MOST * sizeof *counts);
	for (size_t i = 0; i < dataset->count; i++)
		counts[dataset->labels[i]]++;
}

static bool has_few(const struct dataset *dataset)
{
	size_t counts[CLASSES_MOST];

	if (!dataset->labels)
		return false;
	dataset_count_classes(dataset, counts);
	for (int i = 0; i < dataset->classes.count; i++)
		if (counts[i] < SPLIT_FEW)
			return true;
	return false;
}

/* Divide the images that were taken anew. They stand in a row, class by class; image i of n
 * validates where i × val / n passes a whole number: of 100 with 20 to validate, each fifth. */
static int stratify(struct split *split, const struct dataset *dataset, struct error *error)
{
	const size_t count = split->train_count + split->val_count, val_count = split->val_count;
	size_t places[CLASSES_MOST + 1] = {0}, trains = 0, validates = split->train_count;
	uint32_t *taken = malloc(count * sizeof *taken);

	if (!taken)
		return error_scarce(error, "not enough memory to split %zu images", count);
	memcpy(taken, split->train, count * sizeof *taken);
	for (size_t i = 0; i < count; i++)
		places[dataset->labels[taken[i]] + 1]++;
	for (int i = 0; i < dataset->classes.count; i++)
		places[i + 1] += places[i];
	for (size_t i = 0; i < count; i++) {
		const uint64_t place = places[dataset->labels[taken[i]]]++;
		if ((place + 1) * val_count / count > place * val_count / count)
			split->train[validates++] = taken[i];
		else
			split->train[trains++] = taken[i];
	}
	split->stratified = true;
	free(taken);
	return 0;
}

int split_dataset(struct split *split, const struct dataset *dataset, size_t limit,
				  double val_fraction, uint64_t seed, struct error *error)
{
	if (split_make(split, dataset->count, limit, val_fraction, seed, error))
		return -1;
	if (!split->val_count || !has_few(dataset) || !stratify(split, dataset, error))
		return 0;
	split_free(split);
	return -1;
}

void split_free(struct split *split)
{
	free(split->train);
	*split = (struct split){0};
}

void split_shuffle(const struct split *split, uint64_t seed, uint64_t epoch, uint32_t *order)
{
	memcpy(order, split->train, split->train_count * sizeof *order);
	rng_shuffle(rng_stream(seed, RNG_SHUFFLE, epoch), order, split->train_count);
}

/* The images of a batch lie anywhere in MNIST's 47 MB: ask for all of them before the first is
 * needed. */
static void fetch(const struct dataset *dataset, const uint32_t *indices, int n)
{
#ifdef __GNUC__
	const size_t size = dataset_image_size(dataset);

	for (int i = 0; i < n; i++)
		for (size_t p = 0; p < size; p += 64)
			__builtin_prefetch(dataset_image(dataset, indices[i]) + p);
#else
	(void)dataset, (void)indices, (void)n;
#endif
}

void dataset_labels(const struct dataset *dataset, const uint32_t *indices, int n, uint16_t *labels)
{
	for (int i = 0; i < n; i++)
		labels[i] = dataset->labels[indices[i]];
}

void selection_load(const void *context, int first, int n, float *room, float *x)
{
	const struct selection *selection = context;
	const struct dataset *dataset = selection->dataset;
	const uint32_t *indices = selection->indices + first;
	const size_t size = dataset_image_size(dataset);

	(void)room;
	fetch(dataset, indices, n);
	for (int i = 0; i < n; i++, x += size) {
		const uint8_t *image = dataset_image(dataset, indices[i]);

		for (size_t p = 0; p < size; p++)
			x[p] = (float)image[p] / 255.0f;
	}
}
