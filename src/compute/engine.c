/* Kernels, workers and memory in one. */
#include "compute/engine.h"

#include "base/memory_limit.h"
#include "compute/cpu.h"

int engine_open(struct engine *engine, const char *kernels, int threads, struct error *error)
{
	*engine = (struct engine){0};
	if (!threads)
		threads = cpu_count();
	if (threads > WORKERS_MAX)
		threads = WORKERS_MAX;
	engine->kernels = kernels_choose(kernels, error);
	if (!engine->kernels)
		return -1;
	engine->threads_wanted = threads;
	engine->memory = memory_limit();
	engine->workers = workers_open(threads, error);
	return engine->workers ? 0 : -1;
}

void engine_set_aside(struct engine *engine, size_t bytes)
{
	engine->memory -= bytes < engine->memory ? bytes : engine->memory;
}

void engine_close(struct engine *engine)
{
	workers_close(engine->workers);
	*engine = (struct engine){0};
}
