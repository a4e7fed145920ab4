/* The program's entrance: three open standard streams, and no death by a closed pipe or a
 * full quota. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/command.h"

/* If a standard stream is closed, the next file opened would get its number, and the output would
 * end up in that file. Put /dev/null there, opened the wrong way round, so that using the stream
 * is an error all the same. */
static void fill_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	fill_standard_streams();
	signal(SIGPIPE, SIG_IGN); /* writing fails with EPIPE, which is reported */
	signal(SIGXFSZ, SIG_IGN); /* likewise with EFBIG */
	return command_main(argc - 1, argv + 1);
}
