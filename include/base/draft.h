/* The next content of a file, until it is whole. */
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/path.h"

/* A draft lies beside its file, as .NAME.mnist-cnn.tmp, and takes the file's place when it is
 * published. Until then the file is as it was. A process that has a draft holds a lock on it, which
 * ends with the process, however that ends: so one draft at most of a file is alive, and a dead one
 * is removed by the next that is opened. A device, a pipe or /dev/stdout has no draft; it is
 * written to as soon as there is something to write. */
struct draft {
	const char *path;          /* as errors call the file; borrowed */
	char target[PATH_SIZE];    /* the file itself: symbolic links lead there */
	char temporary[PATH_SIZE]; /* the draft's own name; "": it has none, or none any more */
	int file;                  /* -1: not open */
	bool is_special;           /* a device, a pipe or an open file */
	bool replaces;             /* there is an old file, which has not been replaced yet */
	bool is_taken;             /* it was not opened, since another process has one */
};

/* Begin an empty draft, which has the rights of the file that it will replace. Refused is what
 * could not be written later, and a file of which another process has a draft, by its number.
 * Between draft_open and draft_close the struct must stay where it is. */
int draft_open(struct draft *draft, const char *path, struct error *error);

/* Take room on the disk for `size` bytes in all, where the system can, so that a disk that gets
 * full later does not matter. */
int draft_reserve(struct draft *draft, size_t size, struct error *error);

/* Append all bytes, or else none. */
int draft_append(struct draft *draft, const void *data, size_t size, struct error *error);

/* Put the draft in the file's place: flush, fsync, rename, fsync the folder. A crash at any moment
 * leaves the old content or the new. The file keeps its permissions and, as far as the system lets
 * us, its owner and group. What is appended later goes to the file. */
int draft_publish(struct draft *draft, struct error *error);

/* Put the bytes, as a whole, in the file's place: by the draft or, where that was published, by
 * another one. There is no moment at which a second process could begin to write the file, also
 * where this has failed: then the draft is there, empty, for the next attempt. Accepts a zeroed
 * draft, as it is after a failure where the draft was lost, too. */
int draft_renew(struct draft *draft, const char *path, const void *data, size_t size,
				struct error *error);

/* Publish the draft in the place of another file in the same folder: the old one stays. What stands
 * in the way there shows when it is published. No matter for a special file. */
void draft_redirect(struct draft *draft, const char *path);

/* Close the draft, and remove it unless it was published. Accepts a zeroed one, and one that could
 * not be opened. */
int draft_close(struct draft *draft, struct error *error);

/* Replace the file as a whole, by a draft: whatever happens, `path` holds the old content or the
 * new, never a part, and no temporary file stays behind after an error. An existing file keeps its
 * permissions; a symbolic link stays one; /dev/stdout, a pipe or another special file is written to
 * directly. SIGHUP, SIGINT, SIGTERM and SIGXCPU wait until it is done. */
int file_replace(const char *path, const void *data, size_t size, struct error *error);

/* Check, before work is done, that file_replace could write there: open a draft and close it again.
 * Returns -1 with the error that file_replace would give. */
int file_check_replace(const char *path, struct error *error);

/* Remove all drafts: for a handler of a signal that ends the program. */
void drafts_remove(void);

#endif
