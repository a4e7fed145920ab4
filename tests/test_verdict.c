/* The verdict on learning curves: made for each case, with noise, and some that were measured. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/verdict.h"
#include "base/rng.h"
#include "cli/advice.h"

enum { ROWS = 60, SEEDS = 100 };

/* Losses that come down from `start` to `floor` with a time constant of `pace` epochs; from epoch
 * `turn` on, the validation loss grows by `growth` an epoch. Of an accuracy, `misread` × loss is
 * missing; what the growth adds counts half. */
struct course {
	int epochs, turn;
	double start, pace, floor, val_floor, growth, misread;
	double noise; /* of the validation loss, as a share; the training loss has a third of it */
	bool measured;
};

static struct epoch_figures rows[ROWS];

/* Of mean 0 and deviation 1, nearly normal. */
static double noise(uint64_t seed, int epoch, int which)
{
	const struct rng rng = rng_stream(seed, (uint32_t)which, (uint64_t)epoch);
	double sum = -6;

	for (uint64_t i = 0; i < 12; i++)
		sum += (double)rng_uniform(rng, i);
	return sum;
}

static void cook(const struct course *course, uint64_t seed)
{
	for (int i = 0; i < course->epochs; i++) {
		const double left = (course->start - course->floor) * exp(-i / course->pace);
		const double val_left = (course->start - course->val_floor) * exp(-(i + 1) / course->pace);
		const double grown = i + 1 > course->turn ? (i + 1 - course->turn) * course->growth : 0;
		const double loss = (course->floor + left) * (1 + course->noise / 3 * noise(seed, i, 1));
		const double val = (course->val_floor + val_left) * (1 + course->noise * noise(seed, i, 2));

		rows[i] = (struct epoch_figures){
			.epoch = i + 1,
			.loss = loss,
			.accuracy = 1 - course->misread * loss,
			.has_val = true,
			.val_loss = val + grown,
			.val_accuracy = 1 - course->misread * (val + grown / 2),
			.learning_rate = 1e-3,
			.has_train = course->measured,
			.train_loss = 0.7 * loss,
			.train_accuracy = 1 - 0.7 * course->misread * loss,
		};
	}
}

/* A verdict, and how it is worded. */
struct said {
	enum verdict_kind kind;
	int since;
	char line[2][VERDICT_LINE];
};

static struct said say(const struct verdict_case *curves, int patience, const char *handicap)
{
	const struct settings settings = {
		.learning_rate = (float)curves->learning_rate, .val_split = 0.2, .patience = patience};
	struct verdict verdict;
	struct said said;

	verdict_reach(curves, &verdict);
	said.kind = verdict.kind;
	said.since = verdict.since;
	verdict_text(&verdict, &settings, handicap, said.line);
	return said;
}

static struct said reach(int count, size_t val_count, const char *handicap)
{
	const struct verdict_case curves = {.rows = rows,
										.classes = 10,
										.count = count,
										.steps = 100 * (uint64_t)count,
										.val_count = val_count,
										.learning_rate = rows[0].learning_rate};
	const struct said said = say(&curves, 0, handicap);

	for (int i = 0; i < 2; i++) {
		assert_true(strlen(said.line[i]) <= 110);
		assert_true(said.kind == VERDICT_NONE || strlen(said.line[i]) > 0);
	}
	return said;
}

/* How many of the seeds' curves are of that kind? `since`, if not NULL, gets the mean epoch. */
static int count_kind(const struct course *course, size_t val_count, enum verdict_kind kind,
					  double *since)
{
	int found = 0;
	double sum = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		cook(course, seed);
		const struct said verdict = reach(course->epochs, val_count, NULL);
		found += verdict.kind == kind;
		sum += verdict.since;
	}
	if (since)
		*since = sum / SEEDS;
	return found;
}

static void assert_begins(const char *line, const char *beginning)
{
	if (strncmp(line, beginning, strlen(beginning)))
		fail_msg("\"%s\" does not begin with \"%s\"", line, beginning);
}

