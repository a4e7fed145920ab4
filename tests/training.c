/* A network trained on a few digits. */
#include "training.h"

#include "oracle.h"
#include "probe.h"

#include <stdio.h>

struct digits *digits_read(void)
{
	struct digits *digits = malloc(sizeof *digits);
	FILE *file = fopen(FIXTURES "/digits.bin", "rb");

	assert_non_null(digits);
	assert_non_null(file);
	assert_int_equal(fread(digits->images, 1, sizeof digits->images, file), sizeof digits->images);
	for (int i = 0; i < DIGITS; i++)
		digits->labels[i] = (uint16_t)fgetc(file);
	fclose(file);
	assert_int_equal(digits->labels[0], 7);
	return digits;
}

void digits_load(const void *image, int first, int n, float *room, float *x)
{
	const uint8_t *pixels = (const uint8_t *)image + first * PIXELS;

	(void)room;
	for (int i = 0; i < n * PIXELS; i++)
		x[i] = (float)pixels[i] / 255;
}

void training_open(struct training *training, const char *spec, int batch_size,
				   const struct kernels *kernels, int threads)
{
	struct error error;
	const struct shape input = {28, 28, 1, false};
	const struct optimizer_settings adam = {
		.kind = OPTIMIZER_ADAM, .beta1 = ADAM_BETA1, .beta2 = ADAM_BETA2};

	*training = (struct training){.n = batch_size};
	test_engine_open(&training->engine, kernels, threads);
	if (network_build(&training->network, spec, input, 10, &error))
		fail_msg("%s: %s", spec, error.text);
	training->executor =
		test_executor_open(&training->network, &training->engine, batch_size, EXECUTOR_TRAIN);
	assert_int_equal(
		optimizer_open(&training->optimizer, &adam, training->network.value_count, &error), 0);
}

void training_init(struct training *training, uint64_t seed)
{
	network_init(&training->network, seed);
	executor_prepare(training->executor);
}

void training_close(struct training *training)
{
	optimizer_close(&training->optimizer);
	executor_close(training->executor);
	network_free(&training->network);
	engine_close(&training->engine);
}

static void apply_adam(const void *context, const struct param *param, const float *grads,
					   size_t first, size_t count)
{
	const struct training *training = context;

	(void)param;
	optimizer_apply(&training->optimizer, training->engine.kernels, first, count, false, grads,
					training->network.values);
}

struct loss_sum training_step(struct training *training, const struct digits *digits, int first,
							  float learning_rate)
{
	const struct batch batch = {.n = training->n,
								.load = digits_load,
								.context = digits->images[first],
								.labels = digits->labels + first};
	const struct update update = {apply_adam, training};

	if (learning_rate > 0)
		optimizer_begin(&training->optimizer, learning_rate);
	return executor_train(training->executor, &batch, 1, ++training->step,
						  learning_rate > 0 ? &update : NULL);
}
