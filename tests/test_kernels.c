/* Every table's kernels against the reference loops, over random shapes.
 *
 * Of two cases one has real numbers and a tolerance; the other has small whole numbers, with which
 * every order of summation is exact, so that results must be equal, ties in maxima included. Only
 * Winograd's form rounds even these. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"

#define CASES 300
#define MOST_PRODUCTS 400000 /* of one forward pass: what keeps the time in bounds */
#define TOLERANCE 1e-5

/* A case's random choices. */
struct dice {
	uint64_t state;
};

static int roll(struct dice *dice, int low, int high)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return low + (int)((dice->state >> 33) % (uint64_t)(high - low + 1));
}

/* Mostly any, but one in three is small: kernels treat a few channels in ways of their own. */
static int roll_channels(struct dice *dice)
{
	return roll(dice, 0, 2) ? roll(dice, 1, 70) : roll(dice, 1, 4);
}

/* Numbers for a case, of which a share of about density / 4 is not zero. Those that are not whole
 * have all their digits, so that sums depend on their order. */
static float *numbers(struct dice *dice, bool whole, int density, size_t count)
{
	float *values = floats(count);

	for (size_t i = 0; i < count; i++) {
		int value = roll(dice, -1000, 1000);
		bool kept = density == 4 || roll(dice, 0, 3) < density;
		values[i] = !kept ? 0 : whole ? (float)(value % 4) : (float)value / 1001;
	}
	return values;
}

static void compare(const char *what, size_t count, const float *actual, const float *expected,
					bool exact)
{
	double *wide = widen(count, expected);

	check_close(what, count, actual, wide, exact ? 0 : TOLERANCE);
	free(wide);
}

/* ---- convolutions ---- */

struct conv_case {
	struct window window;
	int n;
	bool whole;
	bool exact; /* whole, and no table may round it */
	size_t x_count, y_count, filter_count;
	float *x, *filters, *bias, *dy;
	float *dfilters, *dbias; /* what sums begin with */
	char text[120];
};

static struct window roll_window(struct dice *dice)
{
	int size = roll(dice, 1, 7);
	bool same = roll(dice, 0, 1);
	int least = same ? 1 : size;
	struct shape in = {.flat = false};

	/* One by one: in an initializer compilers may choose the order. */
	in.h = roll(dice, least, 16);
	in.w = roll(dice, least, 16);
	in.c = roll_channels(dice);
	int filters = roll_channels(dice), stride = roll(dice, 1, 3);
	return oracle_window(in, filters, size, stride, same);
}

static double products(const struct window *w, int n)
{
	return (double)n * w->out_h * w->out_w * w->filters * w->size * w->size * w->channels;
}

/* A part of each image in the middle of zeros, as a digit is: kernels may pass over background. */
static void blank_out(const struct window *w, int n, struct dice *dice, float *x)
{
	int top = roll(dice, 0, w->in_h), left = roll(dice, 0, w->in_w);
	int bottom = roll(dice, top, w->in_h), right = roll(dice, left, w->in_w);

	for (int i = 0; i < n * w->in_h * w->in_w * w->channels; i++) {
		int column = i / w->channels % w->in_w, row = i / w->channels / w->in_w % w->in_h;
		if (row < top || row >= bottom || column < left || column >= right)
			x[i] = 0;
	}
}

/* A first layer's window, which fast tables treat in their own way. */
static bool is_thin(const struct window *w)
{
	return w->channels == 1 && w->stride == 1 && w->size == 5;
}

/* Where fast tables may take Winograd's form. */
static bool may_be_winograd(const struct window *w)
{
	return w->size == 3 && w->stride == 1 && w->channels >= 8 && w->filters >= 8 &&
		   w->out_h * w->out_w >= 10;
}

/* Numbers for its window and n. */
static void conv_case_fill(struct conv_case *c, int number, int density, struct dice *dice)
{
	const struct window *w = &c->window;

	c->whole = number % 2;
	c->exact = c->whole && !may_be_winograd(w);
	c->x_count = (size_t)(c->n * w->in_h * w->in_w * w->channels);
	c->y_count = (size_t)(c->n * w->out_h * w->out_w * w->filters);
	c->filter_count = (size_t)(w->filters * w->size * w->size * w->channels);
	c->x = numbers(dice, c->whole, 4, c->x_count);
	c->filters = numbers(dice, c->whole, 4, c->filter_count);
	c->bias = numbers(dice, c->whole, 4, (size_t)w->filters);
	c->dy = numbers(dice, c->whole, density, c->y_count);
	c->dfilters = numbers(dice, c->whole, 4, c->filter_count);
	c->dbias = numbers(dice, c->whole, 4, (size_t)w->filters);
	snprintf(c->text, sizeof c->text,
			 "case %d, %d×%d×%d to %d×%d×%d, size %d, stride %d, "
			 "padding %d %d, n %d",
			 number, w->in_h, w->in_w, w->channels, w->out_h, w->out_w, w->filters, w->size,
			 w->stride, w->pad_top, w->pad_left, c->n);
}

