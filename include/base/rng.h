/* Random numbers without a state: each is a function of (seed, purpose, when, index), as dropout's
 * mask of unit 17 in step 3 is one of (seed, RNG_DROPOUT + layer, 3, 17). So results depend neither
 * on the order of the draws nor on the thread that makes them. The mixing function is SplitMix64's
 * finalizer (Steele, Lea & Flood 2014). */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* The purpose of a draw: each has random numbers of its own. A layer adds its index to the last
 * two, so that layer 2 draws its first weights with purpose 0x1002. */
enum rng_purpose {
	RNG_SPLIT = 0,        /* the choice of images for validation; when = 0 */
	RNG_SHUFFLE = 1,      /* the order of the training images; when = the epoch */
	RNG_SAMPLES = 2,      /* the choice of samples that are shown; when = 0 */
	RNG_AUGMENT = 3,      /* changes of the training images; when = the epoch */
	RNG_REPLACE = 4,      /* images in the place of training images; when = the epoch */
	RNG_INIT = 0x1000,    /* + layer: the first weights; when = 0 */
	RNG_DROPOUT = 0x2000, /* + layer: the choice of units that are dropped; when = the step */
};

struct rng {
	uint64_t key;
};

struct rng rng_stream(uint64_t seed, uint32_t purpose, uint64_t when);

/* Draw number `index` of the stream: 64 random bits. */
uint64_t rng_bits(struct rng rng, uint64_t index);

/* Draw number `index`, uniform in [0, 1), a multiple of 2^-24. */
float rng_uniform(struct rng rng, uint64_t index);

/* Draws of a stream one after another: `next` is the number of the next one. */
struct draws {
	struct rng rng;
	uint64_t next;
};

/* Uniform in [low, high). */
float draws_between(struct draws *draws, float low, float high);

/* A whole number from 0 to count - 1, all equally likely. */
int draws_below(struct draws *draws, int count);

/* Shuffle in place; all orders are equally likely (Fisher & Yates). Uses draws 2 to `count`. */
void rng_shuffle(struct rng rng, uint32_t *items, size_t count);

#endif
