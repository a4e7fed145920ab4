/* Hints at misspelt words: near ones, the nearest of them, and none where nothing is near. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/nearest.h"

static void assert_nearest(const char *word, const char *expected)
{
	static const char *const words[] = {"train",  "eval",  "predict", "inspect data",
										"epochs", "trail", NULL};
	const char *found = nearest_word(word, words);

	if (!expected)
		assert_null(found);
	else if (!found || strcmp(found, expected))
		fail_msg("%s: found %s, expected %s", word, found ? found : "none", expected);
}

static void one_slip_is_forgiven(void **state)
{
	(void)state;
	assert_nearest("train", "train");
	assert_nearest("tain", "train");
	assert_nearest("traiin", "train");
	assert_nearest("traim", "train"); /* trail is as near, but comes later */
	assert_nearest("trial", "trail");
	assert_nearest("evla", "eval");
	assert_nearest("eal", "eval");
	assert_nearest("evil", "eval");
}

/* A third of the letters may be wrong. */
static void longer_words_may_have_more(void **state)
{
	(void)state;
	assert_nearest("perdct", "predict");
	assert_nearest("pridikt", "predict");
	assert_nearest("pridiktt", NULL);
	assert_nearest("inspcetdta", "inspect data");
	assert_nearest("evxx", NULL);
	assert_nearest("", NULL);
	assert_nearest("elephant", NULL);
	assert_nearest("a word that is far too long to be a slip of any", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slip_is_forgiven),
		cmocka_unit_test(longer_words_may_have_more),
	};
	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
