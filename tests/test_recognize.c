/* Readings and the guesses at them, with networks whose answers are known; occlusion of one that
 * looks at one pixel. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "allocations.h"
#include "app/recognize.h"
#include "mnist.h"

#define EYE_Y 10
#define EYE_X 27 /* at the border */

static struct engine engine;
static struct error error;

static int setup(void **state)
{
	(void)state;
	return engine_open(&engine, "auto", 1, &error);
}

static int teardown(void **state)
{
	(void)state;
	engine_close(&engine);
	return 0;
}

/* A network that answers every image with the same logits. */
struct answer {
	struct network network;
	struct recognizer recognizer;
};

static void answer_open_for(struct answer *answer, int height, int width, int classes,
							const float *logits)
{
	const struct shape input = {.h = height, .w = width, .c = 1};

	assert_int_equal(
		network_build(&answer->network, "flatten dense:classes softmax", input, classes, &error),
		0);
	memset(answer->network.values, 0, answer->network.value_count * sizeof(float));
	memcpy(answer->network.params[1]->value, logits, (size_t)classes * sizeof *logits);
	answer->recognizer = (struct recognizer){
		.executor = executor_open(&answer->network, &engine, 1, EXECUTOR_PREDICT, &error),
	};
	assert_non_null(answer->recognizer.executor);
}

static void answer_open(struct answer *answer, const float logits[MNIST_CLASSES])
{
	answer_open_for(answer, MNIST_SIDE, MNIST_SIDE, MNIST_CLASSES, logits);
}

static void answer_close(struct answer *answer)
{
	executor_close(answer->recognizer.executor);
	network_free(&answer->network);
}

/* ---- the least probability ---- */

/* A model has one if its training had others. */
static void others_give_a_least(void **state)
{
	struct model_info info = {.trained_here = true};

	(void)state;
	assert_true(recognizer_least(&(struct model_info){0}) == 0);
	info.settings.augment.drawn = 0.1;
	assert_true(recognizer_least(&info) == 0);
	info.settings.augment.others = 0.1;
	assert_true(recognizer_least(&info) > 0.1 && recognizer_least(&info) < 1);
}

/* ---- rank and guess ---- */

static void equals_rank_by_their_digit(void **state)
{
	const float probabilities[MNIST_CLASSES] = {0.1f, 0, 0.2f, 0, 0.5f, 0, 0.2f, 0, 0, 0};
	const int expected[MNIST_CLASSES] = {4, 2, 6, 0, 1, 3, 5, 7, 8, 9};
	int order[MNIST_CLASSES];

	(void)state;
	recognize_rank(probabilities, MNIST_CLASSES, order);
	assert_memory_equal(order, expected, sizeof order);
}

static double least_of(const struct reading *reading, const uint16_t *digits)
{
	double least = 1;

	for (int i = 0; i < reading->digits.count; i++)
		least = fmin(least, (double)reading_probabilities(reading, i)[digits[i]]);
	return least;
}

static int falling(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

/* Compare with all numbers of so many digits. */
static void check_guesses(const struct reading *reading, int numbers)
{
	const int count = reading->digits.count;
	double *all = calloc((size_t)numbers, sizeof *all);
	struct guesses guesses;

	assert_int_equal(reading_guess(reading, &guesses, &error), 0);
	for (int number = 0; number < numbers; number++) {
		uint16_t digits[4];
		for (int i = 0, rest = number; i < count; i++, rest /= 10)
			digits[i] = (uint16_t)(rest % 10);
		all[number] = least_of(reading, digits);
	}
	qsort(all, (size_t)numbers, sizeof *all, falling);
	for (int i = 0; i < READING_GUESSES; i++) {
		const uint16_t *digits = guesses.digits + i * count;
		assert_true(guesses.probabilities[i] == all[i]);
		assert_true(guesses.probabilities[i] == least_of(reading, digits));
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(digits, guesses.digits + j * count,
									(size_t)count * sizeof *digits);
	}
	for (int i = 0; i < count; i++)
		assert_int_equal(guesses.digits[i],
						 loss_argmax(MNIST_CLASSES, reading_probabilities(reading, i)));
	free(guesses.digits);
	free(all);
}

static void guesses_are_the_likeliest_numbers(void **state)
{
	float probabilities[4][MNIST_CLASSES];
	struct reading reading = {.classes = MNIST_CLASSES, .probabilities = probabilities[0]};
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 4; i++)
			for (int digit = 0; digit < MNIST_CLASSES; digit++) {
				random = random * 1664525 + 1013904223;
				/* Eighths, so that many are equal. */
				probabilities[i][digit] = (float)(random >> 29) / 8;
			}
		for (int count = 1, numbers = 10; count <= 4; count++, numbers *= 10) {
			reading.digits.count = count;
			check_guesses(&reading, numbers);
		}
	}
}

