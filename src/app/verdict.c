/* A straight line is fitted by least squares to the later half of the validation losses. It is a
 * trend where it rises or falls by more than chance would, and by enough to matter. Overfitting is
 * a validation loss that rises, or that stays well behind the training figures, while the training
 * loss goes on falling. */
#include "app/verdict.h"

#include <math.h>
#include <stdbool.h>

/* The least change that matters, as a share of the loss at the line's beginning. */
#define CLEAR_FALL 0.03
#define CLEAR_RISE 0.05
#define CLEAR_CHANGE 0.1 /* of the training loss, whose curve is smooth */

/* The least change that is no chance, in standard errors. A fall may be chance more often, because
 * a vain hope costs a few epochs only. */
#define SURE_FALL 1.5
#define SURE_RISE 2

#define LARGE_GAP 0.01   /* between the accuracies of training and validation */
#define LOW_ACCURACY 0.8 /* accuracies below this are too low for these tasks */
#define SLOW_FALL 0.05   /* of the loss, as a share of it, in an epoch */
#define BLIND_LOSS 0.975 /* share of the loss of guessing, above which nothing was learned */
#define FEW_ROWS 4       /* with fewer rows, the absence of a trend means nothing */
#define FEW_STEPS 10     /* fewer steps may well have learned nothing yet */
#define FEW_IMAGES 30    /* all of n read right, up to 3/n of others may be misread (95%) */

enum column { VAL_LOSS, VAL_ACCURACY, SEEN_LOSS, SEEN_ACCURACY };

/* A straight line through the last `count` values of a column. */
struct trend {
	int first, count;
	double mean, start, end; /* the mean of the values; the line's height at both ends */
	double noise;            /* the standard deviation of the values around the line */
	double error;            /* the standard error of end - start */
};

/* The curves, and what follows from them. SEEN columns are of the training images: the measured
 * figures where every row has them, else the running means. A loss below `least` counts as that. */
struct findings {
	const struct verdict_case *curves;
	double least;
	bool has_val, measured;
	struct trend val, seen;
};

static double value(const struct findings *f, int i, enum column column)
{
	const struct epoch_figures *row = &f->curves->rows[i];
	const double values[] = {
		[VAL_LOSS] = fmax(row->val_loss, f->least),
		[VAL_ACCURACY] = row->val_accuracy,
		[SEEN_LOSS] = fmax(f->measured ? row->train_loss : row->loss, f->least),
		[SEEN_ACCURACY] = f->measured ? row->train_accuracy : row->accuracy,
	};

	return values[column];
}

static double mean(const struct findings *f, int first, int count, enum column column)
{
	double sum = 0;

	for (int i = first; i < first + count; i++)
		sum += value(f, i, column);
	return sum / count;
}

/* The distance that chance alone may move a loss from one epoch to the next, as a share of the
 * loss. Most of a loss comes from misread images. If all of it did, its deviation would be that of
 * their number, sqrt(accuracy / misread). A third of that was measured, because both epochs look at
 * the same images. */
static double chance(const struct findings *f)
{
	double accuracy = value(f, f->curves->count - 1, f->has_val ? VAL_ACCURACY : SEEN_ACCURACY);
	double misread = (1 - accuracy) * (double)f->curves->val_count;

	return 0.35 * sqrt(accuracy / (misread > 1 ? misread : 1));
}

static struct trend fit(const struct findings *f, enum column column)
{
	const int rows = f->curves->count, count = rows == 2 ? 2 : (rows + 1) / 2;
	struct trend t = {.first = rows - count, .count = count};
	double middle = (count - 1) / 2.0, slope = 0, spread = 0, residuals = 0;

	t.mean = mean(f, t.first, count, column);
	for (int i = 0; i < count; i++) {
		slope += (i - middle) * value(f, t.first + i, column);
		spread += (i - middle) * (i - middle);
	}
	slope = spread > 0 ? slope / spread : 0;
	t.start = t.mean - slope * middle;
	t.end = t.mean + slope * middle;
	for (int i = 0; i < count; i++) {
		double residual = value(f, t.first + i, column) - (t.start + slope * i);
		residuals += residual * residual;
	}
	/* Few residuals say little about the noise, and two say nothing, so the deviation that chance
	 * must give counts as two residuals more. */
	double expected = chance(f) * t.mean;
	int degrees = count > 2 ? count - 2 : 0;
	t.noise = sqrt((residuals + 2 * expected * expected) / (degrees + 2));
	t.error = spread > 0 ? t.noise / sqrt(spread) * (count - 1) : t.noise;
	return t;
}

