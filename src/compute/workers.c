/* Threads that take tasks together, by C11's <threads.h>.
 *
 * A job is announced by counting `job` up. Whoever waits, a worker for a job or the caller for the
 * last worker, looks for a short time and then sleeps: a step has two waits, and waking a sleeper
 * costs as much as a hundred images' arithmetic, but on a machine that others use as well, long
 * looking takes the time from those who are waited for. */
#include "compute/workers.h"

#include <stdlib.h>

#ifdef HAVE_THREADS
#include <stdatomic.h>
#include <stdbool.h>
#include <threads.h>

#define LOOKS 2000 /* about 50 µs */

struct workers {
	int count;
	thrd_t threads[WORKERS_MAX];
	int started;

	workers_function *function;
	void *context;
	int tasks;
	bool ending;

	atomic_uint job;              /* how many were announced */
	atomic_int next[WORKERS_MAX]; /* task of each worker's share of the current one */
	atomic_int busy;              /* threads that have not yet finished with it */

	mtx_t lock;
	cnd_t job_announced, job_finished;
	atomic_int sleeping; /* threads, and the caller apart */
	atomic_int caller_sleeping;
};

/* What a thread gets to know of itself. */
struct seat {
	struct workers *workers;
	int worker;
};

static void look_again(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

/* A worker's share of the tasks begins here. */
static int share(const struct workers *w, int worker)
{
	return (int)((long long)w->tasks * worker / w->count);
}

/* Its own share first, which is the same in every step, so that much of what the tasks look at is
 * in this processor's cache; then what others have left of theirs. */
static void take_tasks(struct workers *w, int worker)
{
	for (int i = 0; i < w->count; i++) {
		int owner = (worker + i) % w->count, task;
		while ((task = atomic_fetch_add_explicit(&w->next[owner], 1, memory_order_relaxed)) <
			   share(w, owner + 1))
			w->function(w->context, task, worker);
	}
}

/* `sleeping` is raised before the last look, `job` before the announcer looks at `sleeping`: one of
 * the two sees the other. */
static void await_job(struct workers *w, unsigned seen)
{
	for (int i = 0; i < LOOKS; i++) {
		if (atomic_load_explicit(&w->job, memory_order_acquire) != seen)
			return;
		look_again();
	}
	mtx_lock(&w->lock);
	atomic_fetch_add(&w->sleeping, 1);
	while (atomic_load(&w->job) == seen)
		cnd_wait(&w->job_announced, &w->lock);
	atomic_fetch_sub(&w->sleeping, 1);
	mtx_unlock(&w->lock);
}

static void announce_job(struct workers *w)
{
	for (int worker = 0; worker < w->count; worker++)
		atomic_store_explicit(&w->next[worker], share(w, worker), memory_order_relaxed);
	atomic_store(&w->busy, w->started);
	atomic_fetch_add(&w->job, 1);
	if (atomic_load(&w->sleeping)) {
		mtx_lock(&w->lock);
		cnd_broadcast(&w->job_announced);
		mtx_unlock(&w->lock);
	}
}

static void finish_job(struct workers *w)
{
	if (atomic_fetch_sub(&w->busy, 1) == 1 && atomic_load(&w->caller_sleeping)) {
		mtx_lock(&w->lock);
		cnd_signal(&w->job_finished);
		mtx_unlock(&w->lock);
	}
}

static void await_finish(struct workers *w)
{
	for (int i = 0; i < LOOKS; i++) {
		if (!atomic_load_explicit(&w->busy, memory_order_acquire))
			return;
		look_again();
	}
	mtx_lock(&w->lock);
	atomic_store(&w->caller_sleeping, 1);
	while (atomic_load(&w->busy))
		cnd_wait(&w->job_finished, &w->lock);
	atomic_store(&w->caller_sleeping, 0);
	mtx_unlock(&w->lock);
}

static int work(void *argument)
{
	struct seat seat = *(struct seat *)argument;
	struct workers *w = seat.workers;

	free(argument);
	for (unsigned seen = 0;; seen++) {
		await_job(w, seen);
		if (w->ending)
			return 0;
		take_tasks(w, seat.worker);
		finish_job(w);
	}
}

static int start_thread(struct workers *w)
{
	struct seat *seat = malloc(sizeof *seat);

	if (!seat)
		return -1;
	*seat = (struct seat){w, w->started + 1};
	if (thrd_create(&w->threads[w->started], work, seat) != thrd_success) {
		free(seat);
		return -1;
	}
	w->started++;
	return 0;
}

struct workers *workers_open(int count, struct error *error)
{
	struct workers *w = calloc(1, sizeof *w);

	if (!w) {
		error_set(error, "not enough memory for threads");
		return NULL;
	}
	w->count = count;
	if (mtx_init(&w->lock, mtx_plain) != thrd_success ||
		cnd_init(&w->job_announced) != thrd_success || cnd_init(&w->job_finished) != thrd_success) {
		error_set(error, "a lock cannot be made");
		free(w);
		return NULL;
	}
	while (w->started < count - 1) {
		if (start_thread(w)) {
			error_set(error, "only %d of %d threads could be started", w->started + 1, count);
			workers_close(w);
			return NULL;
		}
	}
	return w;
}

void workers_close(struct workers *w)
{
	if (!w)
		return;
	w->ending = true;
	announce_job(w);
	for (int i = 0; i < w->started; i++)
		thrd_join(w->threads[i], NULL);
	cnd_destroy(&w->job_announced);
	cnd_destroy(&w->job_finished);
	mtx_destroy(&w->lock);
	free(w);
}

void workers_run(struct workers *w, int tasks, workers_function *function, void *context)
{
	w->function = function;
	w->context = context;
	w->tasks = tasks;
	if (w->started && tasks > 1) {
		announce_job(w);
		take_tasks(w, 0);
		await_finish(w);
	} else {
		for (int task = 0; task < tasks; task++)
			function(context, task, 0);
	}
}

#else

struct workers {
	int count;
};

struct workers *workers_open(int count, struct error *error)
{
	struct workers *w = malloc(sizeof *w);

	(void)count;
	if (w)
		w->count = 1;
	else
		error_set(error, "not enough memory for threads");
	return w;
}

void workers_close(struct workers *w)
{
	free(w);
}

void workers_run(struct workers *w, int tasks, workers_function *function, void *context)
{
	(void)w;
	for (int task = 0; task < tasks; task++)
		function(context, task, 0);
}

#endif

int workers_count(const struct workers *w)
{
	return w->count;
}
