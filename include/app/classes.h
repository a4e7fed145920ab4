/* The classes of a data set: which label each one has in the files, and its name. */
#ifndef APP_CLASSES_H
#define APP_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CLASSES_MOST 1000
#define CLASS_NAME 64 /* bytes, NUL included */

struct class_label {
	int32_t label; /* in the files */
	char name[CLASS_NAME];
};

struct classes {
	struct class_label *all; /* [count], by rising label; owned. A class is known by its index. */
	int count;               /* 1 … CLASSES_MOST */
};

/* The classes of these labels, by their numbers. With five images a class or more they are the
 * labels that occur: 3, 7 and 9 are three classes. With fewer, a label that is missing may be so by
 * chance, and all from the least to the largest are classes: 1, 13 and 26, of three images, are 26.
 * More than CLASSES_MOST are an error. Free *out with classes_free; it is zeroed on error. */
int classes_of_labels(const int32_t *labels, size_t count, struct classes *out,
					  struct error *error);

/* Labels 0 … count - 1, whose names are these numbers. */
int classes_numbered(int count, struct classes *out, struct error *error);
bool classes_are_numbered(const struct classes *classes);

/* One class for each name, in the order of text_compare. Where all names are different whole
 * numbers, these are the labels; else they are 0 … count - 1. A name of CLASS_NAME bytes or more is
 * an error. */
int classes_named(const char *const *names, size_t count, struct classes *out, struct error *error);

/* Read EMNIST's mapping, which has a line for each class: its label, and the codes of one or more
 * characters, of which the first becomes its name: "1 65 97" is A. */
int classes_read_mapping(const char *text, size_t size, struct classes *out, struct error *error);

/* Name the classes by a list such as "cat,dog,owl", which has a name for each, by rising label.
 * Names are not empty, differ, and have at most CLASS_NAME - 1 bytes. */
int classes_name(struct classes *classes, const char *list, struct error *error);

/* The names in such a list. */
int classes_count_names(const char *list);

/* The table as two texts, and back: the labels, separated by blanks, and the names, each on a line.
 * The texts are to be freed. */
int classes_write(const struct classes *classes, char **labels, char **names, struct error *error);
int classes_read(const char *labels, const char *names, struct classes *out, struct error *error);

int classes_copy(const struct classes *classes, struct classes *out, struct error *error);

/* The columns that the longest name takes, but no more than `most`. */
int classes_width(const struct classes *classes, int most);

/* The index of the class with that label, or -1. */
int classes_find(const struct classes *classes, int32_t label);

/* The index of the class with that name or, where none has it and it is a whole number, with that
 * label; or -1. */
int classes_find_name(const struct classes *classes, const char *name);

/* True for a whole number, which *label then is: 7 for "7" and "007". */
bool class_name_is_number(const char *name, int32_t *label);

void classes_free(struct classes *classes); /* accepts a zeroed one */

#endif
