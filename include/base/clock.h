/* Time that has passed. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds on a clock that only goes forward; only differences mean something. */
double clock_seconds(void);

#endif
