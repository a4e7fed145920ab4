/* Parameters between the order in memory and PyTorch's, there and back. */
#include "oracle.h"

#include <string.h>

#include "nn/param.h"

/* Two filters on 2×3 pixels and two channels: in memory the channels are together, in the file
 * the pixels of each channel. */
static const float in_memory[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
								  12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
static const float in_file[] = {0,  2,  4,  6,  8,  10, 1,  3,  5,  7,  9,  11,
								12, 14, 16, 18, 20, 22, 13, 15, 17, 19, 21, 23};

static void check_both_ways(const struct param *param, const float *memory, const float *file)
{
	float *there = floats(param->count);
	float *back = floats(param->count);

	param_to_file(param, memory, there);
	check_equal("to file", param->count, there, file);
	param_from_file(param, file, back);
	check_equal("from file", param->count, back, memory);
	free(back);
	free(there);
}

static void test_filters(void **state)
{
	(void)state;
	const struct param param = {"0.weight", PARAM_FILTERS, 4, {2, 2, 3, 2}, 24, true, NULL};
	size_t dims[4];

	check_both_ways(&param, in_memory, in_file);
	assert_int_equal(param_file_dims(&param, dims), 4);
	assert_memory_equal(dims, ((size_t[]){2, 2, 2, 3}), sizeof dims);
}

static void test_dense(void **state)
{
	(void)state;
	const struct param param = {"6.weight", PARAM_DENSE, 4, {2, 2, 3, 2}, 24, true, NULL};
	size_t dims[4];

	check_both_ways(&param, in_memory, in_file);
	assert_int_equal(param_file_dims(&param, dims), 2);
	assert_int_equal(dims[0], 2);
	assert_int_equal(dims[1], 12);
}

/* A batch normalization of a flattened image: one number for each of its features. */
static void test_features(void **state)
{
	(void)state;
	const struct param param = {"7.weight", PARAM_FEATURES, 4, {1, 2, 3, 2}, 12, true, NULL};
	size_t dims[4];

	check_both_ways(&param, in_memory, in_file);
	assert_int_equal(param_file_dims(&param, dims), 1);
	assert_int_equal(dims[0], 12);
}

static void test_plain(void **state)
{
	(void)state;
	const struct param bias = {"0.bias", PARAM_PLAIN, 1, {24}, 24, true, NULL};
	const struct param matrix = {"9.weight", PARAM_PLAIN, 2, {4, 6}, 24, true, NULL};
	size_t dims[4];

	check_both_ways(&bias, in_memory, in_memory);
	assert_int_equal(param_file_dims(&bias, dims), 1);
	assert_int_equal(dims[0], 24);
	check_both_ways(&matrix, in_memory, in_memory);
	assert_int_equal(param_file_dims(&matrix, dims), 2);
	assert_int_equal(dims[0], 4);
	assert_int_equal(dims[1], 6);
}

/* One channel, or one pixel: both orders are the same. */
static void test_same_order(void **state)
{
	(void)state;
	const struct param channel = {"0.weight", PARAM_FILTERS, 4, {2, 3, 4, 1}, 24, true, NULL};
	const struct param pixel = {"0.weight", PARAM_DENSE, 4, {2, 1, 1, 12}, 24, true, NULL};

	check_both_ways(&channel, in_memory, in_memory);
	check_both_ways(&pixel, in_memory, in_memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),    cmocka_unit_test(test_dense),
		cmocka_unit_test(test_features),   cmocka_unit_test(test_plain),
		cmocka_unit_test(test_same_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
