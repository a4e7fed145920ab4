/* The sheet of occlusion: how sure a network is of a picture's class while a patch of paper, or of
 * ink, lies around each of its pixels (Zeiler & Fergus 2014). */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/recognize.h"
#include "base/text.h"
#include "cli/seen.h"

#define BATCH 32 /* occluded images at a time */

/* A patch of paper shows which ink matters, one of ink which paper does. */
enum { THE_DIGIT, PAPER, INK, SCALE, PANELS };
#define PANEL_NAME 8 /* columns of the class's name below a panel */

struct panels {
	const struct seen *seen;
	double *map[PANELS]; /* [height][width] each, of PAPER and INK */
	double lowest[PANELS];
	double least; /* of both */
};

#define SCALE_PART 5 /* of the width is the scale's */

/* The colours that the other panels have, the brightest at the top. */
static struct colour scale_cell(const struct seen *seen, int x, int y)
{
	if (x < seen->width * (SCALE_PART - 1) / SCALE_PART / 2 ||
		x > seen->width * (SCALE_PART + 1) / SCALE_PART / 2)
		return sheet_ground;
	return colour_heat(seen->height > 1 ? 1 - y / (seen->height - 1.0) : 1);
}

/* The loss of probability with the patch at this pixel, relative to the largest loss anywhere. */
static struct colour panel_cell(const void *context, size_t tile, int x, int y)
{
	const struct panels *panels = context;
	const double probability = (double)panels->seen->probabilities[panels->seen->class];
	const double most = probability - panels->least;

	if (tile == THE_DIGIT)
		return seen_cell(panels->seen, 0, x, y);
	if (tile == SCALE)
		return scale_cell(panels->seen, x, y);
	const double lost = probability - panels->map[tile][y * panels->seen->width + x];
	return colour_heat(most > 0 ? lost / most : 0);
}

static struct colour panel_caption(const void *context, size_t tile, int line,
								   char text[SHEET_CAPTION])
{
	static const char *const names[PANELS] = {"the digit", "paper there", "ink there", NULL};

	const struct panels *panels = context;
	const struct seen *seen = panels->seen;
	const double probability = (double)seen->probabilities[seen->class];
	const char *name = seen_name(seen);
	const int shown = text_fit(name, PANEL_NAME);

	if (tile == SCALE)
		snprintf(text, SHEET_CAPTION, line == 0 ? "white is %.1f%%" : "black is %.1f%%",
				 100 * (line == 0 ? panels->least : probability));
	else if (line == 0)
		snprintf(text, SHEET_CAPTION, "%s", names[tile]);
	else
		snprintf(text, SHEET_CAPTION, tile == THE_DIGIT ? "%.*s at %.1f%%" : "%.*s down to %.1f%%",
				 shown, name, 100 * (tile == THE_DIGIT ? probability : panels->lowest[tile]));
	return line == 0 && tile != SCALE ? sheet_light : sheet_dim;
}

/* The side of a patch, which has a middle: 7 of an image's 28 pixels. Of the 20 × 20 that a digit
 * fills, this is about three strokes, enough to change it. */
static int patch_of(const struct seen *seen)
{
	return (seen->height > seen->width ? seen->height : seen->width) / 4 | 1;
}

int seen_save_occlusion(const char *path, const struct session *session, const struct seen *seen,
						struct error *error)
{
	struct recognizer recognizer = session_recognizer(session);
	const size_t size = (size_t)seen->height * (size_t)seen->width;
	const int patch = patch_of(seen);
	double *maps = malloc(2 * size * sizeof *maps);
	struct panels panels = {.seen = seen, .map = {[PAPER] = maps}};
	char title[120 + CLASS_NAME];
	/* The session's executor observes one image; this takes many at a time. */
	recognizer.executor =
		executor_open(&session->network, &session->engine, BATCH, EXECUTOR_PREDICT, error);

	if (!recognizer.executor || !maps) {
		if (recognizer.executor)
			error_scarce(error, "%s: not enough memory for two maps", path);
		executor_close(recognizer.executor);
		free(maps);
		return -1;
	}
	panels.map[INK] = maps + size;
	occlusion_map(&recognizer, seen->pixels, seen->class, patch, 0, panels.map[PAPER]);
	occlusion_map(&recognizer, seen->pixels, seen->class, patch, UINT8_MAX, panels.map[INK]);
	executor_close(recognizer.executor);
	for (int panel = PAPER; panel <= INK; panel++) {
		panels.lowest[panel] = (double)seen->probabilities[seen->class];
		for (size_t i = 0; i < size; i++)
			panels.lowest[panel] = fmin(panels.lowest[panel], panels.map[panel][i]);
	}
	panels.least = fmin(panels.lowest[PAPER], panels.lowest[INK]);
	snprintf(title, sizeof title,
			 "Bright: a patch of %d×%d pixels there makes it less sure of the %s.", patch, patch,
			 seen_name(seen));
	/* clang-format off */
	const struct sheet_block block = {
		.title = title, .count = PANELS, .columns = PANELS, .context = &panels, .gap = 12,
		.width = seen->width, .height = seen->height,
		.scale = sheet_scale(seen->width, seen->height, 364),
		.cell = panel_cell,
		.lines = 2, .characters = 15 + text_fit(seen_name(seen), PANEL_NAME), .text_scale = 3,
		.caption = panel_caption,
	};
	/* clang-format on */
	const int status = sheet_save(path, &block, 1, error);
	free(maps);
	return status;
}
