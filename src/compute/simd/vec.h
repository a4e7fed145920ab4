/* One vector type for the fast loops, whatever the instruction set: LANES floats.
 *
 * Only kernels_simd.c includes this and its neighbours. It is compiled once for each instruction
 * set with that set's flags, so nothing here may have external linkage. Arithmetic uses the vector
 * extensions of GCC and Clang; intrinsics stand only where these extensions have no expression. */
#ifndef COMPUTE_SIMD_VEC_H
#define COMPUTE_SIMD_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* PORTABLE is a table without intrinsics. EMULATED_LANES is one for tests: vectors of another width
 * than the machine's, with a fused multiply-add. */
#if defined(PORTABLE)
#define LANES 4
#elif defined(EMULATED_LANES)
#define LANES EMULATED_LANES
#elif defined(__AVX512F__)
#include <immintrin.h>
#define AVX512
#define LANES 16
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define AVX2
#define LANES 8
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define NEON
#define LANES 4
#else
#define LANES 4
#endif

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

ALWAYS_INLINE ivec isplat(int32_t x)
{
	return x - (ivec){0};
}

/* Loads the first `count` lanes and zeros, or all of them where count ≥ LANES: for what another
 * thread may be writing behind the end. */
ALWAYS_INLINE vec load_first(const float *p, int count)
{
	if (count >= LANES)
		return load(p);
#if defined(AVX512)
	return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#elif defined(AVX2)
	const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7};
	return (vec)_mm256_maskload_ps(p, (__m256i)(lane < count));
#else
	vec v = {0};
	for (int i = 0; i < LANES; i++)
		if (i < count)
			v[i] = p[i];
	return v;
#endif
}

/* Stores the first `count` lanes, or all of them where count ≥ LANES. Kernels may read past the end
 * of a row (KERNELS_SLACK), but not write there. */
ALWAYS_INLINE void store_first(float *p, vec v, int count)
{
	if (count >= LANES) {
		store(p, v);
		return;
	}
#if defined(AVX512)
	_mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#elif defined(AVX2)
	const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7};
	_mm256_maskstore_ps(p, (__m256i)(lane < count), (__m256)v);
#else
	for (int i = 0; i < count; i++)
		p[i] = v[i];
#endif
}

/* a > b ? a : b, lane by lane: b where one of them is NaN. */
ALWAYS_INLINE vec larger(vec a, vec b)
{
#if defined(AVX512)
	return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(AVX2)
	return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
	ivec mask = a > b;
	return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
#endif
}

/* a > b ? yes : no, lane by lane. */
ALWAYS_INLINE ivec where_larger(vec a, vec b, ivec yes, ivec no)
{
#if defined(AVX512)
	__mmask16 mask = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ);
	return (ivec)_mm512_mask_blend_epi32(mask, (__m512i)no, (__m512i)yes);
#elif defined(AVX2)
	__m256 mask = _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ);
	return (ivec)_mm256_blendv_ps((__m256)no, (__m256)yes, mask);
#else
	ivec mask = a > b;
	return (mask & yes) | (~mask & no);
#endif
}

/* a × b + c with one rounding, where the instruction set has it. */
ALWAYS_INLINE vec multiply_add(vec a, vec b, vec c)
{
#if defined(AVX512)
	return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(AVX2)
	return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(NEON)
	return vfmaq_f32(c, a, b);
#elif defined(EMULATED_LANES)
	for (int i = 0; i < LANES; i++)
		c[i] = __builtin_fmaf(a[i], b[i], c[i]);
	return c;
#else
	return a * b + c;
#endif
}

/* Keeps a loaded vector in its register. GCC would rather load it again for each use, in loops that
 * wait for loads as it is. */
ALWAYS_INLINE vec hold(vec v)
{
#if defined(AVX512) || defined(AVX2)
	__asm__("" : "+v"(v));
#endif
	return v;
}

/* Keeps the address of a row in a register. GCC would rather compute that of each vector in it. */
ALWAYS_INLINE const float *hold_row(const float *p)
{
	__asm__("" : "+r"(p));
	return p;
}

/* Stores the first `count` lanes as unsigned bytes. Compilers make poor code of
 * __builtin_convertvector here. */
ALWAYS_INLINE void store_bytes(uint8_t *p, ivec v, int count)
{
#if defined(AVX512)
	__m128i all = _mm512_cvtepi32_epi8((__m512i)v);
	if (count >= LANES)
		_mm_storeu_si128((__m128i *)p, all);
	else
		_mm_mask_storeu_epi8(p, (__mmask16)((1u << count) - 1), all);
#else
	uint8_t bytes[LANES];
#if defined(AVX2)
	__m128i halves = _mm_packus_epi32(_mm256_castsi256_si128((__m256i)v),
									  _mm256_extracti128_si256((__m256i)v, 1));
	_mm_storel_epi64((__m128i *)bytes, _mm_packus_epi16(halves, halves));
#else
	for (int i = 0; i < LANES; i++)
		bytes[i] = (uint8_t)v[i];
#endif
	if (count >= LANES)
		memcpy(p, bytes, LANES);
	else
		memcpy(p, bytes, (size_t)count);
#endif
}

