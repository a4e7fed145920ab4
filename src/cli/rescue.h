/* Writing what cannot be had again. */
#ifndef CLI_RESCUE_H
#define CLI_RESCUE_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/draft.h"
#include "base/error.h"

struct rescue {
	FILE *questions, *answers; /* NULL: there is nobody to be asked */
	char path[PATH_SIZE];      /* where the bytes were written */
};

/* Whoever sits at standard input and standard error, if both are a terminal. */
struct rescue rescue_here(void);

/* Write the bytes to the draft's file and close the draft. Where that fails, try it again with a
 * new draft; then ask for another name, over and over, unless Ctrl-C ends the program; and behind
 * the last answer, or with nobody to be asked, write to a new folder in $TMPDIR, or /tmp. That is
 * an error all the same, which says what failed, and where the bytes are now: "m: cannot write: No
 * space left on device; what was learned is in /tmp/mnist-cnn.Yk3x9Q/m". */
int rescue_write(struct rescue *rescue, struct draft *draft, const struct buffer *bytes,
				 struct error *error);

#endif
