/* Lines are what boxes share at the slope at which they share most. */
#include "picture/order.h"

#include <limits.h>
#include <math.h>

#define STEEPEST 22 /* slopes that are tried, in hundredths: 12° */
#define AS_WELL 0.9 /* a gentler slope fits as well with so much of what the best one shares */

struct box order_level(const struct box *box, double slope)
{
	const int shift = (int)lround(slope * (box->left + box->right) / 2.0);

	return (struct box){box->left, box->top - shift, box->right, box->bottom - shift};
}

/* The number of rows of pixels that both boxes have. */
static int shared_rows(const struct box *a, const struct box *b)
{
	return int_max(int_min(a->bottom, b->bottom) - int_max(a->top, b->top), 0);
}

bool order_is_beside(const struct box *a, const struct box *b)
{
	return 2 * shared_rows(a, b) > int_min(box_height(a), box_height(b));
}

/* The rows that each two digits share where lines have this slope, and a digit with itself: most
 * where the digits of a line are level. (Likewise, Postl 1986 takes the slope at which the sums
 * along lines vary most.) */
static double fit(const struct digits *digits, double slope)
{
	double sum = 0.0;

	for (int i = 0; i < digits->count; i++) {
		const struct box a = order_level(&digits->all[i].box, slope);
		for (int j = 0; j < digits->count; j++) {
			const struct box b = order_level(&digits->all[j].box, slope);
			sum += shared_rows(&a, &b);
		}
	}
	return sum;
}

double order_slope(const struct digits *digits)
{
	double fits[2 * STEEPEST + 1], best = 0.0;

	/* In the order 0, 1, -1, 2, -2 … */
	for (int i = 0; i <= 2 * STEEPEST; i++) {
		fits[i] = fit(digits, (i % 2 ? i + 1 : -i) / 200.0);
		best = fmax(best, fits[i]);
	}
	for (int i = 0; i <= 2 * STEEPEST; i++)
		if (fits[i] >= AS_WELL * best)
			return (i % 2 ? i + 1 : -i) / 200.0;
	return 0.0;
}

static void swap_digits(struct digit *a, struct digit *b)
{
	const struct digit other = *a;

	*a = *b;
	*b = other;
}

int order_line(struct digits *digits, int first, double slope)
{
	struct digit *all = digits->all;
	int end = first + 1;

	for (int i = first + 1; i < digits->count; i++)
		if (order_level(&all[i].box, slope).top < order_level(&all[first].box, slope).top)
			swap_digits(&all[first], &all[i]);
	for (int i = end; i < digits->count; i++) {
		const struct box box = order_level(&all[i].box, slope);
		for (int j = first; j < end; j++) {
			const struct box other = order_level(&all[j].box, slope);
			if (order_is_beside(&box, &other)) {
				swap_digits(&all[i], &all[end++]);
				i = end - 1;
				break;
			}
		}
	}
	for (int i = first; i < end; i++)
		for (int j = i; j > first && all[j].box.left < all[j - 1].box.left; j--)
			swap_digits(&all[j], &all[j - 1]);
	return end;
}

/* A digit begins a number where it is the first of its line, or where the gap before it is wider
 * than the line's digits are high, and more than twice as wide as the line's narrowest gap. */
static void find_numbers(struct digit *line, int count)
{
	int narrowest = INT_MAX, height = 0;

	for (int i = 0; i < count; i++) {
		height = int_max(height, box_height(&line[i].box));
		if (i > 0)
			narrowest = int_min(narrowest, box_gap(&line[i - 1].box, &line[i].box));
	}
	for (int i = 0; i < count; i++) {
		const int gap = i > 0 ? box_gap(&line[i - 1].box, &line[i].box) : 0;
		line[i].begins = i == 0 || (gap > height && gap > 2 * narrowest);
	}
}

void order_digits(struct digits *digits)
{
	const double slope = order_slope(digits);

	for (int i = 0, end; i < digits->count; i = end) {
		end = order_line(digits, i, slope);
		find_numbers(digits->all + i, end - i);
	}
}
