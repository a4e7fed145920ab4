/* The tables that this program was built with, and the choice among them. */
#include "compute/kernels.h"

#include <string.h>

#include "base/nearest.h"
#include "compute/cpu.h"

static bool always(void)
{
	return true;
}

/* From the fastest to the slowest; "auto" takes the first that runs here. */
static const struct {
	const struct kernels *table;
	bool (*runs_here)(void);
} tables[] = {
#ifdef HAVE_KERNELS_AVX512
	{&kernels_avx512, cpu_has_avx512},
#endif
#ifdef HAVE_KERNELS_AVX2
	{&kernels_avx2, cpu_has_avx2},
#endif
#ifdef HAVE_KERNELS_NEON
	{&kernels_neon, always},
#endif
#ifdef HAVE_KERNELS_PORTABLE
	{&kernels_portable, always},
#endif
	{&kernels_reference, always},
};

#define TABLES (sizeof tables / sizeof *tables)

const struct kernels *kernels_available(size_t index)
{
	for (size_t i = 0; i < TABLES; i++)
		if (tables[i].runs_here() && index-- == 0)
			return tables[i].table;
	return NULL;
}

static const struct kernels *unknown(const char *name, struct error *error)
{
	static const char *const names[] = {"auto",   "reference", "portable", "avx2",
										"avx512", "neon",      NULL};
	const char *nearest = nearest_word(name, names);

	for (int i = 0; names[i]; i++) {
		if (!strcmp(name, names[i])) {
			error_set(error,
					  "there are no %s kernels in this program: it was built for another "
					  "kind of processor",
					  name);
			return NULL;
		}
	}
	if (nearest)
		error_set(error, "there are no kernels \"%s\"; did you mean %s?", name, nearest);
	else
		error_set(error,
				  "there are no kernels \"%s\"; there are auto, reference, portable, avx2, "
				  "avx512 and neon",
				  name);
	return NULL;
}

const struct kernels *kernels_choose(const char *name, struct error *error)
{
	if (!strcmp(name, "auto"))
		return kernels_available(0);
	for (size_t i = 0; i < TABLES; i++) {
		if (strcmp(name, tables[i].table->name))
			continue;
		if (tables[i].runs_here())
			return tables[i].table;
		error_set(error, "this processor has no %s", name);
		return NULL;
	}
	return unknown(name, error);
}
