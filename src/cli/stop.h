/* Signals that end a training after its current step. */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <signal.h>
#include <stdbool.h>

/* From now on SIGHUP, SIGINT, SIGTERM and SIGXCPU end the training, and say so on stderr unless
 * quiet; with `on_bar` they first erase the progress bar. A second one ends the program, but for
 * SIGXCPU. Returns the place where the first signal's number appears, 0 before. */
const volatile sig_atomic_t *stop_catch_signals(bool quiet, bool on_bar);

/* From now on already the first SIGINT ends the program, as is right while a question waits. SIGHUP
 * does not: a terminal that has gone answers no question, and then there is something to save. */
void stop_at_interrupt(void);

#endif
