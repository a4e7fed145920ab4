/* Checks that come before the work. */
#include "cli/files.h"

#include "base/file.h"

int files_check_distinct(const struct file_option *files, struct error *error)
{
	for (const struct file_option *file = files; file->option; file++)
		for (const struct file_option *other = files; other < file; other++)
			if (file->is_output && file->path && other->path &&
				file_is_same(file->path, other->path))
				return error_set(error, "%s and %s are the same file: %s", other->option,
								 file->option, file->path);
	return 0;
}

int files_check_outputs(const struct file_option *files, struct error *error)
{
	for (const struct file_option *file = files; file->option; file++)
		if (file->is_output && file->path && file_check_replace(file->path, error))
			return -1;
	return 0;
}

FILE *files_report_stream(const struct file_option *files, bool quiet)
{
	for (const struct file_option *file = files; file->option; file++)
		if (file->is_output && file->path && file_is_stream(file->path, stdout))
			return quiet ? NULL : stderr;
	return stdout;
}