static void no_rows_no_verdict(void **state)
{
	(void)state;
	const struct said verdict = reach(0, 100, NULL);

	assert_int_equal(verdict.kind, VERDICT_NONE);
	assert_string_equal(verdict.line[0], "");
	assert_string_equal(verdict.line[1], "");
}

/* The reference job's rows, as the README has them. */
static void the_reference_job(void **state)
{
	static const struct epoch_figures measured[] = {
		{.epoch = 1,
		 .accuracy = 0.913958,
		 .loss = 0.281344,
		 .has_val = true,
		 .val_accuracy = 0.981,
		 .val_loss = 0.067157,
		 .learning_rate = 1e-3},
		{.epoch = 2,
		 .accuracy = 0.972729,
		 .loss = 0.095245,
		 .has_val = true,
		 .val_accuracy = 0.987083,
		 .val_loss = 0.046441,
		 .learning_rate = 1e-3},
		{.epoch = 3,
		 .accuracy = 0.979229,
		 .loss = 0.070084,
		 .has_val = true,
		 .val_accuracy = 0.988333,
		 .val_loss = 0.038823,
		 .learning_rate = 1e-3},
	};

	(void)state;
	memcpy(rows, measured, sizeof measured);
	struct said verdict = reach(3, 12000, "dropout");
	assert_int_equal(verdict.kind, VERDICT_IMPROVING);
	assert_string_equal(verdict.line[0], "still improving: the last epoch brought val_loss from "
										 "0.0464 to 0.0388");
	assert_string_equal(verdict.line[1], "more epochs may help: --epochs 6; accuracy is low "
										 "because of dropout (see --eval-train)");

	/* One epoch is no curve. */
	verdict = reach(1, 12000, NULL);
	assert_int_equal(verdict.kind, VERDICT_TOO_EARLY);
	assert_string_equal(verdict.line[0], "too early to tell after one epoch: val_loss 0.0672, "
										 "val_accuracy 0.9810");
	assert_string_equal(verdict.line[1], "--epochs 5 would show more; accuracy is low as the mean "
										 "of the epoch (see --eval-train)");

	/* The same gain on 120 images may be chance. */
	verdict = reach(3, 120, "dropout");
	assert_int_equal(verdict.kind, VERDICT_TOO_EARLY);
	assert_begins(verdict.line[0], "too early to tell: the last epoch took val_loss from 0.0464 to "
								   "0.0388, as chance may");

	/* A schedule that has ended. */
	rows[2].learning_rate = 1e-6;
	verdict = reach(3, 12000, NULL);
	assert_int_equal(verdict.kind, VERDICT_IMPROVING);
	assert_begins(verdict.line[1], "a longer schedule may gain more: --epochs 6");
}

/* Nobody needs be told about dropout where the training images were measured without. */
static void measured_figures_are_preferred(void **state)
{
	const struct course course = {.epochs = 10,
								  .turn = ROWS,
								  .start = 0.5,
								  .pace = 6,
								  .floor = 0.02,
								  .val_floor = 0.02,
								  .misread = 0.3,
								  .measured = true};

	(void)state;
	cook(&course, 1);
	struct said verdict = reach(10, 12000, "dropout");
	assert_int_equal(verdict.kind, VERDICT_IMPROVING);
	assert_null(strstr(verdict.line[1], "dropout"));
	for (int i = 0; i < 10; i++) {
		rows[i].has_train = false;
		rows[i].accuracy -= 0.01;
	}
	verdict = reach(10, 12000, "dropout");
	assert_non_null(strstr(verdict.line[1], "accuracy is low because of dropout"));

	/* By heart, which the running figures hide. */
	const struct course fitted = {.epochs = 20,
								  .turn = ROWS,
								  .start = 0.5,
								  .pace = 2,
								  .floor = 0.06,
								  .val_floor = 0.06,
								  .misread = 0.3};
	cook(&fitted, 1);
	assert_int_equal(reach(20, 5000, "dropout").kind, VERDICT_WELL_FITTED);
	for (int i = 0; i < 20; i++) {
		rows[i].has_train = true;
		rows[i].train_loss = rows[i].loss - 0.0599;
		rows[i].train_accuracy = 1 - 0.3 * rows[i].train_loss;
	}
	verdict = reach(20, 5000, "dropout");
	assert_int_equal(verdict.kind, VERDICT_OVERFITTING);
	assert_non_null(strstr(verdict.line[1], "train_loss fell"));
}

