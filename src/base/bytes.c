/* Every read goes through bytes_take, which alone compares with the end. */
#include "base/bytes.h"

#include <stdlib.h>

size_t bytes_left(const struct bytes *b)
{
	return b->size - b->offset;
}

bool bytes_take(struct bytes *b, size_t count, const uint8_t **start)
{
	if (count > bytes_left(b))
		return false;
	*start = b->data + b->offset;
	b->offset += count;
	return true;
}

bool bytes_u8(struct bytes *b, uint8_t *value)
{
	const uint8_t *p;

	if (!bytes_take(b, 1, &p))
		return false;
	*value = *p;
	return true;
}

bool bytes_u16le(struct bytes *b, uint16_t *value)
{
	const uint8_t *p;

	if (!bytes_take(b, 2, &p))
		return false;
	*value = load_u16le(p);
	return true;
}

bool bytes_u32le(struct bytes *b, uint32_t *value)
{
	const uint8_t *p;

	if (!bytes_take(b, 4, &p))
		return false;
	*value = load_u32le(p);
	return true;
}

bool bytes_u32be(struct bytes *b, uint32_t *value)
{
	const uint8_t *p;

	if (!bytes_take(b, 4, &p))
		return false;
	*value = load_u32be(p);
	return true;
}

bool bytes_u64le(struct bytes *b, uint64_t *value)
{
	const uint8_t *p;

	if (!bytes_take(b, 8, &p))
		return false;
	*value = load_u64le(p);
	return true;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}
