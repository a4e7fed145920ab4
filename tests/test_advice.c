/* Advice stands behind the message of a fault, and only where there is something to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/advice.h"

static struct error error;

static void missing_data_can_be_named(void **state)
{
	(void)state;
	error_set(&error, "there is no folder \"x\"");
	assert_int_equal(advise_on_dataset(DATASET_MISSING, &error), -1);
	assert_string_equal(error.text,
						"there is no folder \"x\"; the MNIST files are in the folder data of "
						"mnist-cnn's source; name their folder with --data DIR or $MNIST_CNN_DATA");
	error_set(&error, "broken");
	assert_int_equal(advise_on_dataset(DATASET_BROKEN, &error), -1);
	assert_string_equal(error.text, "broken");
	assert_int_equal(advise_on_dataset(DATASET_FINE, &error), 0);
}

static void missing_models_can_be_trained(void **state)
{
	(void)state;
	error_set(&error, "m: no such file");
	assert_int_equal(advise_on_model(MODEL_MISSING, &error), -1);
	assert_string_equal(error.text,
						"m: no such file; train a model with 'mnist-cnn train', or name "
						"one with --model FILE");
	error_set(&error, "m: does not say");
	assert_int_equal(advise_on_model(MODEL_NAMELESS, &error), -1);
	assert_string_equal(error.text, "m: does not say: give it with --network SPEC");
	error_set(&error, "broken");
	assert_int_equal(advise_on_model(MODEL_BROKEN, &error), -1);
	assert_string_equal(error.text, "broken");
	assert_int_equal(advise_on_model(MODEL_FINE, &error), 0);
}

static void smaller_steps_may_help(void **state)
{
	const struct settings settings = {.learning_rate = 1e30f};

	(void)state;
	error_set(&error, "the loss is no longer a number (epoch 1, step 2)");
	advise_on_divergence(&settings, &error);
	assert_string_equal(error.text, "the loss is no longer a number (epoch 1, step 2): "
									"try a smaller --learning-rate than 1e+30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_data_can_be_named),
		cmocka_unit_test(missing_models_can_be_trained),
		cmocka_unit_test(smaller_steps_may_help),
	};

	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
