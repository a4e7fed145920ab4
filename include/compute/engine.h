/* Kernels, workers and memory, chosen once and passed down. */
#ifndef COMPUTE_ENGINE_H
#define COMPUTE_ENGINE_H

#include "base/error.h"
#include "compute/kernels.h"
#include "compute/workers.h"

struct engine {
	const struct kernels *kernels;
	struct workers *workers;
	int threads_wanted; /* there are fewer where the system gave no more */
	size_t memory;      /* bytes that a network may take, with all that it needs to run */
};

/* `kernels` is a table's name or "auto", `threads` is 0 for as many as there are processors. */
int engine_open(struct engine *engine, const char *kernels, int threads, struct error *error);

/* Take from the engine's memory what something else has or will have. */
void engine_set_aside(struct engine *engine, size_t bytes);

void engine_close(struct engine *engine); /* accepts a zeroed one */

#endif
