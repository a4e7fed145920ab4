/* One draw decides what becomes of an image; those behind it say which other, or which style. */
#include "app/replace.h"

#include "app/glyph.h"
#include "app/others.h"
#include "nn/loss.h"

#define DRAWS 4096 /* of one image */
#define DIGITS 10

enum fate { STAYS, OTHER, DRAWN };

bool replace_fits(const struct dataset *dataset)
{
	return dataset->height == REPLACE_SIDE && dataset->width == REPLACE_SIDE &&
		   dataset->classes.count == DIGITS && classes_are_numbered(&dataset->classes);
}

static struct draws draws_of(const struct replacer *replacer, uint32_t image)
{
	return (struct draws){replacer->rng, (uint64_t)image * DRAWS};
}

static enum fate fate_of(const struct replacer *replacer, struct draws *draws)
{
	const double place = (double)draws_between(draws, 0, 1);

	if (place < replacer->others)
		return OTHER;
	return place < replacer->others + replacer->drawn ? DRAWN : STAYS;
}

uint16_t replace_label(const struct replacer *replacer, uint32_t image)
{
	struct draws draws = draws_of(replacer, image);

	return fate_of(replacer, &draws) == OTHER ? LABEL_NONE : replacer->dataset->labels[image];
}

static void draw_digit(struct draws *draws, int digit, uint8_t pixels[REPLACE_PIXELS])
{
	const char *const *styles = glyph_digits[digit];
	struct page page = {{{false}}};
	int count = 0;

	while (count < GLYPH_STYLES && styles[count])
		count++;
	const char *style = styles[draws_below(draws, count)];
	const struct hand hand = hand_draw(draws, 0.5f, 5);
	glyph_draw(&page, style, &hand);
	page_form(&page, pixels);
}

const uint8_t *replace_pixels(const struct replacer *replacer, uint32_t image,
							  uint8_t room[REPLACE_PIXELS])
{
	struct draws draws = draws_of(replacer, image);

	switch (fate_of(replacer, &draws)) {
	case OTHER:
		other_make(replacer, &draws, room);
		return room;
	case DRAWN:
		draw_digit(&draws, replacer->dataset->labels[image], room);
		return room;
	default:
		return dataset_image(replacer->dataset, image);
	}
}
