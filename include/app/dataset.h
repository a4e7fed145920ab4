/* Labelled images: found, loaded, split, gathered. One byte a pixel in memory. */
#ifndef APP_DATASET_H
#define APP_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/classes.h"
#include "base/error.h"
#include "base/path.h"
#include "compute/workers.h"

enum dataset_part { DATASET_TRAIN, DATASET_TEST };

/* Pictures of a folder become images. */
enum dataset_pictures {
	PICTURES_AUTO,  /* kept, where that is possible; else by digit */
	PICTURES_DIGIT, /* the one digit in each, brought to MNIST's form */
	PICTURES_SCALE, /* scaled to 28 × 28, light on dark */
	PICTURES_KEEP,  /* as they are; all have one size of at most 64 × 64 */
};

const char *dataset_pictures_word(int pictures); /* of an option; NULL behind the last */

struct dataset {
	size_t count;
	int height, width;      /* 1 … IMAGE_MOST_SIDE each (formats/pixels.h) */
	const uint8_t *images;  /* [count][height][width], 0 is background */
	const uint16_t *labels; /* [count], each the index of a class; NULL: the file has none */
	struct classes classes;
	bool stretched;             /* all pixels were 0 or 1, and are 0 or 255 now */
	bool transposed;            /* rows and columns were swapped */
	enum dataset_pictures form; /* of pictures; PICTURES_AUTO: these are none */
	size_t broken, others;      /* pictures, and files that are none, which were left out */
	char *broken_names;         /* a line for each: its name and why; NULL: these are no pictures */
	char place[PATH_SIZE];      /* where it was found, as it can be named again */
	uint8_t *own_pixels;        /* where the images are; NULL: somebody else's */
	uint16_t *own_labels;
};

/* Where the data are, and how they are meant. */
struct dataset_options {
	const char *path;  /* see dataset_load */
	bool transpose;    /* swap rows and columns, also where the files' names do not ask for it */
	const char *names; /* of the classes, "cat,dog,owl" by rising label; NULL: those they have */
	enum dataset_pictures pictures;
	bool skip_broken;        /* leave out pictures that cannot be used */
	struct workers *workers; /* read pictures; NULL: the caller does */
	/* Told now and then how many pictures have been read so far; NULL: nobody is. */
	void (*progress)(void *context, size_t pictures);
	void *context;
};

enum dataset_fault {
	DATASET_FINE = 0,
	DATASET_MISSING,         /* a file or the folder is not there; the error lists what was tried */
	DATASET_SEVERAL,         /* the folder has several sets; the error lists them */
	DATASET_NO_PART,         /* the set has only the other part */
	DATASET_BROKEN,          /* the files are there, and are not what they should be */
	DATASET_BROKEN_PICTURES, /* some pictures cannot be used */
};

/* Load the training or the test part of a set. Where options->path is NULL, it is $MNIST_CNN_DATA;
 * where that is not set either, ./data or else the installed folder, whichever first has a set.
 * (The installed folder is found from where the program lies, so that both can be moved together.)
 *
 * The path is a folder, in which the set's files are called PREFIXtrain… and PREFIXtest… or
 * PREFIXt10k…; or FOLDER/PREFIX, where the folder has several sets; or a file of the set. The files
 * are a pair, PREFIXtrain-images… and PREFIXtrain-labels…, in IDX; or PREFIXtrain.csv. Any may be
 * packed by gzip, also twice. A CSV file by any other name is a training part on its own. A folder
 * without such files may have folders of pictures, one for each class, or such in train and test.
 *
 * `known` are the classes that the labels may have; NULL: those that they do have. A pixel is
 * 0 … 255; where none is above 1, they are stretched. The images of files called emnist… are
 * transposed, as they must be. Free with dataset_free; zeroed on error. */
enum dataset_fault dataset_load(struct dataset *dataset, const struct dataset_options *options,
								enum dataset_part part, const struct classes *known,
								struct error *error);
void dataset_free(struct dataset *dataset);

/* Refuse to write to a file of the set, of either part: the path may be any that leads to it. */
int dataset_check_output(const struct dataset_options *options, const char *path,
						 struct error *error);

/* True where the set has that part; its files are found, not read. */
bool dataset_has(const struct dataset_options *options, enum dataset_part part);

/* The pixels of one image. */
static inline size_t dataset_image_size(const struct dataset *dataset)
{
	return (size_t)dataset->height * (size_t)dataset->width;
}

static inline const uint8_t *dataset_image(const struct dataset *dataset, size_t index)
{
	return dataset->images + index * dataset_image_size(dataset);
}

/* Make the classes the labels 0 … count - 1 where all labels are of these, although some may have
 * no image: a network of ten outputs can be trained on a few digits. Classes with other names than
 * their labels stay as they are. */
int dataset_number_classes(struct dataset *dataset, int count, struct error *error);

/* A checksum of the images, their labels, and the names of the classes. */
uint32_t dataset_checksum(const struct dataset *dataset);

/* A random division of some of a data set's images, the same for the same seed: all images are
 * shuffled, the first `limit` of them are taken (all where that is 0), and round(taken ×
 * val_fraction) of these validate. */
struct split {
	uint32_t *train, *val; /* indices; one allocation that starts at train */
	size_t train_count, val_count;
	bool stratified;
};

int split_make(struct split *split, size_t image_count, size_t limit, double val_fraction,
			   uint64_t seed, struct error *error);
void split_free(struct split *split);

/* The same for a data set. Where a class has fewer than SPLIT_FEW images in all, chance might leave
 * none of it to validate, or to train on: then the same images are taken and as many validate, but
 * of each class its share, give or take one: stratified. Both parts keep the shuffle's order. */
#define SPLIT_FEW 100
int split_dataset(struct split *split, const struct dataset *dataset, size_t limit,
				  double val_fraction, uint64_t seed, struct error *error);

/* Count the images of each class. */
void dataset_count_classes(const struct dataset *dataset, size_t counts[CLASSES_MOST]);

/* The order in which epoch number `epoch` (from 1) sees the training images: order, train_count
 * indices, is overwritten with a new shuffle of split->train. */
void split_shuffle(const struct split *split, uint64_t seed, uint64_t epoch, uint32_t *order);

/* The labels of n images, by their indices. */
void dataset_labels(const struct dataset *dataset, const uint32_t *indices, int n,
					uint16_t *labels);

/* Some images of a data set: the context of a batch whose `load` is selection_load. It gathers n of
 * them, from number `first` on, as floats in [0, 1] (byte / 255), [n][height][width], and needs no
 * room. */
struct selection {
	const struct dataset *dataset;
	const uint32_t *indices;
};

void selection_load(const void *selection, int first, int n, float *room, float *x);

#endif
