/* The camera of tests/pictures.c, or scanner or screen: light, blur, noise, compression. */
#ifndef TESTS_CAMERA_H
#define TESTS_CAMERA_H

#include "strokes.h"

/* A grey picture, 0 for black to 1 for white. */
struct plane {
	int width, height;
	float *at;    /* [height][width] */
	float *spare; /* of the same size */
};

/* clang-format off */
enum taking_name {
	SCREEN, SCAN, PHOTO, SMALL, SOFT_SHADOW, HARD_SHADOW, VIGNETTE, SLANTED, BLURRED, NOISY, BLOCKY
};
/* clang-format on */

/* The most of each; it is at least half as much. */
struct taking {
	float turn, tilt;       /* degrees; change of scale from the middle to the edge */
	float light;            /* how much darker the light is at the edge */
	float shadow, hardness; /* its depth; 1 / the width of its edge, in pictures */
	float vignette;         /* darker in the corners */
	float blur;             /* standard deviation, in widths of the pen */
	float noise;            /* standard deviation; white - black is 1 */
	float jpeg;             /* grey levels that the coarsest steps have */
	float contrast;         /* how much nearer to each other black and white come */
};
extern const struct taking takings[];

/* Take the picture, whose pen is so many pixels wide. */
void camera_take(const struct taking *taking, struct dice *dice, struct plane *plane, float pen);

/* Smooth noise, 0 to 1, with hills about 1 apart. */
float noise_at(struct rng rng, float x, float y);

static inline float clamp(float value)
{
	return value < 0.0f ? 0.0f : value > 1.0f ? 1.0f : value;
}

#endif