static void a_validation_loss_that_rises(void **state)
{
	const struct course noisy = {.epochs = 30,
								 .turn = 10,
								 .start = 0.6,
								 .pace = 3,
								 .floor = 0.002,
								 .val_floor = 0.1,
								 .growth = 0.003,
								 .misread = 0.25,
								 .noise = 0.05};
	struct course smooth = noisy;
	double since;

	(void)state;
	assert_int_equal(count_kind(&noisy, 2000, VERDICT_OVERFITTING, &since), SEEDS);
	assert_true(since > 8 && since < 14);

	smooth.noise = 0;
	smooth.turn = 16;
	cook(&smooth, 1);
	const struct said verdict = reach(30, 2000, NULL);
	assert_int_equal(verdict.kind, VERDICT_OVERFITTING);
	int best = 0;
	for (int i = 1; i < 30; i++)
		best = rows[i].val_loss < rows[best].val_loss ? i : best;
	assert_int_equal(verdict.since, best + 1);
	assert_begins(verdict.line[0], "overfitting since epoch ");
	assert_non_null(strstr(verdict.line[1], "try --patience, --augment, dropout"));

	/* Who has been patient need not be told. */
	const struct verdict_case patient = {
		.rows = rows, .classes = 10, .count = 30, .val_count = 2000, .learning_rate = 1e-3};
	const struct said kept = say(&patient, 3, NULL);
	assert_int_equal(kept.kind, VERDICT_OVERFITTING);
	assert_non_null(strstr(kept.line[1], "try --augment, dropout"));

	/* Risen long ago, and flat since. */
	for (int i = 20; i < 30; i++)
		rows[i].val_loss = rows[19].val_loss;
	for (int i = 20; i < ROWS; i++) {
		rows[i] = rows[19];
		rows[i].epoch = i + 1;
		rows[i].loss = rows[19].loss * (1 - 0.01 * (i - 19));
	}
	assert_int_equal(reach(ROWS, 2000, NULL).kind, VERDICT_OVERFITTING);
}

/* Few images: the validation loss is stuck, but does not rise; what was learned is by heart. */
static void a_validation_loss_that_is_stuck(void **state)
{
	const struct course course = {.epochs = 30,
								  .turn = ROWS,
								  .start = 1.5,
								  .pace = 2,
								  .floor = 0.02,
								  .val_floor = 0.13,
								  .misread = 0.3,
								  .noise = 0.08};
	double since;

	(void)state;
	assert_true(count_kind(&course, 1000, VERDICT_OVERFITTING, &since) >= 85);
	assert_true(since > 4 && since < 15);
}

/* Chance alone is not to be taken for anything. */
static void flat_curves_without_a_gap(void **state)
{
	struct course course = {.epochs = 16,
							.turn = ROWS,
							.start = 0.5,
							.pace = 1,
							.floor = 0.04,
							.val_floor = 0.042,
							.misread = 0.3,
							.noise = 0.05};

	(void)state;
	assert_true(count_kind(&course, 12000, VERDICT_WELL_FITTED, NULL) >= 85);
	assert_int_equal(count_kind(&course, 12000, VERDICT_UNSTABLE, NULL), 0);
	assert_true(count_kind(&course, 12000, VERDICT_OVERFITTING, NULL) <= 3);
	course.noise = 0.15;
	assert_true(count_kind(&course, 500, VERDICT_WELL_FITTED, NULL) >= 85);
	assert_true(count_kind(&course, 500, VERDICT_OVERFITTING, NULL) <= 3);

	course.noise = 0;
	cook(&course, 1);
	const struct said verdict = reach(16, 12000, NULL);
	assert_int_equal(verdict.kind, VERDICT_WELL_FITTED);
	assert_true(verdict.since > 1 && verdict.since <= 9);
	assert_begins(verdict.line[0], "well fitted: val_loss about 0.0420 since epoch ");
}

