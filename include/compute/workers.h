/* Threads that take tasks together. Where the C library has no threads, everything is serial. */
#ifndef COMPUTE_WORKERS_H
#define COMPUTE_WORKERS_H

#include "base/error.h"

#define WORKERS_MAX 256

struct workers;

/* Start count - 1 threads; the caller is the last worker. Where the system does not give as
 * many, the caller works alone, since other memory will be as scarce. NULL with a message where
 * there is no memory for that either. */
struct workers *workers_open(int count, struct error *error);
void workers_close(struct workers *workers); /* NULL is accepted */

int workers_count(const struct workers *workers);

/* Call function(context, task, worker) for every task below `tasks`, each once, in any order and by
 * any worker (0 … count - 1); return when all are done. */
typedef void workers_function(void *context, int task, int worker);
void workers_run(struct workers *workers, int tasks, workers_function *function, void *context);

#endif
