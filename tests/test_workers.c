/* Workers: every task once, by threads that sleep when there is nothing to do. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "allocations.h"
#include "compute/workers.h"
#include "faults.h"

#define MOST_TASKS 1000

static struct error error;

static struct workers *open_workers(int count)
{
	struct workers *workers = workers_open(count, &error);

	if (!workers)
		fail_msg("%s", error.text);
	return workers;
}

/* What the tasks of a run leave behind. Only `trouble` is atomic: that the others are seen by the
 * caller, and by nobody else at once, is what is tested. */
struct record {
	int workers;
	int times[MOST_TASKS];
	int by_worker[WORKERS_MAX];
	bool working[WORKERS_MAX];
	atomic_int trouble;
};

static void note(void *context, int task, int worker)
{
	struct record *record = context;

	if (worker < 0 || worker >= record->workers || task < 0 || task >= MOST_TASKS ||
		record->working[worker]) {
		atomic_fetch_add(&record->trouble, 1);
		return;
	}
	record->working[worker] = true;
	record->times[task]++;
	record->by_worker[worker]++;
	record->working[worker] = false;
}

static void check_run(struct workers *workers, int tasks)
{
	struct record *record = calloc(1, sizeof *record);
	int sum = 0;

	assert_non_null(record);
	record->workers = workers_count(workers);
	workers_run(workers, tasks, note, record);
	assert_int_equal(atomic_load(&record->trouble), 0);
	for (int task = 0; task < MOST_TASKS; task++)
		assert_int_equal(record->times[task], task < tasks);
	for (int worker = 0; worker < WORKERS_MAX; worker++)
		sum += record->by_worker[worker];
	assert_int_equal(sum, tasks);
	free(record);
}

static const int counts[] = {1, 2, 3, 8, 17};

#define COUNTS (sizeof counts / sizeof *counts)

static void every_task_is_done_once(void **state)
{
	static const int tasks[] = {0, 1, 2, 3, 7, 8, 64, MOST_TASKS};

	(void)state;
	for (size_t i = 0; i < COUNTS; i++) {
		struct workers *workers = open_workers(counts[i]);
		assert_true(workers_count(workers) == counts[i] || workers_count(workers) == 1);
		for (size_t j = 0; j < sizeof tasks / sizeof *tasks; j++)
			check_run(workers, tasks[j]);
		workers_close(workers);
	}
}

/* Rounds so short that workers come late for one and meet the next. Each task adds to what the
 * round before left, which it must see. */
struct rounds {
	int round;
	int values[64];
	atomic_int trouble;
};

static void next_round(void *context, int task, int worker)
{
	struct rounds *rounds = context;

	(void)worker;
	/* Another thread's number of the round before. */
	if (rounds->values[task] != rounds->round - 1)
		atomic_fetch_add(&rounds->trouble, 1);
	rounds->values[task] = rounds->round;
}

static void rounds_follow_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTS; i++) {
		struct workers *workers = open_workers(counts[i]);
		struct rounds rounds = {0};
		for (rounds.round = 1; rounds.round <= 2000; rounds.round++) {
			int tasks = 1 + rounds.round % 64;
			workers_run(workers, tasks, next_round, &rounds);
			for (int task = tasks; task < 64; task++)
				rounds.values[task] = rounds.round;
		}
		assert_int_equal(atomic_load(&rounds.trouble), 0);
		workers_close(workers);
	}
}

/* Tasks that wait until all of them have begun need as many threads, each another worker. */
struct meeting {
	int guests;
	atomic_int arrived, missed;
	atomic_int seats[WORKERS_MAX];
};

static void wait_for(atomic_int *number, int least, atomic_int *missed)
{
	const struct timespec moment = {0, 100000};

	for (int i = 0; atomic_load(number) < least; i++) {
		if (i == 200000) { /* 20 seconds and more */
			atomic_fetch_add(missed, 1);
			return;
		}
		nanosleep(&moment, NULL);
	}
}

static void meet(void *context, int task, int worker)
{
	struct meeting *meeting = context;

	(void)task;
	if (worker < 0 || worker >= meeting->guests || atomic_fetch_add(&meeting->seats[worker], 1))
		atomic_fetch_add(&meeting->missed, 1);
	atomic_fetch_add(&meeting->arrived, 1);
	wait_for(&meeting->arrived, meeting->guests, &meeting->missed);
}

