/* The verdict on learning curves in words: two sentences for each kind. */
#include "cli/verdict_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ACCURACIES 80

/* "accuracy 0.9792, val_accuracy 0.9883", of the last epoch. */
static const char *accuracies(const struct verdict *v, char text[ACCURACIES])
{
	int length = snprintf(text, ACCURACIES, "%s %.4f", v->measured ? "train_accuracy" : "accuracy",
						  v->now.accuracy);

	if (v->has_val)
		snprintf(text + length, (size_t)(ACCURACIES - length), ", val_accuracy %.4f",
				 v->now.val_accuracy);
	return text;
}

/* Per cent that the line of the trend falls in an epoch. */
static double fall(const struct verdict *v)
{
	return 100 * (v->trend.start - v->trend.end) / (v->trend.count - 1) / v->trend.start;
}

static void print_finding(const struct verdict *v, char line[VERDICT_LINE])
{
	const char *const loss = v->measured ? "train_loss" : "loss";
	const char *const falling = v->falling ? "nothing learned yet" : "not learning";
	const double from = v->trend.start, to = v->trend.end;
	char text[ACCURACIES];

	accuracies(v, text);
	switch (v->kind) {
	case VERDICT_NONE:
		*line = '\0';
		break;
	case VERDICT_TOO_EARLY:
		if (v->epochs == 1)
			snprintf(line, VERDICT_LINE,
					 "too early to tell after one epoch: val_loss %.4f, val_accuracy %.4f",
					 v->now.val_loss, v->now.val_accuracy);
		else
			snprintf(line, VERDICT_LINE,
					 "too early to tell: the last epoch took val_loss from %.4f to %.4f, as chance "
					 "may",
					 from, to);
		break;
	case VERDICT_NO_VALIDATION:
		snprintf(line, VERDICT_LINE,
				 "no validation images, so no verdict; in training %s is %.4f, %s", loss,
				 v->now.loss, text);
		break;
	case VERDICT_NOT_LEARNING:
		snprintf(line, VERDICT_LINE, "%s: %s %.4f (guessing: %.4f), %s", falling, loss, v->now.loss,
				 v->guessing, text);
		break;
	case VERDICT_UNDERFITTING:
		snprintf(line, VERDICT_LINE, "underfitting: %s, and %s falls by %.1f%% an epoch", text,
				 v->has_val ? "val_loss" : loss, fmax(0, fall(v)));
		break;
	case VERDICT_UNSTABLE:
		snprintf(line, VERDICT_LINE, "unstable since epoch %d: there %s was %.4f, now %.4f",
				 v->since, loss, v->then.loss, v->now.loss);
		break;
	case VERDICT_IMPROVING:
		if (v->trend.count == 2)
			snprintf(line, VERDICT_LINE,
					 "still improving: the last epoch brought val_loss from %.4f to %.4f", from,
					 to);
		else
			snprintf(line, VERDICT_LINE,
					 "still improving: val_loss falls by about %.1f%% an epoch since epoch %d",
					 fall(v), v->trend.since);
		break;
	case VERDICT_OVERFITTING:
		if (v->turned)
			snprintf(line, VERDICT_LINE,
					 "overfitting since epoch %d: val_loss rose from %.4f to about %.4f", v->since,
					 v->then.val_loss, to);
		else
			snprintf(line, VERDICT_LINE,
					 "overfitting since epoch %d: val_loss has stayed at about %.4f", v->since,
					 v->trend.mean);
		break;
	case VERDICT_WELL_FITTED:
		snprintf(line, VERDICT_LINE, "well fitted: val_loss about %.4f since epoch %d; %s",
				 v->trend.mean, v->since, text);
		break;
	}
}

static void print_advice(const struct verdict *v, const struct settings *settings,
						 char line[VERDICT_LINE])
{
	const double rate = (double)settings->learning_rate;

	switch (v->kind) {
	case VERDICT_NONE:
		*line = '\0';
		break;
	case VERDICT_TOO_EARLY:
		snprintf(line, VERDICT_LINE, "--epochs %d would show more", v->epochs < 3 ? 5 : 10);
		break;
	case VERDICT_NO_VALIDATION:
		snprintf(line, VERDICT_LINE,
				 "whether that holds for new images shows with --val-split 0.2");
		break;
	case VERDICT_NOT_LEARNING:
		snprintf(line, VERDICT_LINE,
				 v->falling
					 ? "the loss falls: more epochs may help, or a higher --learning-rate than %g"
					 : "a lower --learning-rate than %g may help, or layers that let more through",
				 rate);
		break;
	case VERDICT_UNDERFITTING:
		snprintf(line, VERDICT_LINE,
				 "more units or filters may help, or another --learning-rate than %g", rate);
		break;
	case VERDICT_UNSTABLE:
		snprintf(line, VERDICT_LINE,
				 "a lower --learning-rate than %g would help, or --schedule linear", rate);
		break;
	case VERDICT_IMPROVING:
		snprintf(line, VERDICT_LINE,
				 v->decayed ? "a longer schedule may gain more: --epochs %d"
							: "more epochs may help: --epochs %d",
				 2 * v->epochs);
		break;
	case VERDICT_OVERFITTING:
		snprintf(line, VERDICT_LINE,
				 "while %s fell from %.4f to %.4f; try %s--augment, dropout or more images",
				 v->measured ? "train_loss" : "loss", v->then.loss, v->now.loss,
				 settings->patience ? "" : "--patience, ");
		break;
	case VERDICT_WELL_FITTED:
		snprintf(line, VERDICT_LINE,
				 v->decayed ? "a longer schedule or a larger network may gain more"
							: "a larger network or --schedule linear may gain more");
		break;
	}
}

void verdict_text(const struct verdict *v, const struct settings *settings, const char *handicap,
				  char lines[2][VERDICT_LINE])
{
	const bool compares = v->kind == VERDICT_TOO_EARLY || v->kind == VERDICT_IMPROVING ||
						  v->kind == VERDICT_WELL_FITTED;

	print_finding(v, lines[0]);
	print_advice(v, settings, lines[1]);
	if (compares && handicap && !v->measured && v->now.accuracy < v->now.val_accuracy) {
		const size_t length = strlen(lines[1]);
		snprintf(lines[1] + length, VERDICT_LINE - length,
				 "; accuracy is low because of %s (see --eval-train)", handicap);
	}
}
