/* The first Ctrl-C stops the training, and the second one the program. A limit of processor time
 * (ulimit -t) asks once a second, until it is no longer asked. */
#define _POSIX_C_SOURCE 200809L

#include "cli/stop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/draft.h"

static volatile sig_atomic_t stop_signal;
static const char *volatile stop_answer;     /* to the first signal */
static volatile sig_atomic_t stop_interrupt; /* SIGINT ends the program at once */

static void on_signal(int number)
{
	const int old_errno = errno;

	if ((stop_signal && number != SIGXCPU) || (stop_interrupt && number == SIGINT)) {
		drafts_remove();
		signal(number, SIG_DFL);
		raise(number); /* it waits until this handler returns, and ends the program */
	} else if (!stop_signal) {
		const ssize_t ignored = write(STDERR_FILENO, stop_answer, strlen(stop_answer));
		(void)ignored;
		stop_signal = number;
	}
	errno = old_errno;
}

/* Signals that the parent had us ignore, as nohup does, stay ignored. */
static void catch_signal(int number)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction old;

	sigemptyset(&action.sa_mask);
	if (!sigaction(number, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

void stop_at_interrupt(void)
{
	stop_interrupt = 1;
}

const volatile sig_atomic_t *stop_catch_signals(bool quiet, bool on_bar)
{
#define STOPPING "stopping after this step; a second Ctrl-C loses what was learned\n"
	stop_answer = quiet ? "" : on_bar ? "\r\033[J" STOPPING : STOPPING;
	catch_signal(SIGHUP);
	catch_signal(SIGINT);
	catch_signal(SIGTERM);
	catch_signal(SIGXCPU);
	return &stop_signal;
}