static void curves_that_go_on_falling(void **state)
{
	struct course course = {.epochs = 12,
							.turn = ROWS,
							.start = 0.6,
							.pace = 8,
							.floor = 0.02,
							.val_floor = 0.03,
							.misread = 0.3,
							.noise = 0.04};

	(void)state;
	assert_int_equal(count_kind(&course, 5000, VERDICT_IMPROVING, NULL), SEEDS);
	course.epochs = 5;
	assert_true(count_kind(&course, 5000, VERDICT_IMPROVING, NULL) >= 95);
	cook(&course, 1);
	assert_begins(reach(5, 5000, NULL).line[0], "still improving: val_loss falls by about ");
}

/* With one unit between image and answer, as measured. */
static void one_unit_underfits(void **state)
{
	static const double losses[][2] = {
		{2.120556, 1.987622}, {1.923394, 1.877137}, {1.841192, 1.816000}};
	static const double accuracies[][2] = {
		{0.188958, 0.232583}, {0.244062, 0.253917}, {0.268021, 0.279500}};

	(void)state;
	for (int i = 0; i < 3; i++)
		rows[i] = (struct epoch_figures){.epoch = i + 1,
										 .loss = losses[i][0],
										 .accuracy = accuracies[i][0],
										 .has_val = true,
										 .val_loss = losses[i][1],
										 .val_accuracy = accuracies[i][1],
										 .learning_rate = 1e-3};
	struct said verdict = reach(3, 12000, NULL);
	assert_int_equal(verdict.kind, VERDICT_UNDERFITTING);
	assert_string_equal(verdict.line[0], "underfitting: accuracy 0.2680, val_accuracy 0.2795, and "
										 "val_loss falls by 3.3% an epoch");

	for (int i = 0; i < 3; i++)
		rows[i].has_val = false;
	verdict = reach(3, 0, NULL);
	assert_int_equal(verdict.kind, VERDICT_UNDERFITTING);
	assert_string_equal(verdict.line[0], "underfitting: accuracy 0.2680, and loss falls by 4.3% an "
										 "epoch");

	/* A bad network that learns fast has only just begun. */
	rows[2].loss = 1.5;
	assert_int_equal(reach(3, 0, NULL).kind, VERDICT_NO_VALIDATION);
}

static void a_network_that_guesses(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		rows[i] = (struct epoch_figures){.epoch = i + 1,
										 .loss = 2.3064 + 0.0005 * (i % 3),
										 .accuracy = 0.1032,
										 .has_val = true,
										 .val_loss = 2.3081 - 0.0007 * (i % 2),
										 .val_accuracy = 0.112,
										 .learning_rate = 0.05};
	struct said verdict = reach(8, 2000, NULL);
	assert_int_equal(verdict.kind, VERDICT_NOT_LEARNING);
	assert_string_equal(verdict.line[0], "not learning: loss 2.3069 (guessing: 2.3026), accuracy "
										 "0.1032, val_accuracy 0.1120");
	assert_begins(verdict.line[1], "a lower --learning-rate than 0.05 may help");
	assert_int_equal(reach(1, 2000, NULL).kind, VERDICT_NOT_LEARNING);

	for (int i = 0; i < 8; i++) {
		rows[i].loss = 2.34 - 0.003 * i;
		rows[i].learning_rate = 1e-6;
	}
	verdict = reach(8, 2000, NULL);
	assert_int_equal(verdict.kind, VERDICT_NOT_LEARNING);
	assert_begins(verdict.line[0], "nothing learned yet: ");
	assert_non_null(strstr(verdict.line[1], "a higher --learning-rate than 1e-06"));
}

