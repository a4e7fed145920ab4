/* The choice of kernels and threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "allocations.h"
#include "compute/cpu.h"
#include "compute/engine.h"

static struct error error;

static bool is_available(const char *name)
{
	for (size_t i = 0; kernels_available(i); i++)
		if (!strcmp(kernels_available(i)->name, name))
			return true;
	return false;
}

/* Each has a name of its own, the plain loops come last, and nothing behind them. */
static void tables_that_run_here(void **state)
{
	size_t count = 0;

	(void)state;
	while (kernels_available(count))
		count++;
	assert_true(count >= 1);
	assert_ptr_equal(kernels_available(count - 1), &kernels_reference);
	assert_null(kernels_available(count + 1));
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(kernels_choose(kernels_available(i)->name, &error), kernels_available(i));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(kernels_available(i)->name, kernels_available(j)->name);
	}
	assert_ptr_equal(kernels_choose("auto", &error), kernels_available(0));
}

/* The processor's best is there, and nothing that it cannot run. */
static void tables_fit_the_processor(void **state)
{
	(void)state;
	assert_int_equal(is_available("avx512"), cpu_has_avx512());
	assert_int_equal(is_available("avx2"), cpu_has_avx2());
#ifdef __aarch64__
	assert_true(is_available("neon"));
#else
	assert_false(is_available("neon"));
#endif
	assert_true(is_available("portable"));
	if (cpu_has_avx512())
		assert_string_equal(kernels_available(0)->name, "avx512");
	else if (cpu_has_avx2())
		assert_string_equal(kernels_available(0)->name, "avx2");
}

/* What this processor lacks is refused by name, what nobody has with a hint. */
static void others_are_refused(void **state)
{
	static const char *const names[] = {
#define TABLE(name, ...) #name,
#include "compute/kernels.def"
	};
	static const struct {
		const char *name, *message;
	} unknown[] = {
		{"avx", "there are no kernels \"avx\"; did you mean avx2?"},
		{"avx-512", "there are no kernels \"avx-512\"; did you mean avx512?"},
		{"Reference", "there are no kernels \"Reference\"; did you mean reference?"},
		{"sse2", "there are no kernels \"sse2\"; there are auto, reference, portable, avx2, avx512 "
				 "and neon"},
		{"",
		 "there are no kernels \"\"; there are auto, reference, portable, avx2, avx512 and neon"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		error.text[0] = '\0';
		assert_int_equal(kernels_choose(names[i], &error) != NULL, is_available(names[i]));
		if (!is_available(names[i]))
			assert_non_null(strstr(error.text, names[i]));
	}
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		assert_null(kernels_choose(unknown[i].name, &error));
		assert_string_equal(error.text, unknown[i].message);
	}
}

static void an_engine_has_both(void **state)
{
	struct engine engine;

	(void)state;
	assert_int_equal(engine_open(&engine, "auto", 0, &error), 0);
	assert_ptr_equal(engine.kernels, kernels_available(0));
	assert_true(workers_count(engine.workers) == cpu_count() || workers_count(engine.workers) == 1);
	engine_close(&engine);
	assert_null(engine.kernels);
	assert_null(engine.workers);
	engine_close(&engine);
	assert_int_equal(engine_open(&engine, "reference", 3, &error), 0);
	assert_ptr_equal(engine.kernels, &kernels_reference);
	assert_true(workers_count(engine.workers) == 3 || workers_count(engine.workers) == 1);
	engine_close(&engine);
}

static void too_many_threads_are_as_many_as_possible(void **state)
{
	struct engine engine;

	(void)state;
	assert_int_equal(engine_open(&engine, "auto", WORKERS_MAX + 1, &error), 0);
	assert_true(workers_count(engine.workers) == WORKERS_MAX || workers_count(engine.workers) == 1);
	engine_close(&engine);
}

/* What is left of an engine that did not open can be closed. */
static void failures_leave_nothing(void **state)
{
	struct engine engine;
	int status = -1;

	(void)state;
	assert_int_equal(engine_open(&engine, "avx1024", 2, &error), -1);
	assert_non_null(strstr(error.text, "avx1024"));
	engine_close(&engine);
	if (!allocations_watched())
		return;
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		status = engine_open(&engine, "auto", 2, &error);
		allocations_fail_at(0);
		engine_close(&engine);
		assert_true(number < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_that_run_here),
		cmocka_unit_test(tables_fit_the_processor),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(an_engine_has_both),
		cmocka_unit_test(too_many_threads_are_as_many_as_possible),
		cmocka_unit_test(failures_leave_nothing),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