/* A 4 with 0.9 and a 3 with 0.7 are 43 with 0.7; behind it comes what else the second may be. */
static void a_number_is_as_likely_as_its_least_digit(void **state)
{
	float probabilities[2][MNIST_CLASSES] = {{[4] = 0.9f, [9] = 0.1f},
											 {[3] = 0.7f, [8] = 0.2f, [5] = 0.1f}};
	const struct reading reading = {
		.digits = {.count = 2}, .classes = MNIST_CLASSES, .probabilities = probabilities[0]};
	const uint16_t expected[] = {4, 3, 4, 8, 4, 5, 9, 3, 9, 8, 9, 5}; /* 93, 98 and 95 have 0.1 */
	struct guesses guesses;

	(void)state;
	assert_int_equal(reading_guess(&reading, &guesses, &error), 0);
	assert_true(guesses.probabilities[0] == (double)0.7f);
	assert_true(guesses.probabilities[1] == (double)0.2f);
	assert_true(guesses.probabilities[2] == (double)0.1f);
	assert_memory_equal(guesses.digits, expected, sizeof expected);
	free(guesses.digits);
}

/* ---- readings ---- */

static struct raster picture_of(uint16_t samples[MNIST_PIXELS])
{
	for (int y = 0; y < MNIST_SIDE; y++)
		for (int x = 0; x < MNIST_SIDE; x++)
			samples[y * MNIST_SIDE + x] = x >= 12 && x < 16 && y >= 4 && y < 24 ? 255 : 0;
	return (struct raster){
		.width = MNIST_SIDE, .height = MNIST_SIDE, .maxval = 255, .samples = samples};
}

static void a_raw_picture_is_one_digit(void **state)
{
	const float logits[MNIST_CLASSES] = {[7] = 3};
	uint16_t samples[MNIST_PIXELS];
	struct raster picture = picture_of(samples);
	struct reading reading;
	struct answer answer;

	(void)state;
	answer_open(&answer, logits);
	answer.recognizer.least = 1;
	assert_int_equal(reading_take(&answer.recognizer, &picture, true, &reading, &error), 0);
	assert_int_equal(reading.digits.count, 1);
	assert_int_equal(reading_input(&reading, 0)[14 * MNIST_SIDE + 14], 255);
	assert_true(reading.digits.all->begins);
	assert_int_equal(box_width(&reading.digits.all->box), 28);
	assert_true(fabs((double)reading_probabilities(&reading, 0)[7] - exp(3) / (exp(3) + 9)) < 1e-6);
	reading_free(&reading);
	picture.width--;
	assert_int_equal(reading_take(&answer.recognizer, &picture, true, &reading, &error), -1);
	assert_string_equal(error.text, "27×28 pixels, expected 28×28");
	answer_close(&answer);
}

/* MNIST's form becomes the network's input by means of areas: of 7 × 7, a pixel is the mean of
 * 4 × 4 pixels; in 14 × 7, these are three rows lower; of 56 × 56, four are the same. */