/* Which rate is worth a try, where the loss stays what it was. */
static void a_rate_that_is_lost_in_noise(void **state)
{
	static const struct {
		double rate;
		const char *advice;
	} cases[] = {
		{1e-7, "a higher --learning-rate than 1e-07 may help"},
		{9.9e-5, "a higher --learning-rate than 9.9e-05 may help"},
		{2e-4, "another --learning-rate than 0.0002 may help, or layers that let more through"},
		{1e-3, "a lower --learning-rate than 0.001 may help, or layers that let more through"},
	};

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		for (int i = 0; i < 2; i++)
			rows[i] = (struct epoch_figures){.epoch = i + 1,
											 .loss = 2.3078,
											 .accuracy = 0.1,
											 .has_val = true,
											 .val_loss = 2.3077,
											 .val_accuracy = 0.1,
											 .learning_rate = cases[c].rate};
		const struct said verdict = reach(2, 400, NULL);
		assert_int_equal(verdict.kind, VERDICT_NOT_LEARNING);
		assert_string_equal(verdict.line[1], cases[c].advice);
	}
}

/* Many digits are right, but those that are not cost more than guessing does. */
static void steps_that_are_too_large(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		rows[i] = (struct epoch_figures){.epoch = i + 1,
										 .loss = 1e6 / (i + 1),
										 .accuracy = 0.9,
										 .has_val = true,
										 .val_loss = 5e5 - 1000 * i,
										 .val_accuracy = 0.4,
										 .learning_rate = 1e4};
	struct said verdict = reach(4, 2000, NULL);
	assert_int_equal(verdict.kind, VERDICT_OVERSHOOTING);
	assert_string_equal(verdict.line[0],
						"steps too large: loss 250000.0000, above that of guessing (2.3026); "
						"accuracy 0.9000, val_accuracy 0.4000");
	assert_string_equal(verdict.line[1], "a lower --learning-rate than 10000 would help");
	rows[3].val_accuracy = 0.39; /* below a third of the way from guessing to no mistake */
	assert_int_equal(reach(4, 2000, NULL).kind, VERDICT_NOT_LEARNING);
}

/* All was well, and then the steps were too large. */
static void a_network_that_forgets(void **state)
{
	const struct course course = {.epochs = 10,
								  .turn = ROWS,
								  .start = 0.6,
								  .pace = 2,
								  .floor = 0.05,
								  .val_floor = 0.06,
								  .misread = 0.3};

	(void)state;
	cook(&course, 1);
	for (int i = 6; i < 10; i++) {
		rows[i].loss = 0.1 * (i - 4);
		rows[i].val_loss = 0.1 * (i - 4);
	}
	const struct said verdict = reach(10, 2000, NULL);
	assert_int_equal(verdict.kind, VERDICT_UNSTABLE);
	assert_begins(verdict.line[0], "unstable since epoch 6: there loss was 0.");
	assert_begins(verdict.line[1], "a lower --learning-rate than 0.001");
}

static void without_validation(void **state)
{
	const struct course course = {.epochs = 5,
								  .turn = ROWS,
								  .start = 0.6,
								  .pace = 2,
								  .floor = 0.05,
								  .val_floor = 0.06,
								  .misread = 0.3,
								  .measured = true};

	(void)state;
	cook(&course, 1);
	for (int i = 0; i < 5; i++)
		rows[i].has_val = false;
	for (int count = 1; count <= 5; count++) {
		const struct said verdict = reach(count, 0, NULL);
		assert_int_equal(verdict.kind, VERDICT_NO_VALIDATION);
		assert_begins(verdict.line[0], "no validation images, so no verdict; in training "
									   "train_loss is 0.");
	}
}

/* With smoothed labels the loss has a floor: of ten classes and s = 0.1, -log 0.91 = 0.0943. */
static void smoothed_labels_have_a_floor(void **state)
{
	const struct course course = {.epochs = 20,
								  .turn = 6,
								  .start = 0.6,
								  .pace = 3,
								  .floor = 0.002,
								  .val_floor = 0.1,
								  .growth = 0.003,
								  .misread = 0.25};
	struct verdict_case curves = {
		.rows = rows, .classes = 10, .count = 20, .steps = 2000, .val_count = 2000};
	struct verdict verdict;

	(void)state;
	cook(&course, 1);
	for (int i = 0; i < 20; i++)
		rows[i].loss = 0.0943 + 0.2 * rows[i].loss;
	verdict_reach(&curves, &verdict);
	assert_int_not_equal(verdict.kind, VERDICT_OVERFITTING);
	curves.label_smoothing = 0.1;
	verdict_reach(&curves, &verdict);
	assert_int_equal(verdict.kind, VERDICT_OVERFITTING);
}

