/* CRC-32 sixteen bytes at a time ("slicing", Kounavis & Berry 2005): a byte's share of the
 * remainder depends only on how many bytes follow it, so each place has a table of its own. */
#include "formats/crc32.h"

#include "base/bytes.h"

#define POLYNOMIAL 0xedb88320u
#define PLACES 16
#define WORTH_TABLES 512 /* bytes: filling the tables takes as long as so many without them */

struct tables {
	uint32_t share[PLACES][256]; /* [bytes that follow][byte] */
};

/* The remainder after eight more bits. */
static uint32_t next_remainder(uint32_t remainder)
{
	for (int bit = 0; bit < 8; bit++)
		remainder = remainder >> 1 ^ (remainder & 1 ? POLYNOMIAL : 0);
	return remainder;
}

static void tables_fill(struct tables *t)
{
	for (uint32_t byte = 0; byte < 256; byte++)
		t->share[0][byte] = next_remainder(byte);
	for (int place = 1; place < PLACES; place++) {
		for (int byte = 0; byte < 256; byte++) {
			uint32_t nearer = t->share[place - 1][byte];
			t->share[place][byte] = nearer >> 8 ^ t->share[0][nearer & 255];
		}
	}
}

static uint32_t next_places(const struct tables *t, uint32_t crc, const uint8_t *data)
{
	const uint64_t first = load_u64le(data) ^ crc, second = load_u64le(data + 8);
	uint32_t next = 0;

	for (int i = 0; i < 8; i++)
		next ^= t->share[15 - i][first >> 8 * i & 255] ^ t->share[7 - i][second >> 8 * i & 255];
	return next;
}

uint32_t crc32_of(const uint8_t *data, size_t size)
{
	return crc32_more(0, data, size);
}

uint32_t crc32_more(uint32_t crc, const uint8_t *data, size_t size)
{
	struct tables t; /* takes microseconds to fill, and so need not be kept in a global */

	crc = ~crc;
	if (size >= WORTH_TABLES) {
		tables_fill(&t);
		for (; size >= PLACES; size -= PLACES, data += PLACES)
			crc = next_places(&t, crc, data);
	}
	for (; size; size--, data++)
		crc = next_remainder(crc ^ *data);
	return ~crc;
}
