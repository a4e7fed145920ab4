/* Softmax and cross-entropy: by hand, against PyTorch, and against differences. */
#include "oracle.h"

#include <math.h>
#include <string.h>

#include "nn/loss.h"

static void test_softmax_by_hand(void **state)
{
	(void)state;
	/* log 1, log 2, log 5: the probabilities are 1/8, 2/8, 5/8. */
	float values[] = {0, 0.693147181f, 1.60943791f};
	const double expected[] = {0.125, 0.25, 0.625};
	float probabilities[3];

	loss_softmax(3, values, probabilities);
	check_close("softmax", 3, probabilities, expected, 3e-7);
	loss_softmax(3, values, values);
	check_equal("in place", 3, values, probabilities);
	/* A constant more changes nothing. */
	float shifted[] = {1000, 1000.6931f, 1001.6094f};
	loss_softmax(3, shifted, shifted);
	check_close("shifted", 3, shifted, expected, 1e-4);
}

static void test_softmax_extremes(void **state)
{
	(void)state;
	float values[] = {-1000, 3e38f, 0, -3e38f};
	float one[] = {-5};

	loss_softmax(4, values, values);
	check_equal("softmax", 4, values, (float[]){0, 1, 0, 0});
	loss_softmax(1, one, one);
	assert_true(one[0] == 1);
}

static void test_argmax(void **state)
{
	(void)state;

	assert_int_equal(loss_argmax(1, (float[]){-7}), 0);
	assert_int_equal(loss_argmax(4, (float[]){-7, -3, -9, -4}), 1);
	assert_int_equal(loss_argmax(4, (float[]){0, 5, 5, 5}), 1);
	assert_int_equal(loss_argmax(3, (float[]){2, 2, 2}), 0);
	assert_int_equal(loss_argmax(3, (float[]){-INFINITY, -2, -1}), 2);
}

/* Two classes, three samples: -log of 1/2, 3/4 and 1/4. */
static void test_cross_entropy_by_hand(void **state)
{
	(void)state;
	const float logits[] = {2, 2, 0, 1.09861229f, 0, 1.09861229f};
	const uint16_t labels[] = {0, 1, 0};
	const double dlogits_expected[] = {-0.125, 0.125, 0.0625, -0.0625, -0.1875, 0.1875};
	float dlogits[6];
	const struct loss_sum sum = loss_cross_entropy(3, 2, logits, labels, 0, 4, dlogits);

	assert_true(fabs(sum.loss - log(2) - log(4.0 / 3) - log(4)) < 1e-6);
	assert_int_equal(sum.correct, 2);
	/* Each (p - 1 or p) / 4. */
	check_close("dlogits", 6, dlogits, dlogits_expected, 1e-6);
	const struct loss_sum again = loss_cross_entropy(3, 2, logits, labels, 0, 4, NULL);
	assert_true(again.loss == sum.loss && again.correct == 2);
	assert_true(loss_cross_entropy(0, 2, logits, labels, 0, 4, NULL).loss == 0);
}

/* However wrong: the loss is the distance, not infinity. */
static void test_far_off(void **state)
{
	(void)state;
	const float logits[] = {500, 0, -500};
	const uint16_t label = 2;
	float dlogits[3];
	const struct loss_sum sum = loss_cross_entropy(1, 3, logits, &label, 0, 1, dlogits);

	assert_true(fabs(sum.loss - 1000) < 1e-3);
	check_equal("dlogits", 3, dlogits, (float[]){1, 0, -1});
	assert_int_equal(sum.correct, 0);
}

/* Targets 3/4 and 1/4 for probabilities 1/4 and 3/4; and one that hits its target. The loss is the
 * label's. */
static void test_smoothing_by_hand(void **state)
{
	(void)state;
	const float logits[] = {0, 1.09861229f, 1.09861229f, 0};
	const uint16_t labels[] = {0, 0};
	const double dlogits_expected[] = {-0.5, 0.5, 0, 0};
	float dlogits[4];
	const struct loss_sum sum = loss_cross_entropy(2, 2, logits, labels, 0.5f, 1, dlogits);

	assert_true(fabs(sum.loss - log(4) - log(4.0 / 3)) < 1e-6);
	assert_int_equal(sum.correct, 1);
	check_close("dlogits", 4, dlogits, dlogits_expected, 1e-6);
}

/* An infinite distance to a class that is not the label's costs nothing. */
static void test_others_cost_nothing(void **state)
{
	(void)state;
	const float logits[] = {3e38f, -3e38f, -3e38f};
	const uint16_t label = 0;

	assert_true(loss_cross_entropy(1, 3, logits, &label, 0, 1, NULL).loss == 0);
}

static void test_nan_shows(void **state)
{
	(void)state;
	const float logits[] = {0, NAN, 0};
	const uint16_t label = 0;

	assert_true(isnan(loss_cross_entropy(1, 3, logits, &label, 0, 1, NULL).loss));
}

