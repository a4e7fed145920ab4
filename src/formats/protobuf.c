/* A message is written before its length is known; the length is then put in front of it. */
#include "formats/protobuf.h"

#include <string.h>

#define MOST_VARINT 10 /* bytes of 64 bits */

enum wire_type { VARINT = 0, BYTES = 2, FOUR_BYTES = 5 };

static size_t varint(uint64_t value, uint8_t bytes[MOST_VARINT])
{
	size_t size = 0;

	for (; value > 127; value >>= 7)
		bytes[size++] = (uint8_t)(value | 128);
	bytes[size++] = (uint8_t)value;
	return size;
}

static void put_varint(struct writer *out, uint64_t value)
{
	uint8_t bytes[MOST_VARINT];

	writer_bytes(out, bytes, varint(value, bytes));
}

static void put_key(struct writer *out, int field, enum wire_type type)
{
	put_varint(out, (uint64_t)field << 3 | type);
}

static void put_float(struct writer *out, float value)
{
	uint8_t bytes[4];
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	store_u32le(bytes, bits);
	writer_bytes(out, bytes, sizeof bytes);
}

void protobuf_integer(struct writer *out, int field, int64_t value)
{
	put_key(out, field, VARINT);
	put_varint(out, (uint64_t)value);
}

void protobuf_float(struct writer *out, int field, float value)
{
	put_key(out, field, FOUR_BYTES);
	put_float(out, value);
}

void protobuf_text(struct writer *out, int field, const char *text)
{
	const size_t length = strlen(text);

	put_key(out, field, BYTES);
	put_varint(out, length);
	writer_bytes(out, text, length);
}

void protobuf_floats(struct writer *out, int field, const float *values, size_t count)
{
	put_key(out, field, BYTES);
	put_varint(out, count * 4);
	for (size_t i = 0; i < count; i++)
		put_float(out, values[i]);
}

size_t protobuf_begin(struct writer *out, int field)
{
	put_key(out, field, BYTES);
	return out->bytes.size;
}

void protobuf_end(struct writer *out, size_t begun)
{
	const size_t size = out->bytes.size - begun;
	uint8_t length[MOST_VARINT];
	const size_t more = varint(size, length);

	writer_bytes(out, length, more);
	if (out->failed)
		return;
	memmove(out->bytes.data + begun + more, out->bytes.data + begun, size);
	memcpy(out->bytes.data + begun, length, more);
}
