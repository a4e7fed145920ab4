/* Replacing files. The lock is fcntl's, since that one knows the process that holds it. */
#define _XOPEN_SOURCE 700

#include "base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_TRANSFER ((size_t)1 << 30) /* bytes a call: some systems refuse 2 GiB */
#define MOST_NAME 128                  /* bytes of a file's name that its draft's name takes over */
#define MOST_DRAFTS 8                  /* that drafts_remove knows */
#define ATTEMPTS 100                   /* to create a draft while others do so, too */

/* ---- signals ---- */

/* The signals that end the program by a key, a closed window or a limit. While a draft gets or
 * loses its name, so that it does not outlive the process, they are only noted, and raised again
 * behind that. (Blocking them would have to be done in every thread.) */
static const int deadly[] = {SIGHUP, SIGINT, SIGTERM, SIGXCPU};

#define DEADLY (sizeof deadly / sizeof *deadly)

static volatile sig_atomic_t noted; /* the last one that came meanwhile, or 0 */

static void note(int number)
{
	noted = number;
}

/* Signals that are ignored anyway stay so. */
static void signals_hold(struct sigaction old[DEADLY])
{
	struct sigaction hold = {.sa_handler = note, .sa_flags = SA_RESTART};

	sigemptyset(&hold.sa_mask);
	for (size_t i = 0; i < DEADLY; i++)
		if (!sigaction(deadly[i], NULL, &old[i]) && old[i].sa_handler != SIG_IGN)
			sigaction(deadly[i], &hold, NULL);
}

static void signals_release(const struct sigaction old[DEADLY])
{
	for (size_t i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &old[i], NULL);
	const int number = noted;
	noted = 0;
	if (number)
		raise(number);
}

/* The names of all drafts, for a handler, which gets no arguments. */
static const char *volatile names[MOST_DRAFTS];

/* Put `name` in the place of `old`, which may be NULL for a free one. */
static void exchange_name(const char *old, const char *name)
{
	size_t i = 0;

	while (i < MOST_DRAFTS && names[i] != old)
		i++;
	if (i < MOST_DRAFTS)
		names[i] = name;
}

void drafts_remove(void)
{
	for (size_t i = 0; i < MOST_DRAFTS; i++)
		if (names[i])
			unlink(names[i]);
}

/* ---- errors ---- */

/* Set the error to "path: what: errno's text", and say what became of the old file. */
static int fail(const struct draft *draft, const char *what, struct error *error)
{
	error_set(error, "%s: %s: %s", draft->path, what, strerror(errno));
	return draft->replaces ? error_append(error, "; the old file is untouched") : -1;
}

static int fail_to_create(const struct draft *draft, struct error *error)
{
	if (errno == ENOENT)
		return error_set(error, "%s: its folder does not exist", draft->path);
	return fail(draft, "cannot create a temporary file beside it", error);
}

static int refuse_second(struct draft *draft, pid_t holder, struct error *error)
{
	draft->is_taken = true;
	if (holder > 0)
		return error_set(error, "%s: process %ld is writing it", draft->path, (long)holder);
	return error_set(error, "%s: another process is writing it", draft->path);
}

/* ---- a draft's name and lock ---- */

static int find_target(struct draft *draft, struct error *error)
{
	struct stat status;
	const bool exists = !stat(draft->path, &status);

	if (!*draft->path)
		return error_set(error, "the file to write has no name");
	if ((!exists && errno != ENOENT) || path_follow(draft->target, draft->path))
		return fail(draft, "cannot write", error);
	if (exists && S_ISDIR(status.st_mode))
		return error_set(error, "%s: cannot write: is a directory", draft->path);
	/* rename() looks only at the folder's permissions, so a file's own are asked for here. */
	if (exists && access(draft->path, W_OK))
		return fail(draft, "cannot write", error);
	draft->is_special = exists && (!S_ISREG(status.st_mode) || path_is_descriptor(draft->target));
	draft->replaces = exists && !draft->is_special;
	return 0;
}