ALWAYS_INLINE ivec load_bytes(const uint8_t *p)
{
#if defined(AVX512)
	return (ivec)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
#elif defined(AVX2)
	return (ivec)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
#else
	ivec v;

	for (int i = 0; i < LANES; i++)
		v[i] = p[i];
	return v;
#endif
}

/* Bit i is set where lane i is not zero; NaN is not zero. */
ALWAYS_INLINE unsigned nonzero_bits(vec v)
{
#if defined(AVX512)
	return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
#elif defined(AVX2)
	return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_setzero_ps(), _CMP_NEQ_UQ));
#elif defined(NEON)
	const uint32x4_t bits = {1, 2, 4, 8};
	return vaddvq_u32(vbicq_u32(bits, vceqzq_f32(v)));
#else
	unsigned bits = 0;
	for (int i = 0; i < LANES; i++)
		bits |= (unsigned)(v[i] != 0) << i;
	return bits;
#endif
}

/* Bit i is set where byte i of 64 is `value`. */
ALWAYS_INLINE uint64_t equal_bytes(const uint8_t *p, int value)
{
#if defined(AVX512)
	return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8((char)value));
#else
	uint64_t bits = 0;
#if defined(AVX2)
	const __m256i values = _mm256_set1_epi8((char)value);
	for (int i = 0; i < 64; i += 32) {
		__m256i equal = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(p + i)), values);
		bits |= (uint64_t)(uint32_t)_mm256_movemask_epi8(equal) << i;
	}
#else
	for (int i = 0; i < 64; i++)
		bits |= (uint64_t)(p[i] == value) << i;
#endif
	return bits;
#endif
}

#if LANES == 16
/* Lane i of the result is lane index[i] mod 16 of `from`. */
ALWAYS_INLINE vec pick(vec from, ivec index)
{
#if defined(AVX512)
	return (vec)_mm512_permutexvar_ps((__m512i)index, (__m512)from);
#else
	vec v;

	for (int i = 0; i < LANES; i++)
		v[i] = from[index[i] & 15];
	return v;
#endif
}

/* Two rows of eight floats. */
ALWAYS_INLINE vec load_2_rows(const float *p, ptrdiff_t row)
{
#if defined(AVX512)
	__m512 v = _mm512_castps256_ps512(_mm256_loadu_ps(p));
	return (vec)_mm512_insertf32x8(v, _mm256_loadu_ps(p + row), 1);
#else
	vec v;

	memcpy(&v, p, sizeof v / 2);
	memcpy((char *)&v + sizeof v / 2, p + row, sizeof v / 2);
	return v;
#endif
}

#endif

/* Are `columns` floats in each of `rows` rows all zero? */
ALWAYS_INLINE bool is_blank(const int rows, const int columns, const float *x, ptrdiff_t row)
{
	unsigned bits = 0;

	for (int c = 0; c < columns; c += LANES) {
		ivec any = {0};
		for (int r = 0; r < rows; r++)
			any |= (ivec)load(x + r * row + c);
		bits |= nonzero_bits((vec)any) & (columns - c < LANES ? (1u << (columns - c)) - 1 : ~0u);
	}
	return !bits;
}

/* The number of sums that fit into registers, beside the vectors that are multiplied: TILE_SUMS in
 * tile, COMBINE_VECTORS in combine, and DOT_UNITS × DOT_SAMPLES times 16 floats in dots. AVX-512
 * has 32 registers, AVX2 has 16. */
#if LANES == 16
#define TILE_SUMS 26
#define COMBINE_VECTORS 24
#define DOT_UNITS 4
#define DOT_SAMPLES 4
#elif LANES == 8
#define TILE_SUMS 12
#define COMBINE_VECTORS 12
#define DOT_UNITS 3
#define DOT_SAMPLES 2
#elif defined(NEON) || defined(EMULATED_LANES)
#define TILE_SUMS 24
#define COMBINE_VECTORS 24
#define DOT_UNITS 3
#define DOT_SAMPLES 2
#else
#define TILE_SUMS 12
#define COMBINE_VECTORS 12
#define DOT_UNITS 1
#define DOT_SAMPLES 2
#endif

#if defined(__clang__)
#define UNROLL_FOR _Pragma("clang loop unroll(full)") for
#else
#define UNROLL_FOR _Pragma("GCC unroll 32") for
#endif

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int greatest(int a, int b)
{
	return a > b ? a : b;
}

static int divide_up(int a, int b)
{
	return (a + b - 1) / b;
}

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

#endif
