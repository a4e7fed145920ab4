/* A reading cursor over bytes in memory. A read that would go past the end returns false, and then
 * neither moves the cursor nor writes its result. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bytes {
	const uint8_t *data; /* borrowed */
	size_t size;
	size_t offset; /* of the next byte; never above size */
};

/* Takes bytes as they come, in pieces of any size. An error ends the reading. */
struct sink {
	int (*take)(void *context, const uint8_t *data, size_t size, struct error *error);
	void *context;
};

/* Memory that a reader or writer acquired; free with buffer_free. */
struct buffer {
	uint8_t *data;
	size_t size;
};

/* Integers at any address, the lowest byte first (le) or the highest (be). Compilers make an
 * instruction or two of each function. */
static inline uint16_t load_u16le(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t load_u32le(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t load_u64le(const uint8_t *p)
{
	return (uint64_t)load_u32le(p) | (uint64_t)load_u32le(p + 4) << 32;
}

static inline uint16_t load_u16be(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_u32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void store_u16le(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

static inline void store_u32le(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

static inline void store_u64le(uint8_t *p, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

size_t bytes_left(const struct bytes *b);
bool bytes_u8(struct bytes *b, uint8_t *value);
bool bytes_u16le(struct bytes *b, uint16_t *value);
bool bytes_u32le(struct bytes *b, uint32_t *value);
bool bytes_u32be(struct bytes *b, uint32_t *value);
bool bytes_u64le(struct bytes *b, uint64_t *value);

/* *start points to the next `count` bytes, which are borrowed. */
bool bytes_take(struct bytes *b, size_t count, const uint8_t **start);

/* Accepts a zeroed buffer; zeroes it. */
void buffer_free(struct buffer *buffer);

#endif
