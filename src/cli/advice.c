/* Facts become words here, because advice names options, which only the command line knows. */
#include "cli/advice.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ACCURACIES 80
#define CLEAR_GAP 0.01 /* between accuracies, that is worth a word */

int advise_on_dataset(enum dataset_fault fault, struct error *error)
{
	if (fault == DATASET_MISSING)
		error_append(error, "; the MNIST files are in the folder data of mnist-cnn's source; name "
							"their folder with --data DIR or $MNIST_CNN_DATA");
	if (fault == DATASET_SEVERAL)
		error_append(error, "; name one of them with --data");
	if (fault == DATASET_BROKEN_PICTURES)
		error_append(error, "; --skip-broken leaves them out");
	return fault ? -1 : 0;
}

int advise_on_model(enum model_fault fault, struct error *error)
{
	if (fault == MODEL_MISSING)
		error_append(error,
					 "; train a model with 'mnist-cnn train', or name one with --model FILE");
	if (fault == MODEL_NAMELESS)
		error_append(error, ": give it with --network SPEC");
	return fault ? -1 : 0;
}

void advise_on_divergence(const struct settings *settings, struct error *error)
{
	error_append(error, ": try a smaller --learning-rate than %g", (double)settings->learning_rate);
}

/* ---- the verdict, two sentences for each kind ---- */

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

static double usual_rate(const struct settings *settings)
{
	return (double)optimizer_rule(settings->optimizer.kind)->learning_rate;
}

/* Where nothing is learned, the loss does not say whether steps are too large or too small. The
 * optimizer's usual rate does: far below it, they are lost in the noise. */
static const char *better_rate(const struct settings *settings)
{
	const double rate = (double)settings->learning_rate, usual = usual_rate(settings);

	return rate < usual / 10 ? "a higher" : rate < usual ? "another" : "a lower";
}

static void say(char line[VERDICT_LINE], const char *format, ...) ERROR_PRINTF;

static void say(char line[VERDICT_LINE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, VERDICT_LINE, format, arguments);
	va_end(arguments);
}

/* The remedies against overfitting that this training does without, or could have more of. */
static const char *remedies(const struct settings *settings, bool has_dropout,
							char text[ACCURACIES])
{
	snprintf(text, ACCURACIES, "%s%s%sdropout or more images",
			 settings->patience ? "" : "--patience, ",
			 augment_is_none(&settings->augment) ? "--augment, " : "", has_dropout ? "more " : "");
	return text;
}