/* Half of the windows are 3 × 3 with stride 1, as most are in life; one in twelve is 5 × 5 on one
 * channel. */
static void conv_case_open(struct conv_case *c, int number)
{
	struct dice dice = {(uint64_t)number};
	int density = roll(&dice, 0, 4);
	bool common = number / 2 % 2, thin = !common && number % 3 == 1 && number / 8 % 2;

	do {
		c->window = roll_window(&dice);
		c->n = roll(&dice, 1, 9);
	} while (products(&c->window, c->n) > MOST_PRODUCTS ||
			 (common && (c->window.size != 3 || c->window.stride != 1)) ||
			 (thin && !is_thin(&c->window)));
	/* As where a pooling does not look at the last row and column. */
	if (c->window.out_h > 1 && c->window.out_w > 1 && !roll(&dice, 0, 3)) {
		c->window.out_h--;
		c->window.out_w--;
	}
	conv_case_fill(c, number, density, &dice);
	if (number % 3 == 0)
		blank_out(&c->window, c->n, &dice, c->x);
}

/* What chance seldom brings, in Winograd's form: several groups, the last one smaller; more tiles
 * than a group has; several blocks of filters; tiles that end with the image; a plane larger than
 * what is computed; channels and filters just more than a vector. Each in four ways, from a dense
 * gradient to a sparse one; in the last, samples with one and samples without take turns. */
static const struct {
	struct window window;
	int n;
} grouped[] = {
	{{11, 11, 9, 9, 9, 40, 3, 1, 0, 0}, 9},   {{21, 21, 8, 21, 21, 8, 3, 1, 1, 1}, 2},
	{{12, 12, 9, 10, 10, 12, 3, 1, 0, 0}, 5}, {{14, 13, 17, 10, 11, 10, 3, 1, 1, 1}, 3},
	{{5, 9, 33, 5, 9, 35, 3, 1, 1, 1}, 9},
};
#define GROUPED ((int)(sizeof grouped / sizeof *grouped))

static void grouped_case_open(struct conv_case *c, int number)
{
	struct dice dice = {(uint64_t)number};
	int way = number / GROUPED % 4;

	c->window = grouped[number % GROUPED].window;
	c->n = grouped[number % GROUPED].n;
	conv_case_fill(c, number, way == 3 ? 4 : 4 - way, &dice);
	for (int s = 0; way == 3 && s < c->n; s += 2)
		memset(c->dy + s * (c->y_count / c->n), 0, c->y_count / c->n * sizeof *c->dy);
}

static void conv_case_close(struct conv_case *c)
{
	free(c->x);
	free(c->filters);
	free(c->bias);
	free(c->dy);
	free(c->dfilters);
	free(c->dbias);
}

/* What comes out of a backward pass; y of a forward pass, or NULL. */
struct results {
	float *dfilters, *dbias, *dx, *y;
};

static struct results results_open(const struct conv_case *c)
{
	struct results r = {floats(c->filter_count), floats((size_t)c->window.filters),
						floats(c->x_count), NULL};

	memcpy(r.dfilters, c->dfilters, c->filter_count * sizeof(float));
	memcpy(r.dbias, c->dbias, c->window.filters * sizeof(float));
	return r;
}

static void results_close(struct results *r)
{
	free(r->dfilters);
	free(r->dbias);
	free(r->dx);
	free(r->y);
}

static void compare_gradients(const char *table, const char *pass, const struct conv_case *c,
							  bool exact, const struct results *actual,
							  const struct results *expected)
{
	char what[200];

	snprintf(what, sizeof what, "%s, %s, dfilters of %s", table, pass, c->text);
	compare(what, c->filter_count, actual->dfilters, expected->dfilters, exact);
	snprintf(what, sizeof what, "%s, %s, dbias of %s", table, pass, c->text);
	compare(what, (size_t)c->window.filters, actual->dbias, expected->dbias, c->whole);
	snprintf(what, sizeof what, "%s, %s, dx of %s", table, pass, c->text);
	compare(what, c->x_count, actual->dx, expected->dx, exact);
}

