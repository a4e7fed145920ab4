/* Count the calls of the system that the code under test makes, and let one of them fail. The
 * linker puts functions in front of the C library's (--wrap), as for allocations.h; where it
 * cannot, faults_watched is false. Counted are open, read, write, fsync, ftruncate,
 * posix_fallocate, rename, fchmod, fchown, fcntl, opendir, mkdtemp and close, which closes also
 * where it fails, and the making of threads, locks and conditions. fsync does nothing, so that
 * tests need not wait for the disk. */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdbool.h>

bool faults_watched(void);

/* Start counting, and let call number `number` (from 1) of the function `name`, or of any where
 * that is NULL, fail with `error` as errno; 0 lets all succeed. With FAULT_DEATH for an error, the
 * process is killed instead, in front of the call. */
#define FAULT_DEATH (-1)
void faults_fail_at(const char *name, int number, int error);

/* Calls since then of that function, or of any. */
int faults_count(void);

/* The name of the call that failed; NULL: none has. */
const char *faults_failed(void);

#endif
