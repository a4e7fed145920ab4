/* C11's threads by POSIX's, for ThreadSanitizer: it follows only what is called by the latter's
 * names. The linker puts these functions in front of the C library's (--wrap), whose types are the
 * same memory under other names. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

static_assert(sizeof(thrd_t) >= sizeof(pthread_t), "a thread's name fits");
static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "a lock fits");
static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "a condition fits");

int __wrap_thrd_create(thrd_t *thread, thrd_start_t function, void *argument);
int __wrap_thrd_join(thrd_t thread, int *result);
int __wrap_mtx_init(mtx_t *lock, int type);
int __wrap_mtx_lock(mtx_t *lock);
int __wrap_mtx_unlock(mtx_t *lock);
void __wrap_mtx_destroy(mtx_t *lock);
int __wrap_cnd_init(cnd_t *condition);
int __wrap_cnd_wait(cnd_t *condition, mtx_t *lock);
int __wrap_cnd_signal(cnd_t *condition);
int __wrap_cnd_broadcast(cnd_t *condition);
void __wrap_cnd_destroy(cnd_t *condition);

static int status_of(int error)
{
	return error ? thrd_error : thrd_success;
}

struct start {
	thrd_start_t function;
	void *argument;
};

static void *run(void *context)
{
	struct start start = *(struct start *)context;

	free(context);
	return (void *)(intptr_t)start.function(start.argument);
}

int __wrap_thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
	struct start *start = malloc(sizeof *start);

	if (!start)
		return thrd_nomem;
	*start = (struct start){function, argument};
	if (!pthread_create((pthread_t *)thread, NULL, run, start))
		return thrd_success;
	free(start);
	return thrd_error;
}

int __wrap_thrd_join(thrd_t thread, int *result)
{
	void *value;
	int error = pthread_join((pthread_t)thread, &value);

	if (result)
		*result = (int)(intptr_t)value;
	return status_of(error);
}

int __wrap_mtx_init(mtx_t *lock, int type)
{
	assert(type == mtx_plain);
	(void)type;
	return status_of(pthread_mutex_init((pthread_mutex_t *)lock, NULL));
}

int __wrap_mtx_lock(mtx_t *lock)
{
	return status_of(pthread_mutex_lock((pthread_mutex_t *)lock));
}

int __wrap_mtx_unlock(mtx_t *lock)
{
	return status_of(pthread_mutex_unlock((pthread_mutex_t *)lock));
}

void __wrap_mtx_destroy(mtx_t *lock)
{
	pthread_mutex_destroy((pthread_mutex_t *)lock);
}

int __wrap_cnd_init(cnd_t *condition)
{
	return status_of(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

int __wrap_cnd_wait(cnd_t *condition, mtx_t *lock)
{
	return status_of(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)lock));
}

int __wrap_cnd_signal(cnd_t *condition)
{
	return status_of(pthread_cond_signal((pthread_cond_t *)condition));
}

int __wrap_cnd_broadcast(cnd_t *condition)
{
	return status_of(pthread_cond_broadcast((pthread_cond_t *)condition));
}

void __wrap_cnd_destroy(cnd_t *condition)
{
	pthread_cond_destroy((pthread_cond_t *)condition);
}