static void networks_read_their_own_size(void **state)
{
	static const struct {
		int height, width, top;
	} sizes[] = {{7, 7, 0}, {14, 7, 3}, {56, 56, 0}};
	const float logits[] = {0, 3, 1};
	uint16_t samples[MNIST_PIXELS];
	struct raster picture = picture_of(samples);

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const int height = sizes[i].height, width = sizes[i].width;
		struct reading reading;
		struct answer answer;

		answer_open_for(&answer, height, width, 3, logits);
		assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
		assert_int_equal(reading.digits.count, 1);
		assert_int_equal(reading.height, height);
		assert_int_equal(reading.width, width);
		assert_int_equal(reading.classes, 3);
		assert_true(fabs((double)reading_probabilities(&reading, 0)[1] -
						 exp(3) / (exp(3) + exp(1) + 1)) < 1e-6);
		for (int y = 0; y < width; y++)
			for (int x = 0; x < width; x++) {
				const int step = width < MNIST_SIDE ? MNIST_SIDE / width : 1;
				int sum = 0;
				for (int v = 0; v < step; v++)
					for (int u = 0; u < step; u++)
						sum += samples[(y * MNIST_SIDE / width + v) * MNIST_SIDE +
									   x * MNIST_SIDE / width + u];
				assert_int_equal(reading_input(&reading, 0)[(sizes[i].top + y) * width + x],
								 (sum + step * step / 2) / (step * step));
			}
		reading_free(&reading);
		answer_close(&answer);
	}
}

/* It may be a line that MNIST's form has no room for. */
static void a_picture_of_the_networks_size_passes(void **state)
{
	const float logits[] = {0, 3, 1};
	uint16_t samples[8 * 6] = {9, 9, 9, 9, 9, 9, 9, 200};
	const struct raster picture = {.width = 6, .height = 8, .maxval = 255, .samples = samples};
	const struct raster turned = {.width = 8, .height = 6, .maxval = 255, .samples = samples};
	struct reading reading;
	struct answer answer;

	(void)state;
	answer_open_for(&answer, 8, 6, 3, logits);
	assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
	assert_int_equal(reading_input(&reading, 0)[7], 200);
	reading_free(&reading);
	assert_int_equal(reading_take(&answer.recognizer, &turned, true, &reading, &error), -1);
	assert_string_equal(error.text, "8×6 pixels, expected 6×8");
	answer_close(&answer);
}

/* The dark spot on light paper is no digit, and comes to lie where it is in the picture. */
static void a_picture_may_only_be_scaled(void **state)
{
	const float logits[MNIST_CLASSES] = {[4] = 3};
	uint16_t samples[56 * 56];
	struct raster picture = {.width = 56, .height = 56, .maxval = 255, .samples = samples};
	struct reading reading;
	struct answer answer;

	(void)state;
	for (int i = 0; i < 56 * 56; i++)
		samples[i] = i / 56 / 2 == 3 && i % 56 / 2 == 20 ? 55 : 255;
	answer_open(&answer, logits);
	answer.recognizer.pictures = PICTURES_SCALE;
	answer.recognizer.least = 1;
	assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
	for (int i = 0; i < MNIST_PIXELS; i++)
		assert_int_equal(reading_input(&reading, 0)[i], i == 3 * MNIST_SIDE + 20 ? 200 : 0);
	assert_int_equal(box_width(&reading.digits.all->box), 56);
	reading_free(&reading);
	assert_int_equal(reading_take(&answer.recognizer, &picture, true, &reading, &error), -1);
	answer_close(&answer);
}

/* Dark on light, it is in nobody's form but that of the training. */
static void a_picture_may_be_kept(void **state)
{
	const float logits[MNIST_CLASSES] = {[4] = 3};
	uint16_t samples[MNIST_PIXELS];
	const struct raster picture = picture_of(samples);
	struct reading reading;
	struct answer answer;

	(void)state;
	for (int i = 0; i < MNIST_PIXELS; i++)
		samples[i] = i % MNIST_SIDE == 9 && i / MNIST_SIDE > 3 && i / MNIST_SIDE < 20 ? 20 : 255;
	answer_open(&answer, logits);
	for (int kept = 0; kept < 2; kept++) {
		answer.recognizer.pictures = kept ? PICTURES_KEEP : PICTURES_AUTO;
		answer.recognizer.least = kept;
		assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
		assert_int_equal(reading_input(&reading, 0)[0], kept ? 255 : 0);
		assert_int_equal(box_width(&reading.digits.all->box) == MNIST_SIDE, kept);
		reading_free(&reading);
	}
	answer_close(&answer);
}

