/* Where the files of a data set lie, under the names that people give them.
 *
 * A set's files are called PREFIXtrain… and PREFIXtest… (or t10k for test), with the same prefix,
 * which may be empty: "emnist-letters-train-images-idx3-ubyte.gz", "mnist_test.csv". */
#ifndef APP_DATASET_FILES_H
#define APP_DATASET_FILES_H

#include <stdbool.h>

#include "app/dataset.h"

/* One part of a set: an IDX file of images and one of labels, a CSV file, or a folder. */
struct dataset_files {
	char images[PATH_SIZE];  /* or the CSV file */
	char labels[PATH_SIZE];  /* "" of a CSV file */
	char mapping[PATH_SIZE]; /* EMNIST's file of the classes' names, or "" */
	char place[PATH_SIZE];   /* names the set: its folder, folder and prefix, or its file */
	bool transposed;         /* EMNIST's images have rows and columns swapped */
	bool pictures;           /* `images` is a folder of classes, with pictures */
};

/* Find one part of the set that `path` names: a folder, a folder and a prefix, or a file of the
 * set. In a folder with no such files, the folders in it and their folders "raw" are looked at.
 * NULL: $MNIST_CNN_DATA, else ./data or the installed folder. */
enum dataset_fault dataset_find(struct dataset_files *files, const char *path,
								enum dataset_part part, struct error *error);

#endif