/* As measured: with labels smoothed by 0.05, three classes are known by heart, and the losses rise
 * from below to -log(1 - 0.05 × 2/3) = 0.0339. */
static void losses_that_rise_to_their_floor(void **state)
{
	static const double losses[][2] = {
		{1.1584, 1.0619}, {1.0667, 0.7665}, {0.7683, 0.3938}, {0.4229, 0.1610}, {0.2200, 0.0632},
		{0.0494, 0.0243}, {0.0233, 0.0154}, {0.0151, 0.0133}, {0.0159, 0.0141}, {0.0132, 0.0167},
		{0.0166, 0.0233}, {0.0249, 0.0301}, {0.0349, 0.0340}, {0.0360, 0.0351}, {0.0358, 0.0353},
	};
	struct verdict_case curves = {
		.rows = rows, .count = 15, .steps = 1500, .classes = 3, .val_count = 2000};

	(void)state;
	for (int i = 0; i < 15; i++)
		rows[i] = (struct epoch_figures){.epoch = i + 1,
										 .loss = losses[i][0],
										 .accuracy = fmin(0.3 + 0.1 * i, 0.999),
										 .has_val = true,
										 .val_loss = losses[i][1],
										 .val_accuracy = fmin(0.4 + 0.1 * i, 1)};
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_UNSTABLE);
	curves.label_smoothing = 0.05;
	struct said verdict = say(&curves, 0, NULL);
	assert_int_equal(verdict.kind, VERDICT_WELL_FITTED);
	/* What is said are the losses of the table, also those below the floor. */
	assert_begins(verdict.line[0], "well fitted: val_loss about 0.0252 since epoch 6");

	/* Below the floor, a loss no longer says that something is learned. */
	for (int i = 7; i < 15; i++) {
		rows[i].loss = 0.03 - 0.002 * (i - 7);
		rows[i].val_loss = 0.033 - 0.002 * (i - 7);
	}
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_WELL_FITTED);
	curves.label_smoothing = 0;
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_IMPROVING);

	/* Without smoothing, either, is unstable who reads all training images right. */
	for (int i = 7; i < 15; i++) {
		rows[i].loss = 0.001 * (i - 6);
		rows[i].val_loss = 0.03;
	}
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_UNSTABLE);
	rows[14].accuracy = 1;
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_WELL_FITTED);
}

/* With labels smoothed by 0.9, the loss of ten classes goes from 2.303 to 1.66 at most: 2.26 is a
 * network that has begun to learn. */
static void strong_smoothing_is_no_guessing(void **state)
{
	struct verdict_case curves = {
		.rows = rows, .count = 4, .steps = 400, .classes = 10, .val_count = 2000};

	(void)state;
	for (int i = 0; i < 4; i++)
		rows[i] = (struct epoch_figures){.epoch = i + 1,
										 .loss = 2.26,
										 .accuracy = 0.9,
										 .has_val = true,
										 .val_loss = 2.26,
										 .val_accuracy = 0.9};
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_NOT_LEARNING);
	curves.label_smoothing = 0.9;
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_WELL_FITTED);
}

