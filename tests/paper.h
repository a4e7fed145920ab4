/* The paper of tests/pictures.c: its grey and texture, what is printed on it, and ink. */
#ifndef TESTS_PAPER_H
#define TESTS_PAPER_H

#include "camera.h"
#include "strokes.h"

/* clang-format off */
enum paper_name {
	WHITE, GREY, CREAM, GRAINY, KRAFT, BOARD, LIGHT, DARK, SNOW, FADING, STRIPED, CHECKED, CLOUDY
};
enum marks { NO_MARKS, RULED, SQUARED, BOX, CROOKED, CIRCLE, CORNER, FRAME, DESK };
/* clang-format on */

struct extent {
	float left, top, right, bottom;
};

/* A paper, and how the camera sees it. Places on the paper are in pixels of the picture as they
 * would be without turn and tilt. */
struct sheet {
	struct dice dice;
	struct plane plane; /* its spare: how much of a pixel is covered by what is being drawn */
	float to_picture[9], to_paper[9]; /* homographies, from the picture's middle */
	float grey;                       /* of the paper */
	float digit;                      /* the height of a digit, in pixels */
	struct extent content;            /* what is written */
};

/* A shape with its upper left corner at (x, y), in pixels or, first, in heights of a digit. */
struct placed {
	struct shape shape;
	float x, y, height;
};

/* Choose how the camera sees the paper, and fill the picture with paper. */
void sheet_begin(struct sheet *sheet, const struct taking *taking, enum paper_name paper);

/* Print on it. */
void sheet_mark(struct sheet *sheet, enum marks marks);

/* What is around the paper, when all is written: a DESK, or a FRAME when the picture is taken. */
void sheet_put_on_desk(struct sheet *sheet);
void sheet_frame(struct sheet *sheet);

/* Cover what a pen covers, or an image, which is ink where it is brighter than `level`; then let
 * ink of that depth, 0 to 1, and unevenness flow on all that is covered. */
void sheet_cover_line(struct sheet *sheet, float x0, float y0, float x1, float y1, float width);
void sheet_cover_shape(struct sheet *sheet, const struct placed *placed, float level);
void sheet_ink(struct sheet *sheet, float depth, float grain);

#endif