/* Tables with a fused multiply-add agree to the bit: `first` is empty with the first of them, and
 * keeps what it found. */
static void compare_bits(const char *what, const struct conv_case *c, const struct kernels *kernels,
						 struct results *first, struct results *found)
{
	if (!oracle_is_fused(kernels))
		return;
	if (!first->dx) {
		const struct results none = *first;
		*first = *found;
		*found = none;
		return;
	}
	check_equal(what, c->filter_count, found->dfilters, first->dfilters);
	check_equal(what, (size_t)c->window.filters, found->dbias, first->dbias);
	check_equal(what, c->x_count, found->dx, first->dx);
	if (found->y)
		check_equal(what, c->y_count, found->y, first->y);
}

static void compare_conv(const struct conv_case *c, const struct kernels *kernels,
						 struct results *first)
{
	float *expected = floats(c->y_count);
	struct results wanted = results_open(c), found = results_open(c);
	struct results without_dx = results_open(c);
	char what[200];

	found.y = floats(c->y_count);
	snprintf(what, sizeof what, "%s, y of %s", kernels->name, c->text);
	call_conv_forward(&kernels_reference, &c->window, c->n, c->x, c->filters, c->bias, expected);
	call_conv_forward(kernels, &c->window, c->n, c->x, c->filters, c->bias, found.y);
	compare(what, c->y_count, found.y, expected, c->exact);
	call_conv_backward(&kernels_reference, &c->window, c->n, c->x, c->filters, c->dy,
					   wanted.dfilters, wanted.dbias, wanted.dx);
	call_conv_backward(kernels, &c->window, c->n, c->x, c->filters, c->dy, found.dfilters,
					   found.dbias, found.dx);
	compare_gradients(kernels->name, "backward", c, c->exact, &found, &wanted);
	call_conv_backward(kernels, &c->window, c->n, c->x, c->filters, c->dy, without_dx.dfilters,
					   without_dx.dbias, NULL);
	check_equal(what, c->filter_count, without_dx.dfilters, found.dfilters);
	check_equal(what, (size_t)c->window.filters, without_dx.dbias, found.dbias);
	compare_bits(what, c, kernels, first, &found);
	/* What is enough for some samples is enough for fewer. */
	assert_true(kernels->conv_scratch_size(&c->window, c->n) <=
				kernels->conv_scratch_size(&c->window, c->n + 1));
	results_close(&without_dx);
	results_close(&found);
	results_close(&wanted);
	free(expected);
}

static void test_conv(void **state)
{
	(void)state;

	for (int number = 0; number < CASES + 4 * GROUPED; number++) {
		struct conv_case c;
		struct results first = {0};
		if (number < CASES)
			conv_case_open(&c, number);
		else
			grouped_case_open(&c, number);
		for (size_t i = 0; oracle_table(i); i++)
			compare_conv(&c, oracle_table(i), &first);
		results_close(&first);
		conv_case_close(&c);
	}
}

/* ---- convolutions with max-pooling ---- */

/* The reference's convolution and pooling, and its places as 0 to 3. */
struct pooled {
	size_t count;
	float *all; /* the convolution's output */
	float *y;
	uint16_t *argmax;
	uint8_t *places;
	bool relu;
};

static struct window pool_window(const struct window *w)
{
	return oracle_window((struct shape){w->out_h, w->out_w, w->filters, false}, w->filters, 2, 2,
						 false);
}

static struct pooled pooled_open(const struct conv_case *c, bool relu)
{
	const struct window pool = pool_window(&c->window);
	const int row = pool.out_w * pool.filters, sample = pool.out_h * row;
	struct pooled p = {.count = (size_t)(c->n * sample), .all = floats(c->y_count), .relu = relu};

	p.y = floats(p.count);
	p.argmax = calloc(p.count, sizeof *p.argmax);
	p.places = calloc(p.count, 1);
	assert_non_null(p.argmax);
	assert_non_null(p.places);
	call_conv_forward(&kernels_reference, &c->window, c->n, c->x, c->filters, c->bias, p.all);
	call_maxpool_forward(&kernels_reference, &pool, c->n, p.all, p.y, p.argmax);
	for (size_t i = 0; i < p.count; i++) {
		p.places[i] = (uint8_t)(p.argmax[i] / pool.in_w % 2 * 2 + p.argmax[i] % pool.in_w % 2);
		if (relu && p.y[i] <= 0) {
			p.y[i] = 0;
			p.places[i] = PLACE_NONE;
		}
	}
	return p;
}

