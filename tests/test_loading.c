/* The line that counts pictures while they are loaded, on a terminal. */
#define _XOPEN_SOURCE 700

#include <string.h>

#include "cli/loading.h"
#include "terminal.h"

static const struct common_values welcome = {.quiet = false};

/* A time at which the line is not drawn again, and one at which it is. */
#define JUST_DRAWN 1e300
#define LONG_AGO -1e300

static void pictures_are_counted_and_forgotten(void **state)
{
	struct dataset_options options = {.path = NULL};
	struct loading loading;
	FILE *stream;
	const int user = open_terminal(&stream);

	(void)state;
	if (user < 0)
		skip();
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	loading_begin(&loading, &options, stream, &welcome);
	loading.drawn_at = JUST_DRAWN;
	options.progress(options.context, 64);
	loading.drawn_at = LONG_AGO;
	options.progress(options.context, 128);
	assert_arrives(user, stream, "\r128 pictures read\033[K\r");
	loading_end(&loading);
	assert_arrives(user, stream, "\r\033[K");
	loading_end(&loading);
	fputs("data", stream);
	assert_arrives(user, stream, "data");
	fclose(stream);
	close(user);
}

static void nothing_is_shown_where_it_is_unwelcome(void **state)
{
	static const struct common_values unwelcome[] = {{.quiet = true}, {.no_color = true}};
	struct dataset_options options = {.path = NULL};
	struct loading loading;
	FILE *stream, *file = tmpfile();
	const int user = open_terminal(&stream);

	(void)state;
	if (user < 0)
		skip();
	assert_non_null(file);
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	for (size_t i = 0; i < 3; i++) {
		loading_begin(&loading, &options, i < 2 ? stream : file, i < 2 ? &unwelcome[i] : &welcome);
		assert_null(loading.stream);
		loading.drawn_at = LONG_AGO;
		options.progress(options.context, 7);
		assert_false(loading.shown);
		loading_end(&loading);
	}
	assert_int_equal(ftell(file), 0);
	fclose(file);
	fclose(stream);
	close(user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_counted_and_forgotten),
		cmocka_unit_test(nothing_is_shown_where_it_is_unwelcome),
	};

	return cmocka_run_group_tests_name("loading", tests, NULL, NULL);
}