static void check_meeting(struct workers *workers)
{
	struct meeting meeting = {.guests = workers_count(workers)};

	workers_run(workers, meeting.guests, meet, &meeting);
	assert_int_equal(atomic_load(&meeting.missed), 0);
}

static void all_threads_take_part(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTS; i++) {
		struct workers *workers = open_workers(counts[i]);
		for (int round = 0; round < 20; round++)
			check_meeting(workers);
		workers_close(workers);
	}
}

#define SHARE 4

/* All begin with the first task of their share, and the caller stays there until the others have
 * done the rest, of its share, too. */
static void hold_the_caller(void *context, int task, int worker)
{
	struct meeting *work = context;

	if (atomic_fetch_add(&work->arrived, 1) < work->guests) {
		if (task != worker * SHARE)
			atomic_fetch_add(&work->missed, 1);
		wait_for(&work->arrived, work->guests, &work->missed);
	}
	if (task == 0)
		wait_for(&work->seats[0], work->guests * SHARE - 1, &work->missed);
	atomic_fetch_add(&work->seats[0], 1);
}

static void each_has_a_share_and_helps_with_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTS; i++) {
		struct workers *workers = open_workers(counts[i]);
		for (int round = 0; round < 5 && workers_count(workers) > 1; round++) {
			struct meeting work = {.guests = workers_count(workers)};
			workers_run(workers, work.guests * SHARE, hold_the_caller, &work);
			assert_int_equal(atomic_load(&work.missed), 0);
			assert_int_equal(atomic_load(&work.seats[0]), work.guests * SHARE);
		}
		workers_close(workers);
	}
}

/* Long after the last round, when nobody looks for a new one any more. */
static void sleepers_wake(void **state)
{
	const struct timespec pause = {0, 20000000};

	(void)state;
	for (size_t i = 0; i < COUNTS; i++) {
		struct workers *workers = open_workers(counts[i]);
		for (int round = 0; round < 3; round++) {
			nanosleep(&pause, NULL);
			check_meeting(workers);
			check_run(workers, 100);
		}
		nanosleep(&pause, NULL);
		workers_close(workers);
	}
}

/* A task that takes so long that the caller falls asleep over it. */
static void linger(void *context, int task, int worker)
{
	const struct timespec pause = {0, 5000000};

	(void)worker;
	if (task)
		nanosleep(&pause, NULL);
	((int *)context)[task]++;
}

static void the_caller_waits_for_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTS; i++) {
		struct workers *workers = open_workers(counts[i]);
		for (int round = 0; round < 5; round++) {
			int times[4] = {0};
			workers_run(workers, 4, linger, times);
			for (int task = 0; task < 4; task++)
				assert_int_equal(times[task], 1);
		}
		workers_close(workers);
	}
}

static void opened_and_closed_often(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct workers *workers = open_workers(1 + i % 5);
		if (i % 2)
			check_run(workers, i);
		workers_close(workers);
	}
	workers_close(NULL);
}

/* Where a lock or a thread is refused, the caller does all tasks; the other threads are ended. */
static void one_worker_where_threads_are_scarce(void **state)
{
	(void)state;
	if (!allocations_watched())
		skip();
	allocations_fail_at(1);
	struct workers *workers = workers_open(4, &error);
	allocations_fail_at(0);
	assert_null(workers);
	assert_string_equal(error.text, "not enough memory for threads");
	assert_true(error.is_scarcity);
	workers = workers_open(4, &error);
	const int most = workers_count(workers); /* 1 where there are no threads */
	workers_close(workers);
	bool refused = faults_watched();
	for (int number = 1; refused; number++) {
		faults_fail_at(NULL, number, EAGAIN);
		workers = workers_open(4, &error);
		refused = faults_failed() != NULL;
		faults_fail_at(NULL, 0, 0);
		assert_non_null(workers);
		assert_int_equal(workers_count(workers), refused ? 1 : most);
		check_run(workers, 10);
		check_meeting(workers);
		workers_close(workers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_task_is_done_once),
		cmocka_unit_test(rounds_follow_each_other),
		cmocka_unit_test(all_threads_take_part),
		cmocka_unit_test(each_has_a_share_and_helps_with_others),
		cmocka_unit_test(sleepers_wake),
		cmocka_unit_test(the_caller_waits_for_all),
		cmocka_unit_test(opened_and_closed_often),
		cmocka_unit_test(one_worker_where_threads_are_scarce),
	};
	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
