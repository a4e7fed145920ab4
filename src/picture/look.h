/* One look at a part of a picture: the digits that a plane of bounded size shows. */
#ifndef PICTURE_LOOK_H
#define PICTURE_LOOK_H

#include <stdbool.h>

#include "picture/digit.h"
#include "picture/finding.h"

#define LOOK_MOST_SIDE 360 /* a plane has at most so many pixels squared */

struct look {
	struct box part;
	double lines; /* lines up to this width are removed: a fraction of the part's smaller side */
	double scale; /* the plane's pixels for one of the picture's */
	/* The ink that is looked for, as evidence for dark ink. */
	enum { LIGHT = -1, EITHER = 0, DARK = 1 } ask;
	bool light;              /* light ink was found */
	struct finding *finding; /* owned */
};

/* Look at look->part, for the ink that look->ask says: for the likelier first, and then, unless the
 * case is clear, for the other. `judge` may be NULL. Free with look_free, which accepts a look
 * without a finding; on error there is none. */
int look_at(const struct raster *picture, const struct digit_judge *judge, struct look *look,
			struct error *error);
void look_free(struct look *look);

/* Put `other` in the place of the look where it is better. The one that is left is freed. */
void look_take(struct look *look, struct look *other, bool better);

/* A box of the plane, in pixels of the picture. */
struct box look_box(const struct look *look, const struct box *box);

#endif