static void pooled_close(struct pooled *p)
{
	free(p->all);
	free(p->y);
	free(p->argmax);
	free(p->places);
}

/* The number in the convolution's output that a place means; 0 for the one that a relu gives. */
static float at_place(const struct conv_case *c, const struct pooled *p, size_t i, int place)
{
	const struct window pool = pool_window(&c->window);
	size_t f = i % (size_t)pool.filters, column = i / pool.filters % pool.out_w * 2;
	size_t row = i / pool.filters / pool.out_w % pool.out_h * 2;
	size_t sample = i / pool.filters / pool.out_w / pool.out_h;

	if (p->relu && place == PLACE_NONE)
		return 0;
	assert_true(place >= 0 && place < 4);
	row += place / 2;
	column += place % 2;
	return p->all[((sample * pool.in_h + row) * pool.in_w + column) * pool.filters + f];
}

static void compare_pool_forward(const struct conv_case *c, const struct pooled *p,
								 const struct kernels *kernels)
{
	float *y = floats(p->count), *chosen = floats(p->count);
	uint8_t *places = calloc(p->count, 1);
	char what[200];

	assert_non_null(places);
	call_conv_pool_forward(kernels, &c->window, c->n, c->x, c->filters, c->bias, p->relu, y,
						   places);
	snprintf(what, sizeof what, "%s, pooled y of %s", kernels->name, c->text);
	compare(what, p->count, y, p->y, c->exact);
	/* Rounding may choose another of nearly equal ones, but nothing else may. */
	for (size_t i = 0; i < p->count; i++)
		chosen[i] = at_place(c, p, i, places[i]);
	snprintf(what, sizeof what, "%s, places of %s", kernels->name, c->text);
	compare(what, p->count, chosen, p->y, c->exact);
	if (c->exact)
		assert_memory_equal(places, p->places, p->count);
	free(places);
	free(chosen);
	free(y);
}

static void compare_pool_backward(const struct conv_case *c, const struct pooled *p,
								  const struct kernels *kernels, struct results *first)
{
	const struct window pool = pool_window(&c->window);
	struct results wanted = results_open(c), found = results_open(c);
	struct results without_dx = results_open(c);
	float *all = floats(c->y_count), *passed = floats(p->count);

	for (size_t i = 0; i < p->count; i++)
		passed[i] = p->places[i] == PLACE_NONE ? 0 : c->dy[i];
	call_maxpool_backward(&kernels_reference, &pool, c->n, p->argmax, passed, all);
	free(passed);
	call_conv_backward(&kernels_reference, &c->window, c->n, c->x, c->filters, all, wanted.dfilters,
					   wanted.dbias, wanted.dx);
	call_conv_pool_backward(kernels, &c->window, c->n, c->x, c->filters, c->dy, p->places,
							found.dfilters, found.dbias, found.dx);
	/* Behind a pooling there are only terms, which are exact. */
	compare_gradients(kernels->name, "pooled backward", c, c->whole, &found, &wanted);
	call_conv_pool_backward(kernels, &c->window, c->n, c->x, c->filters, c->dy, p->places,
							without_dx.dfilters, without_dx.dbias, NULL);
	check_equal(c->text, c->filter_count, without_dx.dfilters, found.dfilters);
	check_equal(c->text, (size_t)c->window.filters, without_dx.dbias, found.dbias);
	compare_bits(c->text, c, kernels, first, &found);
	free(all);
	results_close(&without_dx);
	results_close(&found);
	results_close(&wanted);
}

static void test_conv_pool(void **state)
{
	(void)state;
	int compared = 0, thin[2] = {0}; /* without and with a relu, more than 16 filters */

	for (int number = 0; number < CASES; number++) {
		struct conv_case c;
		struct results first = {0};
		conv_case_open(&c, 1000 + number);
		c.window.out_h &= ~1;
		c.window.out_w &= ~1;
		c.y_count = (size_t)(c.n * c.window.out_h * c.window.out_w * c.window.filters);
		if (c.y_count) {
			bool relu = number / 4 % 2;
			struct pooled p = pooled_open(&c, relu);
			for (size_t i = 0; oracle_table(i); i++) {
				if (!oracle_table(i)->conv_pool_forward)
					continue;
				compare_pool_forward(&c, &p, oracle_table(i));
				compare_pool_backward(&c, &p, oracle_table(i), &first);
			}
			results_close(&first);
			pooled_close(&p);
			compared++;
			thin[relu] += is_thin(&c.window) && c.window.filters > 16;
		}
		conv_case_close(&c);
	}
	assert_true(compared > CASES / 2 && thin[0] > 1 && thin[1] > 1);
}