static void say_both(const struct verdict *v, const struct settings *settings, bool has_dropout,
					 char finding[VERDICT_LINE], char advice[VERDICT_LINE])
{
	const double rate = (double)settings->learning_rate, from = v->trend.start, to = v->trend.end;
	const bool is_constant = settings->schedule == SCHEDULE_CONSTANT;
	const char *const loss = v->measured ? "train_loss" : "loss";
	char text[ACCURACIES];

	accuracies(v, text);
	switch (v->kind) {
	case VERDICT_NONE:
		*finding = *advice = '\0';
		break;
	case VERDICT_TOO_EARLY:
		if (v->epochs == 1)
			say(finding, "too early to tell after one epoch: val_loss %.4f, val_accuracy %.4f",
				v->now.val_loss, v->now.val_accuracy);
		else if (v->epochs > 3)
			say(finding, "too early to tell after %llu steps: val_loss %.4f, val_accuracy %.4f",
				(unsigned long long)v->steps, v->now.val_loss, v->now.val_accuracy);
		else
			say(finding,
				"too early to tell: the last epoch took val_loss from %.4f to %.4f, as chance may",
				from, to);
		say(advice, "--epochs %d would show more", v->epochs < 3 ? 5 : v->epochs < 5 ? 10 : 20);
		break;
	case VERDICT_TOO_FEW:
		say(finding,
			"too few validation images to tell: %zu; val_loss about %.4f, val_accuracy %.4f",
			v->val_count, v->trend.mean, v->now.val_accuracy);
		say(advice, "more images or a larger --val-split than %g would show more",
			settings->val_split);
		break;
	case VERDICT_NO_VALIDATION:
		say(finding, "no validation images, so no verdict; in training %s is %.4f, %s", loss,
			v->now.loss, text);
		if (settings->val_split > 0)
			say(advice,
				"whether that holds for new images shows with more, or a larger --val-split than "
				"%g",
				settings->val_split);
		else
			say(advice, "whether that holds for new images shows with --val-split 0.2");
		break;
	case VERDICT_OVERSHOOTING:
		say(finding, "steps too large: %s %.4f, above that of guessing (%.4f); %s", loss,
			v->now.loss, v->guessing, text);
		say(advice, "a lower --learning-rate than %g would help", rate);
		break;
	case VERDICT_NOT_LEARNING:
		say(finding, "%s: %s %.4f (guessing: %.4f), %s",
			v->falling ? "nothing learned yet" : "not learning", loss, v->now.loss, v->guessing,
			text);
		if (v->falling)
			say(advice, "the loss falls: more epochs may help, or a higher --learning-rate than %g",
				rate);
		else
			say(advice, "%s --learning-rate than %g may help%s", better_rate(settings), rate,
				rate < usual_rate(settings) / 10 ? "" : ", or layers that let more through");
		break;
	case VERDICT_UNDERFITTING:
		say(finding, "underfitting: %s, and %s falls by %.1f%% an epoch", text,
			v->has_val ? "val_loss" : loss, fmax(0, fall(v)));
		say(advice, "more units or filters may help, or another --learning-rate than %g", rate);
		break;
	case VERDICT_UNSTABLE:
		say(finding, "unstable since epoch %d: there %s was %.4f, now %.4f", v->since, loss,
			v->then.loss, v->now.loss);
		say(advice, "a lower --learning-rate than %g would help%s", rate,
			is_constant ? ", or --schedule linear" : "");
		break;
	case VERDICT_IMPROVING:
		if (v->trend.count == 2)
			say(finding, "still improving: the last epoch brought val_loss from %.4f to %.4f", from,
				to);
		else
			say(finding, "still improving: val_loss falls by about %.1f%% an epoch since epoch %d",
				fall(v), v->trend.since);
		say(advice,
			v->decayed ? "a longer schedule may gain more: --epochs %d"
					   : "more epochs may help: --epochs %d",
			2 * v->epochs);
		break;
	case VERDICT_OVERFITTING:
		if (v->turned)
			say(finding, "overfitting since epoch %d: val_loss rose from %.4f to about %.4f",
				v->since, v->then.val_loss, to);
		else
			say(finding, "overfitting since epoch %d: val_loss has stayed at about %.4f", v->since,
				v->trend.mean);
		say(advice, "while %s fell from %.4f to %.4f; try %s", loss, v->then.loss, v->now.loss,
			remedies(settings, has_dropout, text));
		break;
	case VERDICT_WELL_FITTED:
		say(finding, "well fitted: val_loss about %.4f since epoch %d; %s", v->trend.mean, v->since,
			text);
		say(advice, is_constant ? "a larger network or --schedule linear may gain more"
								: "a longer schedule or a larger network may gain more");
		break;
	}
}

/* Say why the running accuracy is below that of validation, where something needs a reason. It is
 * the mean of an epoch that began with the network of the epoch before. Only below what that one
 * could do is it due to the handicap. */
static void explain_accuracy(const struct verdict *v, const char *handicap, char line[VERDICT_LINE])
{
	const double accuracy = v->now.accuracy, after = v->now.val_accuracy;
	const size_t length = strlen(line), room = VERDICT_LINE - length;

	if (accuracy < v->val_accuracy_before && accuracy < after && handicap)
		snprintf(line + length, room, "; accuracy is low because of %s (see --eval-train)",
				 handicap);
	else if (accuracy >= v->val_accuracy_before && accuracy < after - CLEAR_GAP)
		snprintf(line + length, room,
				 "; accuracy is low as the mean of the epoch (see --eval-train)");
}

void verdict_text(const struct verdict *v, const struct settings *settings, const char *handicap,
				  char lines[2][VERDICT_LINE])
{
	const bool compares = v->kind == VERDICT_TOO_EARLY || v->kind == VERDICT_TOO_FEW ||
						  v->kind == VERDICT_IMPROVING || v->kind == VERDICT_WELL_FITTED;

	say_both(v, settings, handicap && strstr(handicap, "dropout"), lines[0], lines[1]);
	if (compares && !v->measured)
		explain_accuracy(v, handicap, lines[1]);
}
