/* The fast loops' vectors in plain C, of any width: takes the place of include/compute/simd.h where
 * the tests compile kernels_simd.c once more, so that what has 16 lanes, or NEON's registers, runs on
 * machines that have neither, and can be compared to the bit with what they have.
 *
 * LANES is set from outside, and NEON for that table's shapes. */
#ifndef COMPUTE_SIMD_H
#define COMPUTE_SIMD_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));

ALWAYS_INLINE vec load(const float *p)
{
	vec v;

	memcpy(&v, p, sizeof v);
	return v;
}

ALWAYS_INLINE void store(float *p, vec v)
{
	memcpy(p, &v, sizeof v);
}

ALWAYS_INLINE vec splat(float x)
{
	return x - (vec){0};
}

ALWAYS_INLINE void store_part(float *p, vec v, int count)
{
	memcpy(p, &v, sizeof *p * (size_t)(count < LANES ? count : LANES));
}

ALWAYS_INLINE vec choose(ivec mask, vec a, vec b)
{
	return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

ALWAYS_INLINE vec multiply_add(vec a, vec b, vec c)
{
	for (int i = 0; i < LANES; i++)
		c[i] = fmaf(a[i], b[i], c[i]);
	return c;
}

ALWAYS_INLINE vec square_root(vec a)
{
	for (int i = 0; i < LANES; i++)
		a[i] = sqrtf(a[i]);
	return a;
}

ALWAYS_INLINE void store_bytes(uint8_t *p, ivec v, int count)
{
	for (int i = 0; i < LANES && i < count; i++)
		p[i] = (uint8_t)v[i];
}

ALWAYS_INLINE ivec load_bytes(const uint8_t *p)
{
	ivec v;

	for (int i = 0; i < LANES; i++)
		v[i] = p[i];
	return v;
}

ALWAYS_INLINE void store_halves(uint16_t *p, ivec v, int count)
{
	for (int i = 0; i < LANES && i < count; i++)
		p[i] = (uint16_t)v[i];
}

ALWAYS_INLINE ivec load_halves(const uint16_t *p)
{
	ivec v;

	for (int i = 0; i < LANES; i++)
		v[i] = p[i];
	return v;
}

ALWAYS_INLINE unsigned nonzero_bits(vec v)
{
	unsigned bits = 0;

	for (int i = 0; i < LANES; i++)
		bits |= (unsigned)(v[i] != 0) << i;
	return bits;
}

#endif
