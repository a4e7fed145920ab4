/* Counter-based random numbers: two rounds of SplitMix64's finalizer over key and counter. */
#include "base/rng.h"

#define GOLDEN 0x9e3779b97f4a7c15ull /* 2^64 / golden ratio: SplitMix64's increment */

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

struct rng rng_stream(uint64_t seed, uint32_t purpose, uint64_t when)
{
	uint64_t key = mix(seed + GOLDEN);

	key = mix(key + GOLDEN * (purpose + 1ull));
	key = mix(key + GOLDEN * (when + 1));
	return (struct rng){key};
}

uint64_t rng_bits(struct rng rng, uint64_t index)
{
	return mix(rng.key + GOLDEN * (index + 1));
}

float rng_uniform(struct rng rng, uint64_t index)
{
	return (float)(rng_bits(rng, index) >> 40) * 0x1p-24f;
}

float draws_between(struct draws *draws, float low, float high)
{
	return low + (high - low) * rng_uniform(draws->rng, draws->next++);
}

int draws_below(struct draws *draws, int count)
{
	return (int)draws_between(draws, 0, (float)count);
}

void rng_shuffle(struct rng rng, uint32_t *items, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		/* The high half of a 32 × 32 bit product is uniform below i, to within i / 2^32. */
		size_t j = (size_t)(((rng_bits(rng, i) >> 32) * (uint64_t)i) >> 32);
		uint32_t item = items[i - 1];
		items[i - 1] = items[j];
		items[j] = item;
	}
}