/* A network that has lost its way must not look healthy: what is no number passes a fused relu, and
 * has no gradient there. */
static void test_conv_pool_nan(void **state)
{
	(void)state;
	const struct window w = oracle_window((struct shape){6, 6, 1, false}, 20, 3, 1, false);
	const struct kernels *kernels;
	float x[36], filters[20 * 9], bias[20] = {0}, dy[4 * 20];

	for (int i = 0; i < 36; i++)
		x[i] = 1;
	for (int i = 0; i < 20 * 9; i++)
		filters[i] = 1;
	for (int i = 0; i < 4 * 20; i++)
		dy[i] = 1;
	bias[17] = NAN;
	for (size_t i = 0; (kernels = oracle_table(i)); i++) {
		float y[4 * 20], dfilters[20 * 9] = {0}, dbias[20] = {0};
		uint8_t places[4 * 20];
		if (!kernels->conv_pool_forward)
			continue;
		call_conv_pool_forward(kernels, &w, 1, x, filters, bias, true, y, places);
		call_conv_pool_backward(kernels, &w, 1, x, filters, dy, places, dfilters, dbias, NULL);
		for (int j = 0; j < 4 * 20; j++) {
			assert_true(j % 20 == 17 ? isnan(y[j]) : y[j] == 9);
			assert_int_equal(places[j], j % 20 == 17 ? PLACE_NONE : 0);
		}
		for (int f = 0; f < 20; f++)
			assert_true(dbias[f] == (f == 17 ? 0 : 4));
	}
}

/* Every table has every kernel, but for the optional ones, of which it has both or none. */
static void test_tables_are_whole(void **state)
{
	(void)state;

	for (size_t i = 0; oracle_table(i); i++) {
		assert_true(!oracle_table(i)->conv_pool_forward == !oracle_table(i)->conv_pool_backward);
#define KERNEL(result, function, ...) assert_true(oracle_table(i)->function != NULL);
#define KERNEL_OPTIONAL(...)
#include "compute/kernels.def"
	}
}

/* ---- pooling ---- */

static void compare_maxpool(const char *text, const struct window *w, int n, const float *x,
							const float *dy, const struct kernels *kernels)
{
	const size_t x_count = (size_t)(n * w->in_h * w->in_w * w->channels);
	const size_t y_count = (size_t)(n * w->out_h * w->out_w * w->channels);
	float *y[2] = {floats(y_count), floats(y_count)}, *dx[2] = {floats(x_count), floats(x_count)};
	uint16_t *argmax[2] = {calloc(y_count, 2), calloc(y_count, 2)};
	const struct kernels *const tables[2] = {&kernels_reference, kernels};

	assert_true(argmax[0] && argmax[1]);
	for (int i = 0; i < 2; i++) {
		call_maxpool_forward(tables[i], w, n, x, y[i], argmax[i]);
		call_maxpool_backward(tables[i], w, n, argmax[i], dy, dx[i]);
	}
	check_equal(text, y_count, y[1], y[0]);
	assert_memory_equal(argmax[1], argmax[0], y_count * sizeof **argmax);
	compare(text, x_count, dx[1], dx[0], true);
	for (int i = 0; i < 2; i++) {
		free(argmax[i]);
		free(dx[i]);
		free(y[i]);
	}
}

/* Whole numbers from -3 to 3: most windows have several largest ones. */
static void test_maxpool(void **state)
{
	(void)state;

	for (int number = 0; number < CASES; number++) {
		struct dice dice = {(uint64_t)number + 5000};
		int size = roll(&dice, 1, 5), n = roll(&dice, 1, 9);
		const struct shape in = {roll(&dice, size, 16), roll(&dice, size, 16), roll_channels(&dice),
								 false};
		const struct window w =
			oracle_window(in, in.c, size, roll(&dice, 0, 1) ? size : roll(&dice, 1, 6), false);
		float *x = numbers(&dice, true, 4, n * shape_size(in));
		float *dy =
			numbers(&dice, true, roll(&dice, 0, 4), (size_t)(n * w.out_h * w.out_w * w.filters));
		char text[100];
		for (size_t i = 0; oracle_table(i); i++) {
			snprintf(text, sizeof text, "%s: %d×%d×%d maxpool:%d,%d n=%d", oracle_table(i)->name,
					 in.h, in.w, in.c, size, w.stride, n);
			compare_maxpool(text, &w, n, x, dy, oracle_table(i));
		}
		free(dy);
		free(x);
	}
}

