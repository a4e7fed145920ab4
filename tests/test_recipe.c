/* Recipes: names, words, and what they come to by the table of train. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "app/dataset.h"
#include "cli/command.h"
#include "cli/recipe.h"
#include "mnist.h"
#include "nn/network.h"

enum { VALUES = 1024, TEXT = 16384, MOST_WORDS = 64 };

static struct error error;

static int count_of(const char *const *words)
{
	int count = 0;

	while (words[count])
		count++;
	return count;
}

/* The value of an option in a recipe, or NULL. */
static const char *word_after(const struct recipe *recipe, const char *option)
{
	for (int i = 0; recipe->words[i]; i += 2)
		if (!strcmp(recipe->words[i], option))
			return recipe->words[i + 1];
	return NULL;
}

/* A line's arguments, which are not written to. */
static char **line(const char *const *words)
{
	static char *argv[MOST_WORDS];

	for (int i = 0; words[i]; i++)
		argv[i] = (char *)words[i];
	return argv;
}

/* All values, as text: what help gives as defaults, after the line was parsed. */
static void values_text(const char *const *words, char text[TEXT])
{
	alignas(max_align_t) char values[VALUES];
	char **argv = line(words);
	const int argc = count_of(words);
	FILE *file = tmpfile();
	int operand_count;
	bool help;

	assert_true(command_train.values_size <= sizeof values);
	command_train.defaults(values);
	assert_int_equal(command_train.prepare(argc, argv, values, &error), 0);
	if (options_parse(command_train.options, argc, argv, values, &operand_count, &help, &error))
		fail_msg("%s", error.text);
	/* --recipe itself shows its value; without it, two ways to the same would differ. */
	const struct field *recipe = options_find(command_train.options, "recipe", strlen("recipe"));
	*(const char **)(values + recipe->offset) = NULL;
	assert_non_null(file);
	options_help(file, command_train.options, values);
	rewind(file);
	text[fread(text, 1, TEXT - 1, file)] = '\0';
	fclose(file);
}

static void words_are_pairs(void **state)
{
	(void)state;
	for (const struct recipe *recipe = recipes; recipe->name; recipe++) {
		const int count = count_of(recipe->words);

		assert_true(count > 0 && count % 2 == 0 && count < MOST_WORDS);
		for (int i = 0; i < count; i += 2) {
			assert_int_equal(strncmp(recipe->words[i], "--", 2), 0);
			assert_null(strpbrk(recipe->words[i + 1], "'\\\n\""));
			for (int j = 0; j < i; j += 2)
				assert_string_not_equal(recipe->words[i], recipe->words[j]);
		}
		for (const struct recipe *other = recipes; other < recipe; other++)
			assert_string_not_equal(other->name, recipe->name);
		assert_true(strlen(recipe->purpose) > 0);
	}
	assert_string_equal(recipes[0].name, "default");
}

/* All that train by itself would decide otherwise in another recipe is said. */
static void each_is_complete(void **state)
{
	static const char *const said[] = {"--network", "--epochs",   "--batch-size", "--learning-rate",
									   "--warmup",  "--schedule", "--beta1",      "--beta2"};

	(void)state;
	for (const struct recipe *recipe = recipes; recipe->name; recipe++)
		for (size_t i = 0; i < sizeof said / sizeof *said; i++)
			if (!word_after(recipe, said[i]))
				fail_msg("%s does not say %s", recipe->name, said[i]);
	for (int i = 0; recipes[0].words[i]; i += 2)
		for (const struct recipe *recipe = recipes; recipe->name; recipe++)
			assert_non_null(word_after(recipe, recipes[0].words[i]));
}

static void a_name_stands_for_its_words(void **state)
{
	(void)state;
	for (const struct recipe *recipe = recipes; recipe->name; recipe++) {
		const char *const by_name[] = {"--recipe", recipe->name, NULL};
		char named[TEXT], typed[TEXT];

		values_text(by_name, named);
		values_text(recipe->words, typed);
		assert_string_equal(named, typed);
	}
}

static void others_override_it(void **state)
{
	const char *const first[] = {"--epochs", "7", "--recipe", "fast", NULL};
	const char *const last[] = {"--recipe=plain", "--recipe=fast", "--epochs=7", NULL};
	const char *const other[] = {"--recipe=plain", NULL};
	char before[TEXT], after[TEXT], plain[TEXT];

	(void)state;
	values_text(first, before);
	values_text(last, after);
	values_text(other, plain);
	assert_string_equal(before, after);
	assert_non_null(strstr(after, "(default 7)"));
	assert_string_not_equal(after, plain);
}

static const char *named(const char *const *words)
{
	return recipe_named(count_of(words), line(words));
}

static void the_line_is_searched(void **state)
{
	static const char *const without[][4] = {
		{"--model", "x", "recipe"},         {"--", "--recipe", "x"},
		{"--help", "--recipe", "x"},        {"--recipe", "--quiet"},
		{"--recipes", "x", "--recipe-x=y"}, {"--recipe"},
	};
	static const char *const two[] = {"--recipe", "x", "-q", "--recipe=y", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		assert_null(named(without[i]));
	assert_string_equal(named(two), "y");
}

static void unknown_names_get_a_hint(void **state)
{
	alignas(max_align_t) char values[VALUES];

	(void)state;
	command_train.defaults(values);
	assert_int_equal(recipe_apply("plian", command_train.options, values, &error), -1);
	assert_string_equal(error.text, "--recipe: there is no \"plian\"; did you mean plain?");
	assert_int_equal(recipe_apply("xyzzy", command_train.options, values, &error), -1);
	assert_string_equal(error.text, "--recipe: there is no \"xyzzy\"; --recipe list names all");
}

static void networks_can_be_built(void **state)
{
	const struct shape input = {.h = MNIST_SIDE, .w = MNIST_SIDE, .c = 1};

	(void)state;
	for (const struct recipe *recipe = recipes; recipe->name; recipe++) {
		struct network network;

		if (network_build(&network, word_after(recipe, "--network"), input, 10, &error))
			fail_msg("%s: %s", recipe->name, error.text);
		assert_int_equal(network.classes, MNIST_CLASSES);
		network_free(&network);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_pairs),
		cmocka_unit_test(each_is_complete),
		cmocka_unit_test(a_name_stands_for_its_words),
		cmocka_unit_test(others_override_it),
		cmocka_unit_test(the_line_is_searched),
		cmocka_unit_test(unknown_names_get_a_hint),
		cmocka_unit_test(networks_can_be_built),
	};

	return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