static bool falls(const struct trend *t, double share)
{
	return t->start - t->end > SURE_FALL * t->error && t->start - t->end >= share * t->start;
}

static bool rises(const struct trend *t, double share)
{
	return t->end - t->start > SURE_RISE * t->error && t->end - t->start >= share * t->start;
}

/* The row with a column's lowest value; the first of equals. */
static int lowest(const struct findings *f, enum column column)
{
	int row = 0;

	for (int i = 1; i < f->curves->count; i++)
		if (value(f, i, column) < value(f, row, column))
			row = i;
	return row;
}

static struct findings look(const struct verdict_case *curves, double least)
{
	struct findings f = {.curves = curves, .least = least, .has_val = true, .measured = true};

	for (int i = 0; i < curves->count; i++) {
		f.has_val = f.has_val && curves->rows[i].has_val;
		f.measured = f.measured && curves->rows[i].has_train;
	}
	f.seen = fit(&f, SEEN_LOSS);
	if (f.has_val)
		f.val = fit(&f, VAL_LOSS);
	return f;
}

static bool has_few_steps(const struct findings *f)
{
	return f->curves->steps < FEW_STEPS;
}

/* No epoch was better than guessing, on training and on validation images. */
static bool is_guessing(const struct findings *f)
{
	const double limit = f->least + BLIND_LOSS * (log(f->curves->classes) - f->least);

	if (has_few_steps(f))
		return false;
	for (int i = 0; i < f->curves->count; i++)
		if (value(f, i, SEEN_LOSS) < limit || (f->has_val && value(f, i, VAL_LOSS) < limit))
			return false;
	return true;
}

/* Steps so large that logits are: a few mistakes then cost more than guessing would. */
static bool is_overshooting(const struct findings *f)
{
	const double chance = 1.0 / f->curves->classes, least = chance + (1 - chance) / 3;
	const double guessing = log(f->curves->classes);
	const int last = f->curves->count - 1;

	return is_guessing(f) && value(f, last, SEEN_LOSS) > guessing &&
		   value(f, last, SEEN_ACCURACY) >= least &&
		   (!f->has_val || value(f, last, VAL_ACCURACY) >= least);
}

static bool is_underfitting(const struct findings *f)
{
	const struct trend *t = f->has_val ? &f->val : &f->seen;
	int last = f->curves->count - 1;

	return f->curves->count > 2 && !has_few_steps(f) &&
		   value(f, last, SEEN_ACCURACY) < LOW_ACCURACY &&
		   (!f->has_val || value(f, last, VAL_ACCURACY) < LOW_ACCURACY) &&
		   (t->start - t->end) / (t->count - 1) < SLOW_FALL * t->start;
}

static bool seen_falls_since(const struct findings *f, int row)
{
	const double now = value(f, f->curves->count - 1, SEEN_LOSS);

	return now - f->least < (1 - CLEAR_CHANGE) * (value(f, row, SEEN_LOSS) - f->least);
}

/* The validation loss is above that of the best epoch, and not by chance: three deviations, because
 * the best of many epochs is one that chance has favoured. */
static bool has_turned(const struct findings *f)
{
	const int row = lowest(f, VAL_LOSS);
	double best = value(f, row, VAL_LOSS), distance = f->val.mean - best;
	bool risen = row < f->val.first && distance > 3 * f->val.noise &&
				 distance >= CLEAR_RISE * best && !falls(&f->val, CLEAR_FALL);

	return (risen || rises(&f->val, CLEAR_RISE)) && seen_falls_since(f, row);
}

/* The first row whose validation loss is no worse than the mean of the last rows, give or take the
 * noise. */
static int arrival(const struct findings *f)
{
	int i = 0;

	while (i < f->val.first && value(f, i, VAL_LOSS) > f->val.mean + f->val.noise)
		i++;
	return i;
}

/* The gap between the accuracies is large, and in 19 of 20 cases not due to the choice of the
 * validation images. */
static bool has_large_gap(const struct findings *f)
{
	double p = mean(f, f->val.first, f->val.count, VAL_ACCURACY);
	double error = sqrt(p * (1 - p) / (double)f->curves->val_count);
	double gap = fit(f, SEEN_ACCURACY).end - p;

	return gap >= LARGE_GAP && gap > 1.645 * error;
}

/* Who reads all training images right is at most less sure of them. */
static bool is_unstable(const struct findings *f)
{
	return value(f, f->curves->count - 1, SEEN_ACCURACY) < 1 && rises(&f->seen, CLEAR_CHANGE) &&
		   !(f->has_val && falls(&f->val, CLEAR_FALL));
}