static void compare_avgpool(const char *text, const struct window *w, int n, const float *x,
							const float *dy, const struct kernels *kernels)
{
	const size_t x_count = (size_t)(n * w->in_h * w->in_w * w->channels);
	const size_t y_count = (size_t)(n * w->out_h * w->out_w * w->channels);
	float *y[2] = {floats(y_count), floats(y_count)}, *dx[2] = {floats(x_count), floats(x_count)};
	const struct kernels *const tables[2] = {&kernels_reference, kernels};

	for (int i = 0; i < 2; i++) {
		call_avgpool_forward(tables[i], w, n, x, y[i]);
		call_avgpool_backward(tables[i], w, n, dy, dx[i]);
	}
	check_equal(text, y_count, y[1], y[0]);
	check_equal(text, x_count, dx[1], dx[0]);
	for (int i = 0; i < 2; i++) {
		free(dx[i]);
		free(y[i]);
	}
}

/* Numbers whose sums are rounded: the order is the same in all tables. */
static void test_avgpool(void **state)
{
	(void)state;

	for (int number = 0; number < CASES; number++) {
		struct dice dice = {(uint64_t)number + 6000};
		int size = roll(&dice, 1, 5), n = roll(&dice, 1, 5);
		const struct shape in = {roll(&dice, size, 12), roll(&dice, size, 12), roll_channels(&dice),
								 false};
		const struct window w =
			oracle_window(in, in.c, size, roll(&dice, 0, 1) ? size : roll(&dice, 1, 6), false);
		float *x = numbers(&dice, false, 4, n * shape_size(in));
		float *dy = numbers(&dice, false, 4, (size_t)(n * w.out_h * w.out_w * w.filters));
		char text[100];
		for (size_t i = 0; oracle_table(i); i++) {
			snprintf(text, sizeof text, "%s: %d×%d×%d avgpool:%d,%d n=%d", oracle_table(i)->name,
					 in.h, in.w, in.c, size, w.stride, n);
			compare_avgpool(text, &w, n, x, dy, oracle_table(i));
		}
		free(dy);
		free(x);
	}
}

/* ---- batch normalization ---- */

struct norm_case {
	int channels, pixels;
	float *x, *dy;
	float *by_channel[4];
	char text[100];
};

/* What a table finds: moments, sums, y and dx. */
struct norm_results {
	float *mean, *squares, *sum, *product, *y, *dx;
};

static struct norm_results run_norm(const struct norm_case *c, const struct kernels *kernels)
{
	const size_t channels = (size_t)c->channels, count = channels * (size_t)c->pixels;
	struct norm_results r = {floats(channels), floats(channels), floats(channels),
							 floats(channels), floats(count),    floats(count)};
	float *const *p = c->by_channel;

	call_batchnorm_moments(kernels, c->channels, c->pixels, c->x, r.mean, r.squares);
	call_batchnorm_sums(kernels, c->channels, c->pixels, c->x, p[0], c->dy, r.sum, r.product);
	call_batchnorm_forward(kernels, c->channels, c->pixels, c->x, p[0], p[1], p[2], r.y);
	call_batchnorm_backward(kernels, c->channels, c->pixels, c->x, p[0], c->dy, p[1], p[2], p[3],
							r.dx);
	return r;
}

static void free_norm(struct norm_results *r)
{
	free(r->mean);
	free(r->squares);
	free(r->sum);
	free(r->product);
	free(r->y);
	free(r->dx);
}

/* Elementwise ones are the same to the bit, and so are sums of whole numbers. */
static void compare_norm(const struct norm_case *c, bool whole, const struct kernels *kernels)
{
	const size_t channels = (size_t)c->channels, count = channels * (size_t)c->pixels;
	struct norm_results expected = run_norm(c, &kernels_reference);
	struct norm_results actual = run_norm(c, kernels);

	compare(c->text, channels, actual.mean, expected.mean, false);
	compare(c->text, channels, actual.squares, expected.squares, false);
	compare(c->text, channels, actual.sum, expected.sum, whole);
	compare(c->text, channels, actual.product, expected.product, whole);
	check_equal(c->text, count, actual.y, expected.y);
	check_equal(c->text, count, actual.dx, expected.dx);
	free_norm(&actual);
	free_norm(&expected);
}

