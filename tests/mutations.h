/* Damages a small file in every way: cut off at each byte, and with each byte changed. Every
 * variant is in an allocation of exactly its size, so that AddressSanitizer sees a read past the
 * end. Include after cmocka.h. */
#ifndef TESTS_MUTATIONS_H
#define TESTS_MUTATIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum mutation_values {
	MUTATE_ALL,  /* a byte takes all 255 other values */
	MUTATE_SOME, /* one bit of it is turned, or it becomes a character that text formats know */
};

/* The function under test. It is called with each variant, and must read or refuse it. */
struct mutation_target {
	void (*parse)(const uint8_t *data, size_t size, void *context);
	void *context;
};

static inline void mutation_try(const uint8_t *data, size_t size, struct mutation_target target)
{
	uint8_t *copy = calloc(1, size);

	assert_true(copy || size == 0);
	if (size > 0)
		memcpy(copy, data, size);
	target.parse(copy, size, target.context);
	free(copy);
}

static inline void mutate(const uint8_t *original, size_t size, enum mutation_values values,
						  struct mutation_target target)
{
	static const uint8_t some[] = {1,   2,   4,   8,   16,  32,  64,  128, 0,   255, '0', '9',
								   ' ', '#', '"', ',', ':', '[', ']', '{', '}', '-', '\\'};
	const size_t count = values == MUTATE_ALL ? 255 : sizeof some;
	uint8_t *data = malloc(size);

	assert_non_null(data);
	memcpy(data, original, size);
	for (size_t length = 0; length < size; length++)
		mutation_try(data, length, target);
	for (size_t i = 0; i < size; i++) {
		for (size_t k = 0; k < count; k++) {
			if (values == MUTATE_ALL)
				data[i] = (uint8_t)(original[i] + k + 1);
			else
				data[i] = k < 8 ? original[i] ^ some[k] : some[k];
			mutation_try(data, size, target);
		}
		data[i] = original[i];
	}
	free(data);
}

#endif