static bool lacks_validation(const struct findings *f)
{
	return !f->has_val;
}

static bool is_improving(const struct findings *f)
{
	return falls(&f->val, CLEAR_FALL);
}

static bool is_early(const struct findings *f)
{
	return f->curves->count < FEW_ROWS || has_few_steps(f);
}

static bool has_few_images(const struct findings *f)
{
	return f->curves->val_count < FEW_IMAGES;
}

/* It goes on improving on its own training images alone. */
static bool is_stuck(const struct findings *f)
{
	return has_large_gap(f) && seen_falls_since(f, arrival(f));
}

static int lowest_seen(const struct findings *f)
{
	return lowest(f, SEEN_LOSS);
}

static int lowest_val(const struct findings *f)
{
	return lowest(f, VAL_LOSS);
}

/* The first rule that holds is the verdict. */
static const struct rule {
	enum verdict_kind kind;
	bool (*holds)(const struct findings *f); /* NULL: always */
	int (*since)(const struct findings *f);  /* the row since which it is so; NULL: there is none */
} rules[] = {
	{VERDICT_OVERSHOOTING, is_overshooting, NULL},
	{VERDICT_NOT_LEARNING, is_guessing, NULL},
	{VERDICT_UNDERFITTING, is_underfitting, NULL},
	{VERDICT_UNSTABLE, is_unstable, lowest_seen},
	{VERDICT_NO_VALIDATION, lacks_validation, NULL},
	{VERDICT_OVERFITTING, has_turned, lowest_val},
	{VERDICT_IMPROVING, is_improving, NULL},
	{VERDICT_TOO_EARLY, is_early, NULL},
	{VERDICT_OVERFITTING, is_stuck, arrival},
	{VERDICT_TOO_FEW, has_few_images, NULL},
	{VERDICT_WELL_FITTED, NULL, arrival},
};

/* The loss begins to fall. A first loss far above that of guessing comes from too large steps. */
static bool is_falling(const struct findings *f)
{
	const int last = f->curves->count - 1;
	const double first = value(f, 0, SEEN_LOSS), loss = value(f, last, SEEN_LOSS);

	return last > 0 && first < 1.25 * log(f->curves->classes) && loss < first &&
		   loss < value(f, last - 1, SEEN_LOSS);
}

static struct verdict_figures figures(const struct findings *f, int row)
{
	return (struct verdict_figures){
		.loss = value(f, row, SEEN_LOSS),
		.accuracy = value(f, row, SEEN_ACCURACY),
		.val_loss = value(f, row, VAL_LOSS),
		.val_accuracy = value(f, row, VAL_ACCURACY),
	};
}

/* That of images which hit their smoothed targets: learning by heart leads there, not to 0. */
static double least_loss(const struct verdict_case *curves)
{
	return -log(1 - curves->label_smoothing * (curves->classes - 1) / curves->classes);
}

static double val_accuracy_before(const struct verdict_case *curves)
{
	return curves->count > 1 ? curves->rows[curves->count - 2].val_accuracy : 1.0 / curves->classes;
}

void verdict_reach(const struct verdict_case *curves, struct verdict *verdict)
{
	const struct rule *rule = rules;

	*verdict = (struct verdict){.kind = VERDICT_NONE};
	if (curves->count < 1)
		return;
	const struct findings f = look(curves, least_loss(curves)), plain = look(curves, 0);
	const struct trend *trend = plain.has_val ? &plain.val : &plain.seen;
	while (rule->holds && !rule->holds(&f))
		rule++;
	*verdict = (struct verdict){
		.kind = rule->kind,
		.epochs = curves->count,
		.steps = curves->steps,
		.val_count = curves->val_count,
		.has_val = f.has_val,
		.measured = f.measured,
		.now = figures(&plain, curves->count - 1),
		.trend = {curves->rows[trend->first].epoch, trend->count, trend->mean, trend->start,
				  trend->end},
		.guessing = log(curves->classes),
		.val_accuracy_before = val_accuracy_before(curves),
		.turned = rule->holds == has_turned,
		.falling = is_falling(&f),
		.decayed = curves->rows[curves->count - 1].learning_rate < 0.05 * curves->learning_rate,
	};
	if (rule->since) {
		const int row = rule->since(&f);
		verdict->since = curves->rows[row].epoch;
		verdict->then = figures(&plain, row);
	}
}
