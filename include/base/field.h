/* One value of a struct as the row of a table. Options of the command line, settings of a training
 * and the model file's metadata are such rows: how a value is read, printed and explained follows
 * from the row alone. */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum field_type {
	FIELD_FLAG,   /* bool: "yes" or "no" */
	FIELD_INT,    /* int, in least … most */
	FIELD_SIZE,   /* size_t, likewise */
	FIELD_UINT64, /* uint64_t, likewise */
	FIELD_FLOAT,  /* float, in min … max */
	FIELD_DOUBLE, /* double, likewise */
	FIELD_TEXT,   /* const char *, which borrows the text that it is read from */
	FIELD_CHOICE, /* an enum that counts from 0, each with its `word` */
	FIELD_OTHER,  /* any type that `codec` reads and prints */
};

#define FIELD_TEXT_SIZE 256

/* The functions that read and print a value of a type of its own. */
struct field_codec {
	int (*parse)(const char *text, void *value, struct error *error);
	const char *(*print)(const void *value, char text[FIELD_TEXT_SIZE]);
};

struct field {
	const char *name; /* words joined by _: "val_split"; NULL ends a table */
	enum field_type type;
	size_t offset;        /* of the value in the struct */
	const char *argument; /* stands for a value in help: "FILE" */
	uint64_t least, most; /* `most` 0: the largest number that the type holds */
	double min, max;
	bool above_min, below_max; /* the bound itself is refused */
	bool optional;             /* a 0 below `least`, which cannot be read, stands for none */
	double standard;           /* the number that field_reset gives it */
	const char *stream;        /* for which the text "-" stands; NULL: it is a text */
	/* Word number 0, 1 … of a choice; NULL behind the last. Of a FIELD_TEXT, which may be any other
	 * text, too, they only serve to complete it in a shell. */
	const char *(*word)(int choice);
	const struct field_codec *codec;
	const char *help; /* an explanation in ASCII */
};

/* Read a value. Text that does not fit, such as "1.5" for a FIELD_DOUBLE with a max of 1, is an
 * error that quotes it: "1.5 is not in 0 … 1". */
int field_parse(const struct field *field, const char *text, void *values, struct error *error);

/* Print a value so that field_parse reads the same value back. Returns `text` or a text that lives
 * as long as the value; NULL where a FIELD_TEXT is not there. */
const char *field_print(const struct field *field, const void *values, char text[FIELD_TEXT_SIZE]);

/* Set all numbers of a table to their standard. */
void field_reset(const struct field *fields, void *values);

/* The words of a choice with bars between them: "constant|linear|cosine". Returns `text`. */
const char *field_words(const struct field *field, char text[FIELD_TEXT_SIZE]);

#endif
