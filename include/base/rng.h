/* Random numbers without a state: value = f(seed, stream, step, index).
 *
 * Whoever draws says which draw it is, so results depend neither on the order of the draws nor on
 * who makes them. The mixing function is SplitMix64's finalizer (Steele, Lea & Flood 2014). */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a draw is for. Streams never share values. A layer adds its index to the last two. */
enum rng_purpose {
	RNG_SPLIT = 0,        /* which images are for validation */
	RNG_SHUFFLE = 1,      /* the order of an epoch; step = the epoch */
	RNG_SAMPLES = 2,      /* which samples are shown */
	RNG_AUGMENT = 3,      /* how training images are changed; step = the epoch */
	RNG_INIT = 0x1000,    /* + layer: the first weights */
	RNG_DROPOUT = 0x2000, /* + layer: which units are dropped; step = the training step */
};

struct rng {
	uint64_t key;
};

struct rng rng_stream(uint64_t seed, uint32_t purpose, uint64_t step);

/* Draw number `index` of the stream: 64 random bits. */
uint64_t rng_bits(struct rng rng, uint64_t index);

/* Draw number `index`, uniform in [0, 1), a multiple of 2^-24. */
float rng_uniform(struct rng rng, uint64_t index);

/* A uniform shuffle (Fisher & Yates). */
void rng_shuffle(struct rng rng, uint32_t *items, size_t count);

#endif
