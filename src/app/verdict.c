/* The verdict on learning curves. A straight line is fitted by least squares to the later half of
 * the validation losses; where it rises or falls by more than chance and by enough to matter, it
 * is a trend. Overfitting is a validation loss that rises, or is stuck well behind the training
 * figures, while the training loss goes on falling. */
#include "app/verdict.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/dataset.h"

/* What counts as much, as a share of the loss at the beginning. */
#define CLEAR_FALL 0.03
#define CLEAR_RISE 0.05
#define CLEAR_CHANGE 0.1 /* of the training loss, whose smoothness makes less mean nothing */

/* In standard errors. To hope in vain costs a few epochs, and so may come by chance more often. */
#define SURE_FALL 1.5
#define SURE_RISE 2

#define LARGE_GAP 0.01   /* between accuracies of training and validation */
#define LOW_ACCURACY 0.8 /* of training and validation: too low for these tasks */
#define SLOW_FALL 0.05   /* of the loss, an epoch: not just beginning to learn */
#define BLIND_LOSS 0.975 /* of what guessing costs */
#define FEW_ROWS 4       /* with fewer, that there is no trend says nothing */

enum column { VAL_LOSS, VAL_ACCURACY, SEEN_LOSS, SEEN_ACCURACY };

/* A line through the last `count` values of a column. */
struct trend {
	int first, count;
	double mean, start, end; /* of the values; of the line at both ends */
	double noise;            /* standard deviation around it */
	double error;            /* standard error of end - start */
};

/* The curves with what is derived from them. `seen` columns are the training images': measured
 * afterwards where that was done each time, else the running means. */
struct findings {
	const struct verdict_case *curves;
	bool has_val, measured;
	struct trend val, seen;
	double val_accuracy, seen_accuracy; /* at the end: a mean, and the end of a line */
	int best;                           /* row */
};

static double value(const struct findings *f, int i, enum column column)
{
	const struct curves_row *row = &f->curves->rows[i];

	switch (column) {
	case VAL_LOSS:
		return row->val_loss;
	case VAL_ACCURACY:
		return row->val_accuracy;
	case SEEN_LOSS:
		return f->measured ? row->train_loss : row->loss;
	default:
		return f->measured ? row->train_accuracy : row->accuracy;
	}
}

static double mean(const struct findings *f, int first, int count, enum column column)
{
	double sum = 0;

	for (int i = first; i < first + count; i++)
		sum += value(f, i, column);
	return sum / count;
}

/* How far chance alone may move a loss from one epoch to the next, as a share of it. Most of the
 * loss comes from the images that are misread; if all did, their number's deviation were its own,
 * sqrt(accuracy / misread). A third of that, as measured, because both epochs look at the same
 * images. */
static double chance(const struct findings *f)
{
	double accuracy = value(f, f->curves->count - 1, f->has_val ? VAL_ACCURACY : SEEN_ACCURACY);
	double misread = (1 - accuracy) * (double)f->curves->val_count;

	return 0.35 * sqrt(accuracy / (misread > 1 ? misread : 1));
}

static struct trend fit(const struct findings *f, enum column column)
{
	const int rows = f->curves->count, count = rows < 4 ? rows < 2 ? rows : 2 : (rows + 1) / 2;
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
	/* Few residuals say little of the noise, two none at all: what chance must give counts as two
	 * more. */
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

static struct findings look(const struct verdict_case *curves)
{
	struct findings f = {.curves = curves, .has_val = true, .measured = true};