/* One step's loss is that of the network before it. */
static void few_steps_say_nothing(void **state)
{
	struct verdict_case curves = {
		.rows = rows, .count = 1, .steps = 1, .classes = 10, .val_count = 4};

	(void)state;
	for (int i = 0; i < 6; i++)
		rows[i] = (struct epoch_figures){.epoch = i + 1,
										 .loss = 2.34,
										 .accuracy = 0.125,
										 .has_val = true,
										 .val_loss = 2.43,
										 .val_accuracy = 0.1};
	struct said verdict = say(&curves, 0, NULL);
	assert_int_equal(verdict.kind, VERDICT_TOO_EARLY);
	assert_begins(verdict.line[0], "too early to tell after one epoch: val_loss 2.4300");

	curves.count = 6;
	curves.steps = 9;
	verdict = say(&curves, 0, NULL);
	assert_int_equal(verdict.kind, VERDICT_TOO_EARLY);
	assert_begins(verdict.line[0], "too early to tell after 9 steps: val_loss 2.4300");
	assert_begins(verdict.line[1], "--epochs 20 would show more");
	curves.steps = 10;
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_NOT_LEARNING);

	for (int i = 0; i < 6; i++)
		rows[i].loss = rows[i].val_loss = 2.2;
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_UNDERFITTING);
	curves.steps = 9;
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_TOO_EARLY);

	for (int i = 0; i < 6; i++) {
		rows[i].has_val = false;
		rows[i].loss = 2.34;
	}
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_NO_VALIDATION);
}

/* Of two classes, 0.68 is less than guessing costs, however much is read right. */
static void small_losses_are_no_large_steps(void **state)
{
	const struct verdict_case curves = {
		.rows = rows, .count = 2, .steps = 200, .classes = 2, .val_count = 2000};

	(void)state;
	for (int i = 0; i < 2; i++)
		rows[i] = (struct epoch_figures){.epoch = i + 1,
										 .loss = 0.68,
										 .accuracy = 0.7,
										 .has_val = true,
										 .val_loss = 0.68,
										 .val_accuracy = 0.7};
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_NOT_LEARNING);
	rows[1].loss = 0.7;
	assert_int_equal(say(&curves, 0, NULL).kind, VERDICT_OVERSHOOTING);
}

/* That all of a few images are read right is no proof. */
static void few_validation_images(void **state)
{
	const struct course course = {.epochs = 16,
								  .turn = ROWS,
								  .start = 0.5,
								  .pace = 1,
								  .floor = 0.04,
								  .val_floor = 0.042,
								  .misread = 0.3};

	(void)state;
	cook(&course, 1);
	struct said verdict = reach(16, 29, NULL);
	assert_int_equal(verdict.kind, VERDICT_TOO_FEW);
	assert_begins(verdict.line[0], "too few validation images to tell: 29; val_loss about 0.0420");
	assert_string_equal(verdict.line[1], "more images or a larger --val-split than 0.2 would show "
										 "more");
	assert_int_equal(reach(16, 30, NULL).kind, VERDICT_WELL_FITTED);
}

/* Advice does not name what is so already. */
static void advice_heeds_the_settings(void **state)
{
	struct settings settings = {.learning_rate = 1e-3f};
	struct verdict verdict = {.kind = VERDICT_UNSTABLE, .since = 2, .epochs = 5};
	char line[2][VERDICT_LINE];

	(void)state;
	verdict_text(&verdict, &settings, NULL, line);
	assert_string_equal(line[1], "a lower --learning-rate than 0.001 would help, or --schedule "
								 "linear");
	settings.schedule = SCHEDULE_COSINE;
	verdict_text(&verdict, &settings, NULL, line);
	assert_string_equal(line[1], "a lower --learning-rate than 0.001 would help");

	verdict.kind = VERDICT_WELL_FITTED;
	verdict_text(&verdict, &settings, NULL, line);
	assert_string_equal(line[1], "a longer schedule or a larger network may gain more");
	settings.schedule = SCHEDULE_CONSTANT;
	verdict_text(&verdict, &settings, NULL, line);
	assert_string_equal(line[1], "a larger network or --schedule linear may gain more");

	verdict.kind = VERDICT_NO_VALIDATION;
	verdict_text(&verdict, &settings, NULL, line);
	assert_string_equal(line[1], "whether that holds for new images shows with --val-split 0.2");
	settings.val_split = 0.2;
	verdict_text(&verdict, &settings, NULL, line);
	assert_string_equal(line[1], "whether that holds for new images shows with more, or a larger "
								 "--val-split than 0.2");
}

