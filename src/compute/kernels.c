/* The tables that this program was built with, and the choice among them. */
#include "compute/kernels.h"

#include <string.h>

#include "base/nearest.h"
#include "compute/cpu.h"

/* POINTER(built, kernels_NAME) is &kernels_NAME where built is 1, and NULL where it is 0. */
#define POINTER_0(table) NULL
#define POINTER_1(table) &table
#define POINTER(built, table) POINTER_##built(table)

enum {
#define TABLE(name, ...) TABLE_##name,
#include "compute/kernels.def"
	TABLES
};

struct row {
	const char *name;
	const struct kernels *table; /* NULL: this program was built without */
	bool runs_here;
};

/* The row of a table, numbered as in kernels.def. */
static struct row kernels_row(size_t index)
{
	const struct row rows[TABLES] = {
#define TABLE(name, built, runs_here) {#name, POINTER(built, kernels_##name), runs_here},
#include "compute/kernels.def"
	};

	return rows[index];
}

const struct kernels *kernels_available(size_t index)
{
	for (size_t i = TABLES; i > 0; i--) {
		struct row row = kernels_row(i - 1);
		if (row.table && row.runs_here && index-- == 0)
			return row.table;
	}
	return NULL;
}

/* clang-format off */
static const char *const names[] = {
	"auto",
#define TABLE(name, ...) #name,
#include "compute/kernels.def"
	NULL
};
static const char all_names[] = "auto"
#define TABLE(name, ...) ", " #name
#define LAST_TABLE(name, ...) " and " #name
#include "compute/kernels.def"
	;
/* clang-format on */

const char *kernels_name(int index)
{
	return names[index];
}

static int kernels_unknown(const char *name, struct error *error)
{
	const char *nearest = nearest_word(name, names);

	if (nearest)
		return error_set(error, "there are no kernels \"%s\"; did you mean %s?", name, nearest);
	return error_set(error, "there are no kernels \"%s\"; there are %s", name, all_names);
}

const struct kernels *kernels_choose(const char *name, struct error *error)
{
	if (!strcmp(name, "auto"))
		return kernels_available(0);
	for (size_t i = 0; i < TABLES; i++) {
		struct row row = kernels_row(i);
		if (strcmp(name, row.name))
			continue;
		if (row.table && row.runs_here)
			return row.table;
		if (row.table)
			error_set(error, "this processor has no %s", name);
		else
			error_set(error,
					  "there are no %s kernels in this program: it was built for another kind of "
					  "processor",
					  name);
		return NULL;
	}
	kernels_unknown(name, error);
	return NULL;
}
