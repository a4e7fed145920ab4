/* Statistics of pairs: each image is answered twice. */
#include "app/compare.h"

#include <float.h>
#include <math.h>

bool compare_same_images(const struct prediction *first, const struct prediction *second,
						 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (first[i].index != second[i].index || first[i].label != second[i].label)
			return false;
	return true;
}

/* The share of the outcomes of `tosses` of a coin that have at most `heads` heads. */
static double binomial_tail(size_t heads, size_t tosses)
{
	const double n = (double)tosses;
	double sum = 0;

	for (size_t i = 0; i <= heads; i++) {
		const double k = (double)i;
		sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2));
	}
	return sum;
}

/* The correlation of the two's answers, from -1 to 1, with Newcombe's correction for counts being
 * whole. */
static double correlation(double both, double first, double second, double neither)
{
	const double margins =
		(both + first) * (second + neither) * (both + second) * (first + neither);
	double product = both * neither - first * second;

	if (product > 0)
		product = fmax(0, product - (both + first + second + neither) / 2);
	return margins > 0 ? product / sqrt(margins) : 0;
}

/* The third side of a triangle with the sides a and b and the angle whose cosine is phi. */
static double third_side(double a, double b, double phi)
{
	return sqrt(fmax(0, a * a - 2 * phi * a * b + b * b));
}

void compare_counts(struct comparison *comparison)
{
	struct comparison *c = comparison;
	const size_t count = c->both + c->first + c->second + c->neither;
	const size_t fewer = c->first < c->second ? c->first : c->second;
	double low[2], high[2];

	c->chance = fmin(1, fmax(DBL_MIN, 2 * binomial_tail(fewer, c->first + c->second)));
	c->difference = c->low = c->high = 0;
	if (!count)
		return;
	const double p[2] = {(double)(c->both + c->first) / (double)count,
						 (double)(c->both + c->second) / (double)count};
	const double phi =
		correlation((double)c->both, (double)c->first, (double)c->second, (double)c->neither);
	wilson_interval(c->both + c->first, count, &low[0], &high[0]);
	wilson_interval(c->both + c->second, count, &low[1], &high[1]);
	c->difference = p[0] - p[1];
	c->low = c->difference - third_side(p[0] - low[0], high[1] - p[1], phi);
	c->high = c->difference + third_side(high[0] - p[0], p[1] - low[1], phi);
}

struct comparison compare(const struct prediction *first, const struct prediction *second,
						  size_t count)
{
	struct comparison out = {0};

	for (size_t i = 0; i < count; i++) {
		const bool one = first[i].class == first[i].label;
		const bool other = second[i].class == second[i].label;

		*(one ? (other ? &out.both : &out.first) : (other ? &out.second : &out.neither)) += 1;
	}
	compare_counts(&out);
	return out;
}