static void test_batchnorm(void **state)
{
	(void)state;

	for (int number = 0; number < CASES; number++) {
		struct dice dice = {(uint64_t)number + 7000};
		bool whole = number % 2;
		struct norm_case c = {.channels = roll_channels(&dice), .pixels = roll(&dice, 1, 100)};
		const size_t count = (size_t)c.channels * (size_t)c.pixels;
		c.x = numbers(&dice, whole, 4, count);
		c.dy = numbers(&dice, whole, roll(&dice, 1, 4), count);
		for (int i = 0; i < 4; i++)
			c.by_channel[i] = numbers(&dice, whole, 4, (size_t)c.channels);
		for (size_t i = 0; oracle_table(i); i++) {
			snprintf(c.text, sizeof c.text, "%s: %d channels, %d pixels", oracle_table(i)->name,
					 c.channels, c.pixels);
			compare_norm(&c, whole, oracle_table(i));
		}
		for (int i = 0; i < 4; i++)
			free(c.by_channel[i]);
		free(c.dy);
		free(c.x);
	}
}

/* ---- dense layers ---- */

struct dense_case {
	int inputs, units, n, first, count; /* the units of one backward call */
	bool whole;
	float *x, *weights, *bias, *dy;
	char text[100];
};

static void dense_case_open(struct dense_case *c, int number)
{
	struct dice dice = {(uint64_t)number + 9000};
	int density = roll(&dice, 0, 4);

	*c = (struct dense_case){.inputs = roll(&dice, 1, roll(&dice, 0, 3) ? 70 : 700),
							 .units = roll(&dice, 1, 70),
							 .n = roll(&dice, 1, 9),
							 .whole = number % 2};
	c->first = roll(&dice, 0, c->units - 1);
	c->count = roll(&dice, 1, c->units - c->first);
	c->x = numbers(&dice, c->whole, 4, (size_t)(c->n * c->inputs));
	c->weights = numbers(&dice, c->whole, 4, (size_t)(c->units * c->inputs));
	c->bias = numbers(&dice, c->whole, 4, (size_t)c->units);
	c->dy = numbers(&dice, c->whole, density, (size_t)(c->n * c->units));
	snprintf(c->text, sizeof c->text, "case %d, %d units of %d inputs, n %d", number, c->units,
			 c->inputs, c->n);
}

static void dense_case_close(struct dense_case *c)
{
	free(c->x);
	free(c->weights);
	free(c->bias);
	free(c->dy);
}

static void compare_dense(const struct dense_case *c, const struct kernels *kernels)
{
	const size_t weights = (size_t)(c->units * c->inputs), y_count = (size_t)(c->n * c->units);
	const size_t x_count = (size_t)(c->n * c->inputs);
	const struct kernels *const tables[2] = {&kernels_reference, kernels};
	float *y[2], *dx[2], *dweights[2], *dbias[2];
	char what[150];

	for (int i = 0; i < 2; i++) {
		y[i] = floats(y_count);
		dx[i] = floats(x_count);
		dweights[i] = floats(weights);
		dbias[i] = floats((size_t)c->units);
		call_dense_forward(tables[i], c->inputs, c->units, c->n, c->x, c->weights, c->bias, y[i]);
		call_dense_backward_weights(tables[i], c->inputs, c->units, c->first, c->count, c->n, c->x,
									c->dy, dweights[i], dbias[i]);
		call_dense_backward_input(tables[i], c->inputs, c->units, c->n, c->weights, c->dy, dx[i]);
	}
	snprintf(what, sizeof what, "%s, y of %s", kernels->name, c->text);
	compare(what, y_count, y[1], y[0], c->whole);
	snprintf(what, sizeof what, "%s, dweights of %s", kernels->name, c->text);
	compare(what, weights, dweights[1], dweights[0], c->whole);
	snprintf(what, sizeof what, "%s, dbias of %s", kernels->name, c->text);
	compare(what, (size_t)c->units, dbias[1], dbias[0], c->whole);
	snprintf(what, sizeof what, "%s, dx of %s", kernels->name, c->text);
	compare(what, x_count, dx[1], dx[0], c->whole);
	for (int i = 0; i < 2; i++) {
		free(y[i]);
		free(dx[i]);
		free(dweights[i]);
		free(dbias[i]);
	}
}

