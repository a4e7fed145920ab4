/* Hours of training end in a file, and disks are full, folders gone. */
#define _POSIX_C_SOURCE 200809L

#include "cli/rescue.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/draft.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/stop.h"

struct rescue rescue_here(void)
{
	const bool somebody = terminal_is(stdin) && terminal_is(stderr);

	return (struct rescue){
		.questions = somebody ? stderr : NULL,
		.answers = somebody ? stdin : NULL,
	};
}

static int write_draft(struct draft *draft, const struct buffer *bytes, struct error *error)
{
	struct error ignored;

	const int status =
		draft_append(draft, bytes->data, bytes->size, error) || draft_publish(draft, error);
	return draft_close(draft, status ? &ignored : error) || status ? -1 : 0;
}

/* Read a line, without its end. Returns false where there is none, or it is too long for a path. */
static bool read_answer(FILE *answers, char line[PATH_SIZE])
{
	if (!fgets(line, PATH_SIZE, answers))
		return false;
	const size_t length = strcspn(line, "\n");
	const bool ended = line[length] == '\n' || feof(answers);
	line[length] = '\0';
	return ended;
}

/* Ask where the bytes shall go until they are there, or nobody answers. */
static int ask(struct rescue *rescue, const char *path, const struct buffer *bytes,
			   struct error *error)
{
	char answer[PATH_SIZE];
	int status = -1;

	stop_at_interrupt();
	while (status) {
		text_disarm(error->text);
		fprintf(rescue->questions,
				"%s\nWhat was learned is still in memory, and Ctrl-C loses it. Enter tries again; "
				"or name another file: ",
				error->text);
		fflush(rescue->questions);
		if (!read_answer(rescue->answers, answer))
			break;
		strcpy(rescue->path, *answer ? answer : path);
		status = file_replace(rescue->path, bytes->data, bytes->size, error);
	}
	return status;
}

/* Write to a file of the same name in a new folder, where nobody can have put anything. */
static int write_elsewhere(struct rescue *rescue, const char *path, const struct buffer *bytes,
						   struct error *error)
{
	const char *folder = getenv("TMPDIR"), *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct error second;

	if (!folder || !*folder)
		folder = "/tmp";
	const int length = snprintf(rescue->path, PATH_SIZE, "%s/mnist-cnn.XXXXXX", folder);
	const bool fits = length > 0 && (size_t)length + strlen(name) + 2 <= PATH_SIZE;
	if (!fits || !mkdtemp(rescue->path))
		return error_append(error, "; what was learned is lost, too: no folder can be made in %s",
							folder);
	snprintf(rescue->path + length, PATH_SIZE - (size_t)length, "/%s", name);
	if (!file_replace(rescue->path, bytes->data, bytes->size, &second))
		return error_append(error, "; what was learned is in %s", rescue->path);
	rescue->path[length] = '\0';
	rmdir(rescue->path);
	return error_append(error, "; what was learned is lost, too: %s", second.text);
}

int rescue_write(struct rescue *rescue, struct draft *draft, const struct buffer *bytes,
				 struct error *error)
{
	const char *path = draft->path; /* closing forgets it */

	snprintf(rescue->path, PATH_SIZE, "%s", path);
	if (!write_draft(draft, bytes, error) || !file_replace(path, bytes->data, bytes->size, error) ||
		(rescue->questions && !ask(rescue, path, bytes, error)))
		return 0;
	return write_elsewhere(rescue, path, bytes, error);
}
