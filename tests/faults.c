/* open and its kin, counted. With large files, glibc's names end in 64. */
#define _GNU_SOURCE

#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *wanted, *failed;
static int failing, reason;
static atomic_int count; /* several threads may call */

void faults_fail_at(const char *name, int number, int error)
{
	wanted = name;
	failed = NULL;
	count = 0;
	failing = number;
	reason = error;
}

int faults_count(void)
{
	return count;
}

const char *faults_failed(void)
{
	return failed;
}

#ifdef WRAP_CALLS

bool faults_watched(void)
{
	return true;
}

static bool is_refused(const char *name)
{
	if ((wanted && strcmp(name, wanted)) || atomic_fetch_add(&count, 1) + 1 != failing)
		return false;
	if (reason == FAULT_DEATH)
		raise(SIGKILL);
	failed = name;
	errno = reason;
	return true;
}

/* clang-format off */
#define WRAP(type, name, parameters, arguments) WRAP_AS(type, name, name, parameters, arguments)
#define WRAP_AS(type, symbol, name, parameters, arguments)                                         \
	type __real_##symbol parameters;                                                               \
	type __wrap_##symbol parameters;                                                               \
	type __wrap_##symbol parameters                                                                \
	{                                                                                              \
		return is_refused(#name) ? (type)-1 : __real_##symbol arguments;                           \
	}

WRAP(ssize_t, read, (int file, void *data, size_t size), (file, data, size))
WRAP(ssize_t, write, (int file, const void *data, size_t size), (file, data, size))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, fchmod, (int file, mode_t mode), (file, mode))
WRAP(int, fchown, (int file, uid_t user, gid_t group), (file, user, group))
/* A third argument that was not given is passed on and not looked at. */
WRAP(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(int, fcntl, (int file, int command, void *argument), (file, command, argument))
WRAP(int, ftruncate, (int file, off_t size), (file, size))
#ifdef __GLIBC__
WRAP_AS(int, open64, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP_AS(int, fcntl64, fcntl, (int file, int command, void *argument), (file, command, argument))
WRAP_AS(int, ftruncate64, ftruncate, (int file, off64_t size), (file, size))
#endif
/* clang-format on */

int __wrap_fsync(int file);

int __wrap_fsync(int file)
{
	(void)file;
	return is_refused("fsync") ? -1 : 0;
}

int __real_close(int file);
int __wrap_close(int file);

int __wrap_close(int file)
{
	const bool refused = is_refused("close");

	__real_close(file);
	if (refused)
		errno = reason;
	return refused ? -1 : 0;
}

#define WRAP_FALLOCATE(symbol, type)                                                               \
	int __real_##symbol(int file, type offset, type size);                                         \
	int __wrap_##symbol(int file, type offset, type size);                                         \
	int __wrap_##symbol(int file, type offset, type size)                                          \
	{                                                                                              \
		return is_refused("posix_fallocate") ? reason : __real_##symbol(file, offset, size);       \
	}

char *__real_mkdtemp(char *path);
char *__wrap_mkdtemp(char *path);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);

char *__wrap_mkdtemp(char *path)
{
	return is_refused("mkdtemp") ? NULL : __real_mkdtemp(path);
}

DIR *__wrap_opendir(const char *path)
{
	return is_refused("opendir") ? NULL : __real_opendir(path);
}

WRAP_FALLOCATE(posix_fallocate, off_t)
#ifdef __GLIBC__
WRAP_FALLOCATE(posix_fallocate64, off64_t)
#endif

#ifdef WRAP_THREADS
#include <threads.h>

int __real_thrd_create(thrd_t *thread, thrd_start_t function, void *argument);
int __wrap_thrd_create(thrd_t *thread, thrd_start_t function, void *argument);
int __real_mtx_init(mtx_t *lock, int type);
int __wrap_mtx_init(mtx_t *lock, int type);
int __real_cnd_init(cnd_t *condition);
int __wrap_cnd_init(cnd_t *condition);

int __wrap_thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
	return is_refused("thrd_create") ? thrd_error : __real_thrd_create(thread, function, argument);
}

int __wrap_mtx_init(mtx_t *lock, int type)
{
	return is_refused("mtx_init") ? thrd_error : __real_mtx_init(lock, type);
}

int __wrap_cnd_init(cnd_t *condition)
{
	return is_refused("cnd_init") ? thrd_error : __real_cnd_init(condition);
}
#endif

#else

bool faults_watched(void)
{
	return false;
}

#endif