/* ".model.mnist-cnn.tmp" for "model". A name of more than MOST_NAME bytes is cut off there, and a
 * number stands for all of it (FNV-1a of Fowler, Noll and Vo). */
static int name_temporary(struct draft *draft)
{
	const char *name = draft->target + path_folder_length(draft->target);
	char temporary[MOST_NAME + 32], number[16] = "";
	uint32_t hash = 2166136261;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619;
	if (strlen(name) > MOST_NAME)
		snprintf(number, sizeof number, "-%08" PRIx32, hash);
	snprintf(temporary, sizeof temporary, ".%.*s%s.mnist-cnn.tmp", MOST_NAME, name, number);
	return path_beside(draft->temporary, draft->target, temporary);
}

enum lock { LOCK_TAKEN, LOCK_HELD, LOCK_IMPOSSIBLE };

/* Take an open file's lock, or find out which other process holds it. */
static enum lock lock(int file, pid_t *holder)
{
	for (;;) {
		struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

		if (!fcntl(file, F_SETLK, &whole))
			return LOCK_TAKEN;
		if ((errno != EACCES && errno != EAGAIN) || fcntl(file, F_GETLK, &whole))
			return LOCK_IMPOSSIBLE;
		*holder = whole.l_pid;
		if (whole.l_type != F_UNLCK)
			return LOCK_HELD;
	}
}

/* True where a process has published its draft, and is appending to the file. */
static bool is_being_written(const struct draft *draft, pid_t *holder)
{
	const int file = open(draft->target, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (file < 0)
		return false;
	const bool held = !fcntl(file, F_GETLK, &whole) && whole.l_type != F_UNLCK;
	*holder = whole.l_pid;
	close(file);
	return held;
}

/* Remove a draft whose process is dead. If it is alive, that is an error. */
static int remove_dead(struct draft *draft, struct error *error)
{
	const int file =
		open(draft->temporary, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	enum lock state = LOCK_IMPOSSIBLE;
	pid_t holder;

	if (file < 0 && errno == ENOENT)
		return 0; /* by now it has gone */
	if (file >= 0)
		state = lock(file, &holder);
	if (state == LOCK_TAKEN && path_leads_to(draft->temporary, file))
		unlink(draft->temporary);
	if (state == LOCK_IMPOSSIBLE)
		error_set(error, "%s: the draft of another run is in the way, %s: %s", draft->path,
				  draft->temporary, strerror(errno));
	if (file >= 0)
		close(file);
	if (state == LOCK_HELD)
		refuse_second(draft, holder, error);
	return state == LOCK_TAKEN ? 0 : -1;
}

/* Create the temporary file and lock it. Between these two, another process may take it for a dead
 * one's and remove it; then all begins anew. */
static int create(struct draft *draft, struct error *error)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	pid_t holder;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		draft->file = open(draft->temporary, flags, draft->replaces ? 0600 : 0666);
		if (draft->file < 0 && errno != EEXIST && errno != EINTR)
			return fail_to_create(draft, error);
		if (draft->file < 0 && errno == EEXIST && remove_dead(draft, error))
			return -1;
		if (draft->file < 0)
			continue;
		if (lock(draft->file, &holder) != LOCK_HELD && path_leads_to(draft->temporary, draft->file))
			return 0;
		close(draft->file);
		draft->file = -1;
	}
	return fail_to_create(draft, error);
}

/* ---- a draft's content ---- */

/* Give the draft the owner, group and permissions of the file that it replaces. Only root can give
 * a file away. Where the group cannot be kept, it has no more rights than everybody has. */
