/* Threads that take tasks together, by C11's <threads.h>.
 *
 * Whoever waits, a worker for the next job or the caller for the last worker, looks for a short
 * time and then sleeps. A step has two waits, and to wake a sleeper costs as much as the arithmetic
 * of a hundred images; but where other programs use the machine too, long looking takes the time
 * from those who are waited for. */
#include "compute/workers.h"

#include <stdlib.h>

#ifdef HAVE_THREADS
#include <stdatomic.h>
#include <stdbool.h>
#include <threads.h>

#define LOOKS 2000 /* about 50 µs */

/* Something that happens again and again, and that threads wait for. */
struct event {
	atomic_uint count;   /* the times that it has happened */
	atomic_int sleeping; /* threads that wait for it and no longer look */
	cnd_t happened;
};

/* A thread's argument. */
struct seat {
	struct workers *workers;
	int worker;
};

struct workers {
	int count;
	thrd_t threads[WORKERS_MAX];
	struct seat seats[WORKERS_MAX]; /* of the threads, which allocate nothing: glibc maps 64 MB for
									 * each one that does */
	int started;

	workers_function *function;
	void *context;
	int tasks;
	bool ending;

	atomic_int next[WORKERS_MAX]; /* the next task of each worker's share of the job */
	atomic_int busy;              /* threads that have not yet finished the job */

	mtx_t lock;                       /* it and the events are there where there are threads */
	struct event announced, finished; /* a job */
};

static void look_again(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

/* The first task of a worker's share: with 10 tasks and 4 workers 0, 2, 5 and 7. */
static int share(const struct workers *w, int worker)
{
	return (int)((long long)w->tasks * worker / w->count);
}

/* A worker begins with its own share, which is the same in every step, so that much of its data is
 * still in this processor's cache. Then it helps the others with theirs. */
static void take_tasks(struct workers *w, int worker)
{
	for (int i = 0; i < w->count; i++) {
		int owner = (worker + i) % w->count, task;
		while ((task = atomic_fetch_add_explicit(&w->next[owner], 1, memory_order_relaxed)) <
			   share(w, owner + 1))
			w->function(w->context, task, worker);
	}
}

/* `sleeping` is raised before the last look at `count`, and `count` before event_raise looks at
 * `sleeping`: one of the two threads sees the other. */
static void event_await(struct event *event, mtx_t *lock, unsigned seen)
{
	for (int i = 0; i < LOOKS; i++) {
		if (atomic_load_explicit(&event->count, memory_order_acquire) != seen)
			return;
		look_again();
	}
	mtx_lock(lock);
	atomic_fetch_add(&event->sleeping, 1);
	while (atomic_load(&event->count) == seen)
		cnd_wait(&event->happened, lock);
	atomic_fetch_sub(&event->sleeping, 1);
	mtx_unlock(lock);
}

static void event_raise(struct event *event, mtx_t *lock)
{
	atomic_fetch_add(&event->count, 1);
	if (atomic_load(&event->sleeping)) {
		mtx_lock(lock);
		cnd_broadcast(&event->happened);
		mtx_unlock(lock);
	}
}

static void announce_job(struct workers *w)
{
	for (int worker = 0; worker < w->count; worker++)
		atomic_store_explicit(&w->next[worker], share(w, worker), memory_order_relaxed);
	atomic_store(&w->busy, w->started);
	event_raise(&w->announced, &w->lock);
}

static int work(void *argument)
{
	const struct seat *seat = argument;
	struct workers *w = seat->workers;

	for (unsigned seen = 0;; seen++) {
		event_await(&w->announced, &w->lock, seen);
		if (w->ending)
			return 0;
		take_tasks(w, seat->worker);
		if (atomic_fetch_sub(&w->busy, 1) == 1)
			event_raise(&w->finished, &w->lock);
	}
}

static int start_thread(struct workers *w)
{
	struct seat *seat = &w->seats[w->started];

	*seat = (struct seat){w, w->started + 1};
	if (thrd_create(&w->threads[w->started], work, seat) != thrd_success)
		return -1;
	w->started++;
	return 0;
}

static int open_locks(struct workers *w)
{
	if (mtx_init(&w->lock, mtx_plain) != thrd_success)
		return -1;
	if (cnd_init(&w->announced.happened) == thrd_success) {
		if (cnd_init(&w->finished.happened) == thrd_success)
			return 0;
		cnd_destroy(&w->announced.happened);
	}
	mtx_destroy(&w->lock);
	return -1;
}

static void end_threads(struct workers *w)
{
	w->ending = true;
	announce_job(w);
	for (int i = 0; i < w->started; i++)
		thrd_join(w->threads[i], NULL);
	w->started = 0;
	cnd_destroy(&w->announced.happened);
	cnd_destroy(&w->finished.happened);
	mtx_destroy(&w->lock);
}

struct workers *workers_open(int count, struct error *error)
{
	struct workers *w = calloc(1, sizeof *w);

	if (!w) {
		error_scarce(error, "not enough memory for threads");
		return NULL;
	}
	w->count = 1;
	if (count == 1 || open_locks(w))
		return w;
	while (w->started < count - 1)
		if (start_thread(w)) {
			end_threads(w);
			return w;
		}
	w->count = count; /* the threads read it when there is a job */
	return w;
}

void workers_close(struct workers *w)
{
	if (!w)
		return;
	if (w->count > 1)
		end_threads(w);
	free(w);
}

void workers_run(struct workers *w, int tasks, workers_function *function, void *context)
{
	w->function = function;
	w->context = context;
	w->tasks = tasks;
	if (w->started && tasks > 1) {
		unsigned seen = atomic_load(&w->finished.count);
		announce_job(w);
		take_tasks(w, 0);
		event_await(&w->finished, &w->lock, seen);
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
		error_scarce(error, "not enough memory for threads");
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
