/* Reads files that tests need, FIXTURES "/name" or DATA "/name". Include after cmocka.h. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

/* The file's content, to be freed with buffer_free; the test fails where it cannot be read. */
static inline struct buffer fixture_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buffer content = {0};

	if (!file)
		fail_msg("%s cannot be opened", path);
	fseek(file, 0, SEEK_END);
	content.size = (size_t)ftell(file);
	rewind(file);
	content.data = malloc(content.size + 1);
	assert_non_null(content.data);
	assert_int_equal(fread(content.data, 1, content.size, file), content.size);
	fclose(file);
	return content;
}

#endif