static void what_the_network_doubts_is_no_digit(void **state)
{
	const float logits[MNIST_CLASSES] = {[7] = 3}; /* the 7 has 0.69 */
	uint16_t samples[MNIST_PIXELS];
	const struct raster picture = picture_of(samples);
	struct reading reading;
	struct answer answer;

	(void)state;
	answer_open(&answer, logits);
	answer.recognizer.least = 0.68;
	assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
	assert_int_equal(reading.digits.count, 1);
	assert_false(reading.digits.none);
	reading_free(&reading);
	answer.recognizer.least = 0.7;
	assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
	assert_true(reading.digits.none);
	assert_int_equal(reading.digits.count, 1); /* what comes nearest */
	assert_true(fabs((double)reading.probabilities[7] - exp(3) / (exp(3) + 9)) < 1e-6);
	reading_free(&reading);
	answer_close(&answer);
}

#define WIDE 200
#define HIGH 120

/* A bar, which is 40 pixels left of a ring, as high. */
static struct raster bar_and_ring(uint16_t samples[WIDE * HIGH])
{
	for (int y = 0; y < HIGH; y++)
		for (int x = 0; x < WIDE; x++) {
			const double radius = hypot(x - 140, y - 60);
			const bool bar = x >= 48 && x < 60 && y >= 20 && y < 100;
			samples[y * WIDE + x] = bar || (radius < 40 && radius > 28) ? 20 : 240;
		}
	return (struct raster){.width = WIDE, .height = HIGH, .maxval = 255, .samples = samples};
}

/* The network takes both for a 0, the bar with 0.60, since it has ink in the middle, and the ring
 * with 0.95. */
static void a_digit_begins_the_number_of_one_left_out(void **state)
{
	const float logits[MNIST_CLASSES] = {[0] = 5.2f};
	uint16_t samples[WIDE * HIGH];
	const struct raster picture = bar_and_ring(samples);
	struct reading reading;
	struct answer answer;

	(void)state;
	answer_open(&answer, logits);
	answer.network.params[0]->value[14 * MNIST_SIDE + 14] = -2.6f;
	executor_prepare(answer.recognizer.executor);
	assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
	assert_int_equal(reading.digits.count, 2);
	assert_true(fabs((double)reading_probabilities(&reading, 0)[0] - 0.60) < 0.01);
	assert_true(fabs((double)reading_probabilities(&reading, 1)[0] - 0.95) < 0.01);
	assert_true(reading.digits.all[0].begins && !reading.digits.all[1].begins);
	reading_free(&reading);
	answer.recognizer.least = 0.8;
	assert_int_equal(reading_take(&answer.recognizer, &picture, false, &reading, &error), 0);
	assert_int_equal(reading.digits.count, 1);
	assert_true(fabs((double)reading_probabilities(&reading, 0)[0] - 0.95) < 0.01);
	assert_true(reading.digits.all[0].begins);
	assert_true(reading.digits.all[0].box.left >= 95);
	reading_free(&reading);
	answer_close(&answer);
}

static void outputs_that_are_no_numbers_are_an_error(void **state)
{
	const float logits[MNIST_CLASSES] = {[7] = NAN};
	uint16_t samples[MNIST_PIXELS];
	const struct raster picture = picture_of(samples);
	struct reading reading;
	struct answer answer;

	(void)state;
	answer_open(&answer, logits);
	for (int raw = 0; raw <= 1; raw++) {
		assert_int_equal(reading_take(&answer.recognizer, &picture, raw, &reading, &error), -1);
		assert_string_equal(error.text, "the network's output is not a number");
	}
	assert_true(recognizer_score(&answer.recognizer, (uint8_t[MNIST_PIXELS]){0}) == 1.0f);
	answer_close(&answer);
}