static void fixture_case(struct fixture *fixture, int n, int classes)
{
	const size_t count = (size_t)(n * classes);
	float *smoothing = fixture_floats(fixture, "smoothing", 1);
	float *logits = fixture_floats(fixture, "logits", count);
	float *labels = fixture_floats(fixture, "labels", (size_t)n);
	double *softmax = fixture_doubles(fixture, "softmax", count);
	double *loss = fixture_doubles(fixture, "loss", 1);
	double *dlogits = fixture_doubles(fixture, "dlogits", count);
	float *probabilities = floats(count);
	float *gradient = floats(count);
	uint16_t narrow[16];

	assert_true(n <= 16);
	for (int i = 0; i < n; i++) {
		narrow[i] = (uint16_t)labels[i];
		loss_softmax(classes, logits + i * classes, probabilities + i * classes);
	}
	check_close("softmax", count, probabilities, softmax, 1e-6);
	const struct loss_sum sum =
		loss_cross_entropy(n, classes, logits, narrow, *smoothing, n, gradient);
	assert_true(fabs(sum.loss - *loss) <= 1e-6 * *loss);
	check_close("dlogits", count, gradient, dlogits, 1e-6);
	free(gradient);
	free(probabilities);
	free(dlogits);
	free(loss);
	free(softmax);
	free(labels);
	free(logits);
	free(smoothing);
}

static void test_against_pytorch(void **state)
{
	(void)state;
	struct fixture fixture;
	int cases = 0;

	fixture_open(&fixture, "loss.txt");
	for (; fixture_has(&fixture, "case"); cases++) {
		int numbers[2];
		fixture_integers(&fixture, "case", 2, numbers);
		fixture_case(&fixture, numbers[0], numbers[1]);
	}
	assert_int_equal(cases, 10);
	fixture_close(&fixture);
}

enum { N = 7, CLASSES = 17 };

static const uint16_t some_labels[N] = {0, 16, 3, 3, 8, 1, 15};

struct smoothed {
	const double *logits;
	double smoothing;
};

/* The label's part, and that of each class as if it were the label. */
static double cross_entropy(const void *context)
{
	const struct smoothed *self = context;
	double sum =
		(1 - self->smoothing) * oracle_cross_entropy(N, CLASSES, self->logits, some_labels);

	for (uint16_t target = 0; target < CLASSES; target++) {
		uint16_t labels[N];
		for (int i = 0; i < N; i++)
			labels[i] = target;
		sum += self->smoothing / CLASSES * oracle_cross_entropy(N, CLASSES, self->logits, labels);
	}
	return sum;
}

static void test_against_differences(void **state)
{
	(void)state;
	float *logits = random_floats(1, N * CLASSES);
	double *wide = widen(N * CLASSES, logits);
	float dlogits[N * CLASSES];
	float probabilities[CLASSES];
	double expected[CLASSES];

	for (int i = 0; i < 3; i++) {
		const float smoothing = 0.125f * (float)i;
		const struct smoothed context = {wide, (double)smoothing};
		const struct loss_sum sum =
			loss_cross_entropy(N, CLASSES, logits, some_labels, smoothing, N, dlogits);
		const double loss = oracle_cross_entropy(N, CLASSES, wide, some_labels);
		assert_true(fabs(sum.loss / N - loss) < 1e-6);
		check_gradient("dlogits", N * CLASSES, dlogits, wide, cross_entropy, &context, 1e-4, 2e-6);
	}
	loss_softmax(CLASSES, logits, probabilities);
	oracle_softmax(CLASSES, wide, expected);
	check_close("softmax", CLASSES, probabilities, expected, 1e-6);
	free(wide);
	free(logits);
}

/* A sample of no class pulls towards 1/4 each, whatever the smoothing, and counts for no sum: -log
 * of 5/8 is the other's loss. */
static void test_no_class(void **state)
{
	(void)state;
	/* log 1, log 2, log 5, log 8: the probabilities are 1/16, 2/16, 5/16, 8/16. */
	const float logits[] = {0, 0.693147181f, 1.60943791f, 2.07944154f, 0, 0, 0, 1.60943791f};
	const uint16_t labels[] = {LABEL_NONE, 3};
	const double dlogits_expected[] = {-3.0 / 32, -2.0 / 32, 1.0 / 32, 4.0 / 32,
									   1.0 / 16,  1.0 / 16,  1.0 / 16, -3.0 / 16};
	float dlogits[8], smoothed[8];
	struct loss_sum sum = loss_cross_entropy(2, 4, logits, labels, 0, 2, dlogits);

	assert_true(fabs(sum.loss + log(5.0 / 8)) < 1e-6);
	assert_int_equal(sum.correct, 1);
	assert_int_equal(sum.count, 1);
	check_close("dlogits", 8, dlogits, dlogits_expected, 1e-6);
	loss_cross_entropy(2, 4, logits, labels, 0.3f, 2, smoothed);
	check_equal("with smoothing", 4, smoothed, dlogits);
	sum = loss_cross_entropy(1, 4, logits, labels, 0, 1, NULL);
	assert_true(sum.loss == 0 && sum.correct == 0 && sum.count == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_softmax_by_hand),
		cmocka_unit_test(test_softmax_extremes),
		cmocka_unit_test(test_argmax),
		cmocka_unit_test(test_cross_entropy_by_hand),
		cmocka_unit_test(test_far_off),
		cmocka_unit_test(test_smoothing_by_hand),
		cmocka_unit_test(test_others_cost_nothing),
		cmocka_unit_test(test_no_class),
		cmocka_unit_test(test_nan_shows),
		cmocka_unit_test(test_against_pytorch),
		cmocka_unit_test(test_against_differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
