/* Groups of components become digits: two that are one digit for the judge are joined, and what is
 * no digit beside a better one is left out. */
#include "picture/finding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture/group.h"
#include "picture/normalize.h"

#define MOST_ODDS 20.0f    /* of being a digit to being none: no score says more */
#define STRONG 0.08f       /* a strong stroke has more than this of the best one's merit */
#define RIVAL_SCORE 0.5f   /* a second digit has at least this score */
#define FROM_AFAR 16       /* pixels: beside a best one that is not so high any score will do */
#define RIVAL_HEIGHT 0.3f  /* of the best one's height, and the other way round */
#define UPRIGHT_LINE 12    /* times as high as wide: */
#define LINE_HEIGHT 1.05f  /* and so much higher than the best one, it is a line */
#define SAME_PEN 0.6f      /* of the best one's mean depth */
#define DARK_AROUND 0.12f  /* of the pixels around it: a piece of something larger has more */
#define MOST_OTHERS 0.5f   /* of the digits' mass is in other strong strokes of the same pen */
#define JOIN_GAP 0.3f      /* of the longer side: pieces of one digit are no farther apart */
#define TOUCHING_GAP 0.06f /* those that are as near as this are one digit unless it seems none */
#define WIDEST 1.3f        /* times as wide as high: one digit is no wider */
#define JOIN_GAIN 0.1f     /* others only where their score is better by so much */

void finding_free(struct finding *finding)
{
	ink_free(&finding->ink);
	finding->count = 0;
}

/* *out = the groups a and b, or a alone where they are the same, as one digit. */
static int see(const struct ink *ink, int a, int b, const struct digit_judge *judge,
			   struct candidate *out, struct error *error)
{
	struct grey crop;

	if (ink_crop(ink, a, b, &crop, &out->box, error))
		return -1;
	const int status = digit_normalize(&crop, ink->threshold, out->pixels, error);
	grey_free(&crop);
	if (ink_darkness_around(ink, a, b) > DARK_AROUND)
		out->score = 0.0f;
	else
		out->score = !status && judge ? judge->score(judge->context, out->pixels) : 1.0f;
	return status;
}

/* True where the two are so near that they may be one digit. *gain = by how much the score of one
 * digit must be better. */
static bool may_join(const struct box *a, const struct box *b, float *gain)
{
	const float gap = (float)box_gap(a, b) / (float)int_max(box_side(a), box_side(b));
	const struct box both = box_join(a, b);

	*gain = gap <= TOUCHING_GAP ? -JOIN_GAIN : JOIN_GAIN;
	return gap <= JOIN_GAP && (float)box_width(&both) <= WIDEST * (float)box_height(&both);
}

/* Join each two groups that are one digit for the judge. */
static int join(struct finding *finding, const struct digit_judge *judge, struct error *error)
{
	struct ink *ink = &finding->ink;
	struct candidate *all = finding->all, both;
	float gain;

	for (int a = 0; a < finding->count; a++)
		for (int b = a + 1; b < finding->count; b++) {
			if (!may_join(&all[a].box, &all[b].box, &gain))
				continue;
			if (see(ink, a, b, judge, &both, error))
				return -1;
			if (both.score <= fminf(all[a].score, all[b].score) + gain)
				continue;
			ink_join(ink, a, b, finding->count - 1);
			all[a] = both;
			all[b] = all[--finding->count];
			b = a;
		}
	return 0;
}

static float merit(const struct finding *finding, int i)
{
	const float score = finding->all[i].score;

	return finding->ink.groups[i].merit * fminf(score / (1.0f - score + 1e-6f), MOST_ODDS);
}

static float mean_depth(const struct component *group)
{
	return group->mass / (float)group->pixels;
}

/* True where the box is so long and narrow, beside the best one, that it is that of a line or of a
 * frame's side rather than of a 1. */
static bool is_line(const struct box *box, const struct box *best)
{
	return is_level_line(box) || (box_height(box) > UPRIGHT_LINE * box_width(box) &&
								  (float)box_height(box) > LINE_HEIGHT * (float)box_height(best));
}

/* True where the group is a stroke of the best one's pen, and no line. */
static bool is_alike(const struct component *group, const struct component *best)
{
	return !is_line(&group->box, &best->box) && mean_depth(group) >= SAME_PEN * mean_depth(best);
}

static bool is_strong(const struct component *group, const struct component *best)
{
	return group->merit > STRONG * best->merit;
}

/* True where group i is a digit beside the best one: for the judge, or because it is strong where
 * there is no judge, or where from afar none could tell. */
static bool is_rival(const struct finding *finding, int i, int best, bool judged)
{
	const struct component *group = &finding->ink.groups[i], *first = &finding->ink.groups[best];
	const float height = (float)box_height(&group->box) / (float)box_height(&first->box);
	const bool is_digit =
		(judged && finding->all[i].score >= RIVAL_SCORE) ||
		(is_strong(group, first) && (!judged || box_height(&first->box) < FROM_AFAR));

	return is_digit && is_alike(group, first) && height >= RIVAL_HEIGHT &&
		   height <= 1.0f / RIVAL_HEIGHT;
}

/* Keep the best digit and its rivals. It is none where much of the ink beside it is no digit: a
 * mouth, for one, between two eyes. */
static void select_digits(struct finding *finding, bool judged)
{
	const struct component *groups = finding->ink.groups;
	int best = 0, kept = 0;

	for (int i = 1; i < finding->count; i++)
		if (merit(finding, i) > merit(finding, best))
			best = i;
	finding->box = finding->all[best].box;
	finding->score = finding->all[best].score;
	finding->merit = merit(finding, best) * ink_trust(&finding->ink);
	bool keep[MOST_GROUPS];
	float digits = 0.0f, others = 0.0f;
	for (int i = 0; i < finding->count; i++) {
		keep[i] = i == best || is_rival(finding, i, best, judged);
		if (keep[i])
			digits += groups[i].mass;
		else if (is_strong(&groups[i], &groups[best]) && is_alike(&groups[i], &groups[best]))
			others += groups[i].mass;
	}
	if (others > MOST_OTHERS * digits) {
		finding->crowded = finding->score >= RIVAL_SCORE;
		finding->merit = finding->score = 0.0f;
	}
	for (int i = 0; i < finding->count; i++)
		if (keep[i]) {
			finding->box = box_join(&finding->box, &finding->all[i].box);
			finding->best = i == best ? kept : finding->best;
			finding->all[kept++] = finding->all[i];
		}
	finding->count = kept;
}

int finding_judge(struct ink *ink, const struct digit_judge *judge, struct finding *out,
				  struct error *error)
{
	int status = 0;

	memset(out, 0, sizeof *out);
	out->ink = *ink;
	*ink = (struct ink){0};
	for (int i = 0; !status && i < out->ink.count; i++)
		status = see(&out->ink, i, i, judge, &out->all[out->count++], error);
	if (!status)
		status = join(out, judge, error);
	if (status)
		finding_free(out);
	else if (out->count > 0)
		select_digits(out, judge);
	return status;
}