	for (int i = 0; i < curves->count; i++) {
		f.has_val = f.has_val && curves->rows[i].has_val;
		f.measured = f.measured && curves->rows[i].has_train;
	}
	f.seen = fit(&f, SEEN_LOSS);
	f.seen_accuracy = fit(&f, SEEN_ACCURACY).end;
	if (!f.has_val)
		return f;
	f.val = fit(&f, VAL_LOSS);
	f.val_accuracy = mean(&f, f.val.first, f.val.count, VAL_ACCURACY);
	for (int i = 1; i < curves->count; i++)
		if (curves_better(&curves->rows[i], &curves->rows[f.best]))
			f.best = i;
	return f;
}

/* All the time, on all images. */
static bool is_guessing(const struct findings *f)
{
	double limit = BLIND_LOSS * log(DATASET_CLASSES);

	for (int i = 0; i < f->curves->count; i++)
		if (value(f, i, SEEN_LOSS) < limit || (f->has_val && value(f, i, VAL_LOSS) < limit))
			return false;
	return true;
}

static bool is_underfitting(const struct findings *f)
{
	const struct trend *t = f->has_val ? &f->val : &f->seen;
	int last = f->curves->count - 1;

	/* Two epochs may be a few steps. */
	return f->curves->count > 2 && value(f, last, SEEN_ACCURACY) < LOW_ACCURACY &&
		   (!f->has_val || value(f, last, VAL_ACCURACY) < LOW_ACCURACY) &&
		   (t->start - t->end) / (t->count - 1) < SLOW_FALL * t->start;
}

/* What is left of the running loss when all is learned: the entropy of smoothed labels. */
static double least_loss(const struct findings *f)
{
	double wrong = f->curves->label_smoothing / DATASET_CLASSES;
	double right = 1 - (DATASET_CLASSES - 1) * wrong;

	if (f->measured || !(wrong > 0))
		return 0;
	return -right * log(right) - (DATASET_CLASSES - 1) * wrong * log(wrong);
}

static bool seen_falls_since(const struct findings *f, int row)
{
	double least = least_loss(f), now = value(f, f->curves->count - 1, SEEN_LOSS);

	return now - least < (1 - CLEAR_CHANGE) * (value(f, row, SEEN_LOSS) - least);
}

/* Worse on new images than at the best epoch, and not by chance: three deviations, since the best
 * of many is one that chance has favoured. */
static bool has_turned(const struct findings *f)
{
	double best = value(f, f->best, VAL_LOSS), distance = f->val.mean - best;
	bool risen = f->best < f->val.first && distance > 3 * f->val.noise &&
				 distance >= CLEAR_RISE * best && !falls(&f->val, CLEAR_FALL);

	return (risen || rises(&f->val, CLEAR_RISE)) && seen_falls_since(f, f->best);
}

/* The first row that is as good as the last ones are on the whole. */
static int arrival(const struct findings *f)
{
	int i = 0;

	while (i < f->val.first && value(f, i, VAL_LOSS) > f->val.mean + f->val.noise)
		i++;
	return i;
}

/* Between the accuracies, and in 19 of 20 cases not by the choice of the validation images. */
static bool has_large_gap(const struct findings *f)
{
	double p = f->val_accuracy, error = sqrt(p * (1 - p) / (double)f->curves->val_count);
	double gap = f->seen_accuracy - p;

	return gap >= LARGE_GAP && gap > 1.645 * error;
}

static enum verdict_kind judge(const struct findings *f)
{
	if (is_guessing(f))
		return VERDICT_NOT_LEARNING;
	if (f->curves->count < 2)
		return f->has_val ? VERDICT_TOO_EARLY : VERDICT_NO_VALIDATION;
	if (is_underfitting(f))
		return VERDICT_UNDERFITTING;
	if (rises(&f->seen, CLEAR_CHANGE) && !(f->has_val && falls(&f->val, CLEAR_FALL)))
		return VERDICT_UNSTABLE;
	if (!f->has_val)
		return VERDICT_NO_VALIDATION;
	if (has_turned(f))
		return VERDICT_OVERFITTING;
	if (falls(&f->val, CLEAR_FALL))
		return VERDICT_IMPROVING;
	if (f->curves->count < FEW_ROWS)
		return VERDICT_TOO_EARLY;
	return has_large_gap(f) && seen_falls_since(f, arrival(f)) ? VERDICT_OVERFITTING
															   : VERDICT_WELL_FITTED;
}

static const char *name(const struct findings *f, enum column column)
{
	static const char *const running[] = {"val_loss", "val_accuracy", "loss", "accuracy"};
	static const char *const measured[] = {"val_loss", "val_accuracy", "train_loss",
										   "train_accuracy"};

	return f->measured ? measured[column] : running[column];
}

/* "accuracy 0.9792, val_accuracy 0.9883", in the last row. */
#define ACCURACIES 80
static const char *accuracies(const struct findings *f, char text[ACCURACIES])
{
	int last = f->curves->count - 1;
	int length = snprintf(text, ACCURACIES, "%s %.4f", name(f, SEEN_ACCURACY),
						  value(f, last, SEEN_ACCURACY));

	if (f->has_val)
		snprintf(text + length, (size_t)(ACCURACIES - length), ", val_accuracy %.4f",
				 value(f, last, VAL_ACCURACY));
	return text;
}

/* A schedule has brought the learning rate down, which alone flattens curves. */
static bool has_decayed(const struct findings *f)
{
	return f->curves->rows[f->curves->count - 1].learning_rate < 0.05 * f->curves->learning_rate;
}

/* Why the training figures may look worse than those of validation, where they do. */
static void explain_handicap(const struct findings *f, struct verdict *verdict)
{
	const size_t length = strlen(verdict->line[1]);
	const int last = f->curves->count - 1;

	if (!f->measured && f->curves->handicap &&
		value(f, last, SEEN_ACCURACY) < value(f, last, VAL_ACCURACY))
		snprintf(verdict->line[1] + length, VERDICT_LINE - length,
				 "; accuracy is low because of %s (see --eval-train)", f->curves->handicap);
}

static void tell_too_early(const struct findings *f, struct verdict *verdict)
{
	const int last = f->curves->count - 1;

	if (last == 0)
		snprintf(verdict->line[0], VERDICT_LINE,
				 "too early to tell after one epoch: val_loss %.4f, val_accuracy %.4f",
				 value(f, 0, VAL_LOSS), value(f, 0, VAL_ACCURACY));
	else
		snprintf(verdict->line[0], VERDICT_LINE,
				 "too early to tell: the last epoch took val_loss from %.4f to %.4f, as chance may",
				 f->val.start, f->val.end);
	snprintf(verdict->line[1], VERDICT_LINE, "--epochs %d would show more", last < 2 ? 5 : 10);
	explain_handicap(f, verdict);
}

static void tell_no_validation(const struct findings *f, struct verdict *verdict)
{
	const int last = f->curves->count - 1;

	snprintf(verdict->line[0], VERDICT_LINE,
			 "no validation images, so no verdict; in training %s is %.4f, %s %.4f",
			 name(f, SEEN_LOSS), value(f, last, SEEN_LOSS), name(f, SEEN_ACCURACY),
			 value(f, last, SEEN_ACCURACY));
	snprintf(verdict->line[1], VERDICT_LINE,
			 "whether that holds for new images shows with --val-split 0.2");
}

static void tell_not_learning(const struct findings *f, struct verdict *verdict)
{
	const int last = f->curves->count - 1;
	const double loss = value(f, last, SEEN_LOSS);
	/* A first loss that is far above guessing's comes from steps too large. */
	const bool begins = last > 0 && value(f, 0, SEEN_LOSS) < 1.25 * log(DATASET_CLASSES) &&
						loss < value(f, 0, SEEN_LOSS) && loss < value(f, last - 1, SEEN_LOSS);
	char text[ACCURACIES];

	snprintf(verdict->line[0], VERDICT_LINE, "%s: %s %.4f (guessing: %.4f), %s",
			 begins ? "nothing learned yet" : "not learning", name(f, SEEN_LOSS), loss,
			 log(DATASET_CLASSES), accuracies(f, text));
	snprintf(verdict->line[1], VERDICT_LINE,
			 begins ? "the loss falls: more epochs may help, or a higher --learning-rate than %g"
					: "a lower --learning-rate than %g may help, or layers that let more through",
			 f->curves->learning_rate);
}

static void tell_underfitting(const struct findings *f, struct verdict *verdict)
{
	const struct trend *t = f->has_val ? &f->val : &f->seen;
	char text[ACCURACIES];

	snprintf(verdict->line[0], VERDICT_LINE, "underfitting: %s, and %s falls by %.1f%% an epoch",
			 accuracies(f, text), name(f, f->has_val ? VAL_LOSS : SEEN_LOSS),
			 fmax(0, 100 * (t->start - t->end) / (t->count - 1) / t->start));
	snprintf(verdict->line[1], VERDICT_LINE,
			 "more units or filters may help, or another --learning-rate than %g",
			 f->curves->learning_rate);
}

static void tell_unstable(const struct findings *f, struct verdict *verdict)
{
	const int last = f->curves->count - 1;
	int lowest = 0;

	for (int i = 1; i <= last; i++)
		if (value(f, i, SEEN_LOSS) < value(f, lowest, SEEN_LOSS))
			lowest = i;
	snprintf(verdict->line[0], VERDICT_LINE, "unstable since epoch %d: there %s was %.4f, now %.4f",
			 f->curves->rows[lowest].epoch, name(f, SEEN_LOSS), value(f, lowest, SEEN_LOSS),
			 value(f, last, SEEN_LOSS));
	snprintf(verdict->line[1], VERDICT_LINE,
			 "a lower --learning-rate than %g would help, or --schedule linear",
			 f->curves->learning_rate);
}

static void tell_improving(const struct findings *f, struct verdict *verdict)
{
	const struct trend *t = &f->val;
	const int more = 2 * f->curves->count;

	if (t->count == 2)
		snprintf(verdict->line[0], VERDICT_LINE,
				 "still improving: the last epoch brought val_loss from %.4f to %.4f", t->start,
				 t->end);
	else
		snprintf(verdict->line[0], VERDICT_LINE,
				 "still improving: val_loss falls by about %.1f%% an epoch since epoch %d",
				 100 * (t->start - t->end) / (t->count - 1) / t->start,
				 f->curves->rows[t->first].epoch);
	snprintf(verdict->line[1], VERDICT_LINE,
			 has_decayed(f) ? "a longer schedule may gain more: --epochs %d"
							: "more epochs may help: --epochs %d",
			 more);
	explain_handicap(f, verdict);
}

static void tell_overfitting(const struct findings *f, struct verdict *verdict)
{
	const bool turned = has_turned(f);
	const int since = turned ? f->best : arrival(f);

	verdict->since = f->curves->rows[since].epoch;
	if (turned)
		snprintf(verdict->line[0], VERDICT_LINE,
				 "overfitting since epoch %d: val_loss rose from %.4f to about %.4f",
				 verdict->since, value(f, since, VAL_LOSS), f->val.end);
	else
		snprintf(verdict->line[0], VERDICT_LINE,
				 "overfitting since epoch %d: val_loss has stayed at about %.4f", verdict->since,
				 f->val.mean);
	snprintf(verdict->line[1], VERDICT_LINE,
			 "while %s fell from %.4f to %.4f; try %s--augment, dropout or more images",
			 name(f, SEEN_LOSS), value(f, since, SEEN_LOSS),
			 value(f, f->curves->count - 1, SEEN_LOSS), f->curves->best_kept ? "" : "--patience, ");
}

static void tell_well_fitted(const struct findings *f, struct verdict *verdict)
{
	char text[ACCURACIES];

	verdict->since = f->curves->rows[arrival(f)].epoch;
	snprintf(verdict->line[0], VERDICT_LINE, "well fitted: val_loss about %.4f since epoch %d; %s",
			 f->val.mean, verdict->since, accuracies(f, text));
	snprintf(verdict->line[1], VERDICT_LINE,
			 has_decayed(f) ? "a longer schedule or a larger network may gain more"
							: "a larger network or --schedule linear may gain more");
	explain_handicap(f, verdict);
}

void verdict_reach(const struct verdict_case *curves, struct verdict *verdict)
{
	static void (*const tell[])(const struct findings *, struct verdict *) = {
		[VERDICT_TOO_EARLY] = tell_too_early,       [VERDICT_NO_VALIDATION] = tell_no_validation,
		[VERDICT_NOT_LEARNING] = tell_not_learning, [VERDICT_UNDERFITTING] = tell_underfitting,
		[VERDICT_UNSTABLE] = tell_unstable,         [VERDICT_IMPROVING] = tell_improving,
		[VERDICT_OVERFITTING] = tell_overfitting,   [VERDICT_WELL_FITTED] = tell_well_fitted,
	};

	*verdict = (struct verdict){.kind = VERDICT_NONE};
	if (curves->count < 1)
		return;

	const struct findings f = look(curves);
	verdict->kind = judge(&f);
	tell[verdict->kind](&f, verdict);
}