static void test_dense(void **state)
{
	(void)state;

	for (int number = 0; number < CASES; number++) {
		struct dense_case c;
		dense_case_open(&c, number);
		for (size_t i = 0; oracle_table(i); i++)
			compare_dense(&c, oracle_table(i));
		dense_case_close(&c);
	}
}

/* ---- each element alone: the same bits ---- */

static void compare_elementwise(size_t count, const struct kernels *kernels)
{
	float *x = random_floats(count, count), *dy = random_floats(count + 1, count);
	float *expected = floats(count), *actual = floats(count);
	const struct rng rng = rng_stream(count, RNG_DROPOUT, 1);

	kernels_reference.relu_forward(count, x, expected);
	kernels->relu_forward(count, x, actual);
	check_equal("relu", count, actual, expected);
	kernels_reference.relu_backward(count, x, dy, expected);
	kernels->relu_backward(count, x, dy, actual);
	check_equal("relu backward", count, actual, expected);
	kernels_reference.tanh_forward(count, x, expected);
	kernels->tanh_forward(count, x, actual);
	check_equal("tanh", count, actual, expected);
	kernels_reference.tanh_backward(count, x, dy, expected);
	kernels->tanh_backward(count, x, dy, actual);
	check_equal("tanh backward", count, actual, expected);
	kernels_reference.sigmoid_forward(count, x, expected);
	kernels->sigmoid_forward(count, x, actual);
	check_equal("sigmoid", count, actual, expected);
	kernels_reference.sigmoid_backward(count, x, dy, expected);
	kernels->sigmoid_backward(count, x, dy, actual);
	check_equal("sigmoid backward", count, actual, expected);
	kernels_reference.dropout(count, rng, count, 0.3f, x, expected);
	kernels->dropout(count, rng, count, 0.3f, x, actual);
	check_equal("dropout", count, actual, expected);
	for (size_t i = 0; i < KERNELS_SLACK / sizeof(float); i++)
		assert_true(isnan(actual[count + i]));
	free(actual);
	free(expected);
	free(dy);
	free(x);
}

static void compare_sgd(size_t count, const struct kernels *kernels)
{
	float *state[2][2];
	const struct kernels *const tables[2] = {&kernels_reference, kernels};

	for (int i = 0; i < 2; i++) {
		state[i][0] = random_floats(100, count);
		state[i][1] = floats(count);
		for (uint64_t step = 1; step <= 5; step++) {
			float *grad = random_floats(step, count);
			tables[i]->decay(count, 1e-3f, state[i][0]);
			tables[i]->sgd(count, 0.01f, 0.9f, grad, state[i][0], state[i][1]);
			free(grad);
		}
	}
	for (int j = 0; j < 2; j++) {
		check_equal(kernels->name, count, state[1][j], state[0][j]);
		assert_true(isnan(state[1][j][count])); /* nothing was written behind the end */
		free(state[0][j]);
		free(state[1][j]);
	}
}

static void compare_adam(size_t count, const struct kernels *kernels)
{
	const struct adam_rates rates = {0.01f, 0.9f, 0.999f, 1e-8f};
	float *state[2][3];
	const struct kernels *const tables[2] = {&kernels_reference, kernels};

	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 3; j++)
			state[i][j] = floats(count);
		for (uint64_t step = 1; step <= 5; step++) {
			float *grad = random_floats(step, count);
			tables[i]->adam(count, &rates, grad, state[i][0], state[i][1], state[i][2]);
			free(grad);
		}
	}
	for (int j = 0; j < 3; j++) {
		check_equal(kernels->name, count, state[1][j], state[0][j]);
		assert_true(isnan(state[1][j][count])); /* nothing was written behind the end */
		free(state[0][j]);
		free(state[1][j]);
	}
}

static void test_elementwise(void **state)
{
	(void)state;

	for (size_t i = 0; oracle_table(i); i++)
		for (size_t count = 0; count <= 100; count++) {
			compare_elementwise(count, oracle_table(i));
			compare_adam(count, oracle_table(i));
			compare_sgd(count, oracle_table(i));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conv),          cmocka_unit_test(test_conv_pool),
		cmocka_unit_test(test_conv_pool_nan), cmocka_unit_test(test_tables_are_whole),
		cmocka_unit_test(test_maxpool),       cmocka_unit_test(test_avgpool),
		cmocka_unit_test(test_batchnorm),     cmocka_unit_test(test_dense),
		cmocka_unit_test(test_elementwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