static int keep_rights(const struct draft *draft)
{
	struct stat old;

	if (stat(draft->target, &old))
		return 0;
	const bool kept =
		!fchown(draft->file, old.st_uid, old.st_gid) || !fchown(draft->file, (uid_t)-1, old.st_gid);
	const mode_t group = kept ? old.st_mode & 0070 : (old.st_mode & 0007) << 3;
	return fchmod(draft->file, (old.st_mode & 0707) | group);
}

static int write_all(int file, const void *data, size_t size)
{
	const char *next = data;

	while (size) {
		ssize_t written = write(file, next, size < MAX_TRANSFER ? size : MAX_TRANSFER);
		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			next += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

static int sync_to_disk(int file)
{
	int status;

	do
		status = fsync(file);
	while (status && errno == EINTR);
	return status && errno != EINVAL ? -1 : 0; /* EINVAL: this kind of file cannot be synced */
}

/* Write the folder's new entry to disk: until then a crash of the machine could undo the rename. */
static int sync_folder(const struct draft *draft)
{
	char path[PATH_SIZE];
	const int folder =
		path_beside(path, draft->target, ".") ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (folder < 0)
		return 0; /* a folder that may not be read; the new file is whole */
	const int status = sync_to_disk(folder), why = errno;
	close(folder);
	errno = why;
	return status;
}

/* Open a special file for writing. Of standard output and standard error the descriptor is copied:
 * a file that was opened a second time would have a second position, and each would write over the
 * other. */
static int open_special(const char *path)
{
	if (file_is_stream(path, stdout))
		return dup(STDOUT_FILENO);
	if (file_is_stream(path, stderr))
		return dup(STDERR_FILENO);
	return open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
}

/* ---- the draft ---- */

/* Give the draft a name that dies with it. */
static int open_regular(struct draft *draft, struct error *error)
{
	pid_t holder;

	if (name_temporary(draft))
		return fail_to_create(draft, error);
	if (create(draft, error))
		return -1;
	exchange_name(NULL, draft->temporary);
	/* Not before the draft is locked: until then the file's writer could still publish. */
	if (is_being_written(draft, &holder))
		return refuse_second(draft, holder, error);
	return keep_rights(draft) ? fail(draft, "cannot keep its permissions", error) : 0;
}

int draft_open(struct draft *draft, const char *path, struct error *error)
{
	struct sigaction old[DEADLY];
	struct error ignored;

	*draft = (struct draft){.path = path, .file = -1};
	if (find_target(draft, error))
		return -1;
	if (draft->is_special)
		return 0;
	signals_hold(old);
	const int status = open_regular(draft, error);
	signals_release(old);
	if (status) {
		const bool is_taken = draft->is_taken;
		draft_close(draft, &ignored);
		draft->is_taken = is_taken;
	}
	return status;
}

int draft_reserve(struct draft *draft, size_t size, struct error *error)
{
#if defined _POSIX_ADVISORY_INFO && _POSIX_ADVISORY_INFO > 0
	int why = 0;

	if (!draft->is_special)
		do
			why = posix_fallocate(draft->file, 0, (off_t)size);
		while (why == EINTR);
	if (why == ENOSPC || why == EDQUOT || why == EFBIG) {
		errno = why;
		return fail(draft, "there is no room for it", error);
	}
#else
	(void)draft, (void)size, (void)error;
#endif
	return 0;
}

int draft_append(struct draft *draft, const void *data, size_t size, struct error *error)
{
	if (draft->is_special)
		fflush(stdout);
	if (draft->file < 0) {
		draft->file = open_special(draft->target);
		if (draft->file < 0)
			return fail(draft, "cannot open", error);
	}
	const off_t end = lseek(draft->file, 0, SEEK_CUR);
	if (!write_all(draft->file, data, size))
		return 0;
	fail(draft, "cannot write", error);
	if (end >= 0 && !ftruncate(draft->file, end))
		lseek(draft->file, end, SEEK_SET);
	return -1;
}

/* Returns a phrase for the error, "cannot write", or NULL if all went well. */
static const char *finish(const struct draft *draft)
{
	if (keep_rights(draft))
		return "cannot keep its permissions";
	if (ftruncate(draft->file, lseek(draft->file, 0, SEEK_CUR))) /* room that was not used */
		return "cannot write";
	if (sync_to_disk(draft->file))
		return "cannot flush to disk";
	/* Somebody may have removed it, and another process begun one of the same name. */
	if (!path_leads_to(draft->temporary, draft->file))
		errno = ENOENT;
	else if (!rename(draft->temporary, draft->target))
		return NULL;
	return "cannot rename a temporary file to it";
}

int draft_publish(struct draft *draft, struct error *error)
{
	struct sigaction old[DEADLY];

	if (!*draft->temporary)
		return 0;
	signals_hold(old);
	const char *failed = finish(draft);
	if (!failed) {
		exchange_name(draft->temporary, NULL);
		*draft->temporary = '\0';
		draft->replaces = false;
		if (sync_folder(draft))
			failed = "cannot flush its folder to disk";
	}
	signals_release(old);
	return failed ? fail(draft, failed, error) : 0;
}

/* Begin the next draft. Another process that is about to be refused may have one for a moment. */
static int open_next(struct draft *draft, const char *path, struct error *error)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int attempt = 0; draft_open(draft, path, error); attempt++) {
		if (!draft->is_taken || attempt == ATTEMPTS)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Take back what was appended to a draft that was not published. */
static int empty(const struct draft *draft)
{
	if (!*draft->temporary)
		return 0;
	if (!path_leads_to(draft->temporary, draft->file) || ftruncate(draft->file, 0))
		return -1;
	return lseek(draft->file, 0, SEEK_SET) ? -1 : 0;
}

int draft_renew(struct draft *draft, const char *path, const void *data, size_t size,
				struct error *error)
{
	const bool is_published = draft->path && !draft->is_special && !*draft->temporary;
	const int published = is_published ? draft->file : -1; /* and locked, until the next draft is */
	struct error ignored;

	if ((is_published && open_next(draft, path, error)) ||
		(!draft->path && draft_open(draft, path, error))) {
		*draft = (struct draft){.path = is_published ? path : NULL, .file = published};
		return -1;
	}
	const int status =
		draft_append(draft, data, size, error) || draft_publish(draft, error) ? -1 : 0;
	if (draft->is_special || (status && empty(draft))) {
		draft_close(draft, &ignored);
		*draft = (struct draft){0};
	}
	if (published >= 0)
		close(published);
	return status;
}

void draft_redirect(struct draft *draft, const char *path)
{
	if (draft->is_special)
		return;
	draft->path = path;
	draft->replaces = file_exists(path);
	if (path_follow(draft->target, path))
		*draft->target = '\0';
}

int draft_close(struct draft *draft, struct error *error)
{
	struct sigaction old[DEADLY];

	if (!draft->path || draft->file < 0)
		return 0;
	signals_hold(old);
	if (*draft->temporary && path_leads_to(draft->temporary, draft->file))
		unlink(draft->temporary);
	exchange_name(draft->temporary, NULL);
	signals_release(old);
	const int status = close(draft->file) ? fail(draft, "cannot close", error) : 0;
	*draft = (struct draft){0};
	return status;
}

/* ---- files as a whole ---- */

int file_replace(const char *path, const void *data, size_t size, struct error *error)
{
	struct sigaction old[DEADLY];
	struct draft draft;
	struct error ignored;

	signals_hold(old);
	int status = draft_open(&draft, path, error);
	if (!status)
		status = draft_append(&draft, data, size, error) || draft_publish(&draft, error) ? -1 : 0;
	if (draft_close(&draft, status ? &ignored : error))
		status = -1;
	signals_release(old);
	return status;
}

int file_check_replace(const char *path, struct error *error)
{
	struct draft draft;

	return draft_open(&draft, path, error) || draft_close(&draft, error) ? -1 : 0;
}