static void a_reading_wants_memory(void **state)
{
	const float logits[MNIST_CLASSES] = {[7] = 3};
	uint16_t samples[MNIST_PIXELS];
	const struct raster picture = picture_of(samples);
	struct answer answer;

	(void)state;
	if (!allocations_watched())
		skip();
	answer_open(&answer, logits);
	for (int raw = 0; raw <= 1; raw++) {
		struct reading reading;
		int status = -1;

		for (int number = 1; status; number++) {
			allocations_fail_at(number);
			status = reading_take(&answer.recognizer, &picture, raw, &reading, &error);
			assert_true((allocations_count() < number) == !status);
			allocations_fail_at(0);
			assert_true(!status || strstr(error.text, "not enough memory"));
		}
		reading_free(&reading);
	}
	answer_close(&answer);
}

static void guesses_want_memory(void **state)
{
	float probabilities[1][MNIST_CLASSES] = {{0}};
	const struct reading reading = {
		.digits = {.count = 1}, .classes = MNIST_CLASSES, .probabilities = probabilities[0]};
	struct guesses guesses;

	(void)state;
	if (!allocations_watched())
		skip();
	for (int number = 1; number <= 2; number++) {
		allocations_fail_at(number);
		assert_int_equal(reading_guess(&reading, &guesses, &error), -1);
		allocations_fail_at(0);
		assert_string_equal(error.text, "not enough memory for a number of 1 digits");
		assert_null(guesses.digits);
	}
}

/* ---- occlusion ---- */

/* Logit 4 is 2 × the pixel, the others are 0: its probability is e^2p / (e^2p + 9). */
static double expected(double pixel)
{
	const double e = exp(2 * pixel);

	return e / (e + 9);
}

static void check(int batch_size, int size, uint8_t fill)
{
	const struct shape input = {.h = 28, .w = 28, .c = 1};
	uint8_t pixels[MNIST_PIXELS];
	double map[MNIST_PIXELS];
	struct network network;

	memset(pixels, 100, sizeof pixels);
	pixels[EYE_Y * MNIST_SIDE + EYE_X] = 200;
	assert_int_equal(network_build(&network, "flatten dense:10 softmax", input, 10, &error), 0);
	memset(network.values, 0, network.value_count * sizeof(float));
	network.params[0]->value[4 * MNIST_PIXELS + EYE_Y * MNIST_SIDE + EYE_X] = 2;
	struct executor *executor =
		executor_open(&network, &engine, batch_size, EXECUTOR_PREDICT, &error);
	assert_non_null(executor);
	const struct recognizer recognizer = {.executor = executor};
	occlusion_map(&recognizer, pixels, 4, size, fill, map);
	executor_close(executor);
	network_free(&network);
	for (int y = 0; y < MNIST_SIDE; y++)
		for (int x = 0; x < MNIST_SIDE; x++) {
			int far = abs(y - EYE_Y) > abs(x - EYE_X) ? abs(y - EYE_Y) : abs(x - EYE_X);
			double pixel = 2 * far + 1 <= size ? fill : 200;
			double probability = expected(pixel / 255);
			assert_true(fabs(map[y * MNIST_SIDE + x] - probability) < 1e-6);
		}
}

static void a_patch_covers_what_is_near(void **state)
{
	(void)state;
	for (int size = 1; size <= 7; size += 2) {
		check(1, size, 0);
		check(100, size, 255);
		check(784, size, 30);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_give_a_least),
		cmocka_unit_test(equals_rank_by_their_digit),
		cmocka_unit_test(guesses_are_the_likeliest_numbers),
		cmocka_unit_test(a_number_is_as_likely_as_its_least_digit),
		cmocka_unit_test(a_raw_picture_is_one_digit),
		cmocka_unit_test(networks_read_their_own_size),
		cmocka_unit_test(a_picture_of_the_networks_size_passes),
		cmocka_unit_test(a_picture_may_only_be_scaled),
		cmocka_unit_test(a_picture_may_be_kept),
		cmocka_unit_test(what_the_network_doubts_is_no_digit),
		cmocka_unit_test(a_digit_begins_the_number_of_one_left_out),
		cmocka_unit_test(outputs_that_are_no_numbers_are_an_error),
		cmocka_unit_test(a_reading_wants_memory),
		cmocka_unit_test(guesses_want_memory),
		cmocka_unit_test(a_patch_covers_what_is_near),
	};

	return cmocka_run_group_tests_name("recognize", tests, setup, teardown);
}
