/* A finding of a plane: the digits in its ink, as a judge sees them. */
#ifndef PICTURE_FINDING_H
#define PICTURE_FINDING_H

#include "picture/digit.h"
#include "picture/ink.h"

struct candidate {
	struct box box; /* in pixels of the plane */
	uint8_t pixels[DIGIT_PIXELS];
	float score; /* the judge's; 1 without a judge */
};

struct finding {
	struct ink ink;
	struct candidate all[MOST_GROUPS];
	int count, best;
	struct box box; /* of all */
	float score;    /* the best one's */
	float merit;    /* the best one's, times the odds that its score means; 0: none */
	bool crowded;   /* it is none only because of the ink beside it */
};

/* Judge the ink, which moves into the finding. `judge` may be NULL. Free with finding_free, which
 * accepts a zeroed struct. */
int finding_judge(struct ink *ink, const struct digit_judge *judge, struct finding *out,
				  struct error *error);
void finding_free(struct finding *finding);

#endif