/* A running accuracy below that of validation, before the epoch and after it. */
static void what_makes_accuracy_low(void **state)
{
	static const struct {
		double before, accuracy, after;
		const char *handicap, *said;
	} cases[] = {
		{0.1, 0.4, 0.7, "dropout", "; accuracy is low as the mean of the epoch (see --eval-train)"},
		{0.1, 0.4, 0.7, NULL, "; accuracy is low as the mean of the epoch (see --eval-train)"},
		{0.7, 0.7, 0.8, "dropout", "; accuracy is low as the mean of the epoch (see --eval-train)"},
		{0.7, 0.65, 0.8, "dropout", "; accuracy is low because of dropout (see --eval-train)"},
		{0.7, 0.65, 0.8, NULL, ""},
		{0.7, 0.795, 0.8, "dropout", ""},
		{0.7, 0.8, 0.75, "dropout", ""},
		{0.9, 0.85, 0.8, "dropout", ""},
	};
	const struct settings settings = {.learning_rate = 1e-3f};
	const char *const advice = "more epochs may help: --epochs 10";

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct verdict verdict = {.kind = VERDICT_IMPROVING, .epochs = 5, .has_val = true};
		char line[2][VERDICT_LINE];

		verdict.val_accuracy_before = cases[i].before;
		verdict.now.accuracy = cases[i].accuracy;
		verdict.now.val_accuracy = cases[i].after;
		verdict_text(&verdict, &settings, cases[i].handicap, line);
		assert_begins(line[1], advice);
		assert_string_equal(line[1] + strlen(advice), cases[i].said);
	}
}

/* A network that makes no mistake, or only mistakes, on one image; and numbers beyond reason. */
static void extremes_are_borne(void **state)
{
	static const double extremes[] = {0, 1e-300, 1, 50, DBL_MAX};

	(void)state;
	for (int count = 1; count <= 12; count++)
		for (int e = 0; e < 5; e++)
			for (int accuracy = 0; accuracy < 2; accuracy++) {
				struct verdict_case curves = {
					.rows = rows, .classes = 10, .count = count, .steps = 1000, .val_count = 1};

				for (int i = 0; i < count; i++)
					rows[i] = (struct epoch_figures){.epoch = i + 1,
													 .has_val = true,
													 .accuracy = accuracy,
													 .val_accuracy = accuracy,
													 .loss = extremes[(e + i) % 5],
													 .val_loss = extremes[e]};
				const struct said verdict = say(&curves, 0, "dropout");
				assert_int_not_equal(verdict.kind, VERDICT_NONE);
				assert_true(strlen(verdict.line[0]) > 0);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rows_no_verdict),
		cmocka_unit_test(the_reference_job),
		cmocka_unit_test(measured_figures_are_preferred),
		cmocka_unit_test(a_validation_loss_that_rises),
		cmocka_unit_test(a_validation_loss_that_is_stuck),
		cmocka_unit_test(flat_curves_without_a_gap),
		cmocka_unit_test(curves_that_go_on_falling),
		cmocka_unit_test(one_unit_underfits),
		cmocka_unit_test(a_network_that_guesses),
		cmocka_unit_test(a_rate_that_is_lost_in_noise),
		cmocka_unit_test(steps_that_are_too_large),
		cmocka_unit_test(a_network_that_forgets),
		cmocka_unit_test(without_validation),
		cmocka_unit_test(smoothed_labels_have_a_floor),
		cmocka_unit_test(losses_that_rise_to_their_floor),
		cmocka_unit_test(strong_smoothing_is_no_guessing),
		cmocka_unit_test(few_steps_say_nothing),
		cmocka_unit_test(small_losses_are_no_large_steps),
		cmocka_unit_test(few_validation_images),
		cmocka_unit_test(advice_heeds_the_settings),
		cmocka_unit_test(what_makes_accuracy_low),
		cmocka_unit_test(extremes_are_borne),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
