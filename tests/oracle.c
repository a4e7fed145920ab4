/* Fixtures, comparisons, and the layers in double precision: each output number is gathered from
 * its formula, with explicit tests of the bounds. */
#include "oracle.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/cpu.h"

extern const struct kernels kernels_emulated16, kernels_emulated8, kernels_emulated4;

static const struct kernels *const emulated[] = {
#ifdef HAVE_EMULATED16
	&kernels_emulated16,
#endif
#ifdef HAVE_EMULATED8
	&kernels_emulated8,
#endif
#ifdef HAVE_EMULATED4
	&kernels_emulated4,
#endif
	NULL,
};

/* On x86 they are compiled for AVX2's multiply-add. */
static bool emulation_runs(void)
{
#ifdef __x86_64__
	return cpu_has_avx2();
#else
	return true;
#endif
}

const struct kernels *oracle_table(size_t index)
{
	size_t own = 0;

	while (kernels_available(own))
		own++;
	if (index < own)
		return kernels_available(index);
	index -= own;
	return index < sizeof emulated / sizeof *emulated && emulation_runs() ? emulated[index] : NULL;
}

bool oracle_is_fused(const struct kernels *kernels)
{
	return strcmp(kernels->name, "reference") && strcmp(kernels->name, "portable");
}

/* ---- numbers ---- */

float *floats(size_t count)
{
	size_t slack = KERNELS_SLACK / sizeof(float);
	float *values = calloc(count + slack, sizeof *values);

	assert_non_null(values);
	for (size_t i = 0; i < slack; i++)
		values[count + i] = NAN;
	return values;
}

double *doubles(size_t count)
{
	double *values = calloc(count + !count, sizeof *values);

	assert_non_null(values);
	return values;
}

double *widen(size_t count, const float *values)
{
	double *wide = doubles(count);

	for (size_t i = 0; i < count; i++)
		wide[i] = values[i];
	return wide;
}

float *narrow(size_t count, const double *values)
{
	float *few = floats(count);

	for (size_t i = 0; i < count; i++)
		few[i] = (float)values[i];
	return few;
}

/* Marsaglia's xorshift64. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t first_random(uint64_t seed)
{
	uint64_t state = 0x2545f4914f6cdd1dull ^ (seed << 20);

	for (int i = 0; i < 8; i++)
		next_random(&state);
	return state;
}

float *random_floats(uint64_t seed, size_t count)
{
	float *values = floats(count);
	uint64_t state = first_random(seed);

	for (size_t i = 0; i < count; i++)
		values[i] = (float)((int)(next_random(&state) >> 53) - 1024) / 1024;
	return values;
}

float *distinct_floats(uint64_t seed, size_t count)
{
	float *values = floats(count);
	uint64_t state = first_random(seed);

	for (size_t i = 0; i < count; i++) {
		const size_t j = (size_t)((next_random(&state) >> 11) % (i + 1));
		values[i] = values[j];
		values[j] = ((float)i - (float)(count / 2)) / 8;
	}
	return values;
}

double dot(size_t count, const double *a, const double *b)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += a[i] * b[i];
	return sum;
}

/* ---- fixtures ---- */

void fixture_open(struct fixture *fixture, const char *file)
{
	char path[1024];
	size_t room = 1 << 20;

	snprintf(path, sizeof path, "%s/%s", FIXTURES, file);
	FILE *stream = fopen(path, "rb");
	if (!stream)
		fail_msg("%s: %s", path, strerror(errno));
	fixture->file = file;
	fixture->text = malloc(room);
	assert_non_null(fixture->text);
	size_t size = fread(fixture->text, 1, room, stream);
	assert_true(size < room);
	fclose(stream);
	fixture->text[size] = '\0';
	fixture->at = fixture->text;
}

void fixture_close(struct fixture *fixture)
{
	free(fixture->text);
}

bool fixture_has(struct fixture *fixture, const char *name)
{
	size_t length = strlen(name);

	while (*fixture->at == '#')
		fixture->at += strcspn(fixture->at, "\n") + 1;
	return !strncmp(fixture->at, name, length) && strchr(" \n", fixture->at[length]);
}

double *fixture_doubles(struct fixture *fixture, const char *name, size_t count)
{
	double *values = doubles(count);

	if (!fixture_has(fixture, name))
		fail_msg("%s: wanted %s, found %.20s", fixture->file, name, fixture->at);
	fixture->at += strlen(name);
	for (size_t i = 0; i < count; i++) {
		char *end;
		/* As a float: the fixtures hold as many digits as that needs. */
		values[i] = strtof(fixture->at, &end);
		if (*fixture->at != ' ' || end == fixture->at)
			fail_msg("%s: %s has %zu numbers, not %zu", fixture->file, name, i, count);
		fixture->at = end;
	}
	if (*fixture->at != '\n')
		fail_msg("%s: %s has more than %zu numbers", fixture->file, name, count);
	fixture->at++;
	return values;
}

float *fixture_floats(struct fixture *fixture, const char *name, size_t count)
{
	double *values = fixture_doubles(fixture, name, count);
	float *few = narrow(count, values);

	free(values);
	return few;
}

void fixture_integers(struct fixture *fixture, const char *name, size_t count, int *values)
{
	double *wide = fixture_doubles(fixture, name, count);

	for (size_t i = 0; i < count; i++)
		values[i] = (int)wide[i];
	free(wide);
}

/* ---- comparisons ---- */

void check_close(const char *what, size_t count, const float *actual, const double *expected,
				 double tolerance)
{
	double largest = 0;
	double worst = -1;
	size_t wrong = 0;
	size_t where = 0;

	for (size_t i = 0; i < count; i++)
		largest = fmax(largest, fabs(expected[i]));
	for (size_t i = 0; i < count; i++) {
		double difference = fabs(actual[i] - expected[i]);
		if (difference <= tolerance * largest)
			continue;
		wrong++;
		if (!(difference <= worst)) {
			worst = difference;
			where = i;
		}
	}
	if (wrong)
		fail_msg("%s: %zu of %zu numbers are wrong; the worst is [%zu]: %.9g, should be %.9g, "
				 "within %.2g",
				 what, wrong, count, where, actual[where], expected[where], tolerance * largest);
}

void check_equal(const char *what, size_t count, const float *actual, const float *expected)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(&actual[i], &expected[i], sizeof *actual))
			fail_msg("%s: [%zu] is %.9g, should be %.9g", what, i, actual[i], expected[i]);
}

static double central_difference(double *value, double (*loss)(const void *context),
								 const void *context, double step)
{
	double old = *value;

	*value = old + step;
	double above = loss(context);
	*value = old - step;
	double below = loss(context);
	*value = old;
	return (above - below) / (2 * step);
}

/* (loss(values + step × direction) - loss(values - step × direction)) / 2 step */
static double difference_along(const float *direction, size_t count, double *values,
							   double (*loss)(const void *context), const void *context,
							   double step)
{
	double *old = doubles(count);
	double difference = 0;

	memcpy(old, values, count * sizeof *old);
	for (int sign = 1; sign >= -1; sign -= 2) {
		for (size_t i = 0; i < count; i++)
			values[i] = old[i] + sign * step * direction[i];
		difference += sign * loss(context) / (2 * step);
	}
	memcpy(values, old, count * sizeof *old);
	free(old);
	return difference;
}

static void check_direction(const char *what, size_t count, const float *gradient,
							const float *direction, double expected, double tolerance)
{
	double actual = 0;
	double size = 0;

	for (size_t i = 0; i < count; i++) {
		actual += (double)gradient[i] * direction[i];
		size += fabs((double)gradient[i] * direction[i]);
	}
	if (!(fabs(actual - expected) <= tolerance * size))
		fail_msg("%s: along a random direction %.9g, should be %.9g, within %.2g", what, actual,
				 expected, tolerance * size);
}

void check_gradients(const char *what, size_t count, float *const *gradients, double *values,
					 double (*loss)(const void *context), const void *context, double step,
					 double tolerance)
{
	size_t stride = count / 60 + 1;
	size_t tested = 0;
	float *actual = floats(count);
	float *direction = random_floats(count, count);
	double *expected = doubles(count);
	double along = difference_along(direction, count, values, loss, context, step);

	for (size_t i = count % stride / 2; i < count; i += stride)
		expected[tested++] = central_difference(&values[i], loss, context, step);
	for (size_t table = 0; gradients[table]; table++) {
		char text[300];
		snprintf(text, sizeof text, "%s: %s", gradients[1] ? oracle_table(table)->name : "", what);
		for (size_t i = 0; i < tested; i++)
			actual[i] = gradients[table][count % stride / 2 + i * stride];
		check_close(text, tested, actual, expected, tolerance);
		check_direction(text, count, gradients[table], direction, along, tolerance);
	}
	free(expected);
	free(direction);
	free(actual);
}

void check_gradient(const char *what, size_t count, const float *gradient, double *values,
					double (*loss)(const void *context), const void *context, double step,
					double tolerance)
{
	float *const gradients[] = {(float *)gradient, NULL};

	check_gradients(what, count, gradients, values, loss, context, step, tolerance);
}

/* ---- layers ---- */

struct window oracle_window(struct shape in, int filters, int size, int stride, bool same)
{
	struct window window = {
		.in_h = in.h,
		.in_w = in.w,
		.channels = in.c,
		.filters = filters,
		.size = size,
		.stride = stride,
		.out_h = (in.h - size) / stride + 1,
		.out_w = (in.w - size) / stride + 1,
	};

	if (same) {
		window.out_h = (in.h + stride - 1) / stride;
		window.out_w = (in.w + stride - 1) / stride;
		int rows = (window.out_h - 1) * stride + size - in.h;
		int columns = (window.out_w - 1) * stride + size - in.w;
		window.pad_top = rows > 0 ? rows / 2 : 0;
		window.pad_left = columns > 0 ? columns / 2 : 0;
	}
	return window;
}

/* The input at one place, or `outside`. */
static double pixel(const struct window *window, const double *x, int row, int column, int channel,
					double outside)
{
	if (row < 0 || row >= window->in_h || column < 0 || column >= window->in_w)
		return outside;
	return x[(row * window->in_w + column) * window->channels + channel];
}

static double conv_at(const struct window *window, const double *x, const double *filters, int row,
					  int column, int filter)
{
	int per_filter = window->size * window->size * window->channels;
	double sum = 0;

	for (int i = 0; i < per_filter; i++) {
		int channel = i % window->channels;
		int dx = i / window->channels % window->size;
		int dy = i / window->channels / window->size;
		sum += filters[filter * per_filter + i] *
			   pixel(window, x, row * window->stride - window->pad_top + dy,
					 column * window->stride - window->pad_left + dx, channel, 0);
	}
	return sum;
}

void oracle_conv(const struct window *window, int n, const double *x, const double *filters,
				 const double *bias, double *y)
{
	int in_size = window->in_h * window->in_w * window->channels;
	int out_size = window->out_h * window->out_w * window->filters;

	for (int i = 0; i < n * out_size; i++) {
		int filter = i % window->filters;
		int column = i / window->filters % window->out_w;
		int row = i / window->filters / window->out_w % window->out_h;
		y[i] = bias[filter] +
			   conv_at(window, x + i / out_size * in_size, filters, row, column, filter);
	}
}

void oracle_maxpool(const struct window *window, int n, const double *x, double *y)
{
	int channels = window->channels;
	int in_size = window->in_h * window->in_w * channels;
	int out_size = window->out_h * window->out_w * channels;

	for (int i = 0; i < n * out_size; i++) {
		int column = i / channels % window->out_w * window->stride;
		int row = i / channels / window->out_w % window->out_h * window->stride;
		y[i] = -INFINITY;
		for (int j = 0; j < window->size * window->size; j++)
			y[i] = fmax(y[i], pixel(window, x + i / out_size * in_size, row + j / window->size,
									column + j % window->size, i % channels, -INFINITY));
	}
}

void oracle_avgpool(const struct window *window, int n, const double *x, double *y)
{
	int channels = window->channels;
	int in_size = window->in_h * window->in_w * channels;
	int out_size = window->out_h * window->out_w * channels;

	for (int i = 0; i < n * out_size; i++) {
		int column = i / channels % window->out_w * window->stride;
		int row = i / channels / window->out_w % window->out_h * window->stride;
		double sum = 0;
		for (int j = 0; j < window->size * window->size; j++)
			sum += pixel(window, x + i / out_size * in_size, row + j / window->size,
						 column + j % window->size, i % channels, NAN);
		y[i] = sum / (window->size * window->size);
	}
}

void oracle_dense(int inputs, int units, int n, const double *x, const double *weights,
				  const double *bias, double *y)
{
	for (int i = 0; i < n * units; i++)
		y[i] = bias[i % units] +
			   dot((size_t)inputs, x + i / units * inputs, weights + i % units * inputs);
}

void oracle_batchnorm(int channels, int pixels, bool training, const double *x,
					  const double *weight, const double *bias, double *mean, double *var,
					  double *y)
{
	for (int c = 0; c < channels; c++) {
		double sum = 0, squares = 0;
		for (int p = 0; p < pixels; p++)
			sum += x[p * channels + c];
		for (int p = 0; p < pixels; p++)
			squares += pow(x[p * channels + c] - sum / pixels, 2);
		if (training) {
			mean[c] = sum / pixels;
			var[c] = squares / pixels;
		}
		for (int p = 0; p < pixels; p++)
			y[p * channels + c] =
				weight[c] * (x[p * channels + c] - mean[c]) / sqrt(var[c] + 1e-5) + bias[c];
	}
}

void oracle_softmax(int classes, const double *logits, double *probabilities)
{
	for (int i = 0; i < classes; i++) {
		double sum = 0;
		for (int j = 0; j < classes; j++)
			sum += exp(logits[j] - logits[i]);
		probabilities[i] = 1 / sum;
	}
}

double oracle_cross_entropy(int n, int classes, const double *logits, const uint16_t *labels)
{
	double sum = 0;

	for (int i = 0; i < n; i++) {
		double others = 0;
		for (int j = 0; j < classes; j++)
			others += exp(logits[i * classes + j] - logits[i * classes + labels[i]]);
		sum += log(others);
	}
	return sum / n;
}

/* ---- a network ---- */

/* Where a pass through the layers stands. */
struct walk {
	const struct oracle_network *network;
	struct shape shape;
	double *values; /* [n][shape] */
	int layer, param;
};

static void walk_conv(struct walk *walk, const char *arguments)
{
	int numbers[3] = {0, 0, 1};
	bool same = strstr(arguments, "same") != NULL;

	sscanf(arguments, "%d,%d,%d", &numbers[0], &numbers[1], &numbers[2]);
	struct window window = oracle_window(walk->shape, numbers[0], numbers[1], numbers[2], same);
	double *y = doubles((size_t)(walk->network->n * window.out_h * window.out_w * window.filters));
	oracle_conv(&window, walk->network->n, walk->values, walk->network->params[walk->param],
				walk->network->params[walk->param + 1], y);
	free(walk->values);
	walk->values = y;
	walk->param += 2;
	walk->shape = (struct shape){window.out_h, window.out_w, window.filters, false};
}

typedef void pooling(const struct window *window, int n, const double *x, double *y);

static void walk_pooling(struct walk *walk, const char *arguments, pooling *pool)
{
	int size = 0;
	int stride = 0;

	if (sscanf(arguments, "%d,%d", &size, &stride) == 1)
		stride = size;
	struct window window = oracle_window(walk->shape, walk->shape.c, size, stride, false);
	double *y = doubles((size_t)(walk->network->n * window.out_h * window.out_w * window.filters));
	pool(&window, walk->network->n, walk->values, y);
	free(walk->values);
	walk->values = y;
	walk->shape = (struct shape){window.out_h, window.out_w, window.filters, false};
}

static void walk_dense(struct walk *walk, const char *arguments)
{
	int inputs = walk->shape.h * walk->shape.w * walk->shape.c;
	int units = atoi(arguments);
	double *y = doubles((size_t)(walk->network->n * units));

	oracle_dense(inputs, units, walk->network->n, walk->values, walk->network->params[walk->param],
				 walk->network->params[walk->param + 1], y);
	free(walk->values);
	walk->values = y;
	walk->param += 2;
	walk->shape = (struct shape){1, 1, units, true};
}

static void walk_batchnorm(struct walk *walk)
{
	const struct oracle_network *network = walk->network;
	double *const *params = network->params + walk->param;
	int size = walk->shape.h * walk->shape.w * walk->shape.c;
	int channels = walk->shape.flat ? size : walk->shape.c;
	double *mean = doubles((size_t)channels), *var = doubles((size_t)channels);
	double *y = doubles((size_t)(network->n * size));

	memcpy(mean, params[2], (size_t)channels * sizeof *mean);
	memcpy(var, params[3], (size_t)channels * sizeof *var);
	oracle_batchnorm(channels, network->n * size / channels, network->training, walk->values,
					 params[0], params[1], mean, var, y);
	free(var);
	free(mean);
	free(walk->values);
	walk->values = y;
	walk->param += 4;
}

static void walk_pointwise(struct walk *walk, const char *name)
{
	const double *mask = walk->network->masks[walk->layer];
	size_t count = (size_t)(walk->network->n * walk->shape.h * walk->shape.w * walk->shape.c);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(name, "relu"))
			walk->values[i] = fmax(walk->values[i], 0);
		else if (!strcmp(name, "tanh"))
			walk->values[i] = tanh(walk->values[i]);
		else if (!strcmp(name, "sigmoid"))
			walk->values[i] = 1 / (1 + exp(-walk->values[i]));
		else if (!strcmp(name, "dropout"))
			walk->values[i] *= mask ? mask[i] : 1;
		else if (strcmp(name, "flatten") && strcmp(name, "softmax"))
			fail_msg("oracle.c has no formula for %s", name);
	}
}

double *oracle_logits(const struct oracle_network *network, int *classes)
{
	struct walk walk = {network, network->input, NULL, 0, 0};
	size_t in_size = (size_t)(network->n * network->input.h * network->input.w * network->input.c);

	walk.values = doubles(in_size);
	memcpy(walk.values, network->x, in_size * sizeof *walk.values);
	for (const char *at = network->spec; *at; walk.layer++) {
		char name[16] = "";
		char arguments[32] = "";
		sscanf(at, "%15[a-z]:%31s", name, arguments);
		if (!strcmp(name, "conv"))
			walk_conv(&walk, arguments);
		else if (!strcmp(name, "maxpool"))
			walk_pooling(&walk, arguments, oracle_maxpool);
		else if (!strcmp(name, "avgpool"))
			walk_pooling(&walk, arguments, oracle_avgpool);
		else if (!strcmp(name, "dense"))
			walk_dense(&walk, arguments);
		else if (!strcmp(name, "batchnorm"))
			walk_batchnorm(&walk);
		else
			walk_pointwise(&walk, name);
		walk.shape.flat = walk.shape.flat || !strcmp(name, "flatten");
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	*classes = walk.shape.h * walk.shape.w * walk.shape.c;
	return walk.values;
}

double oracle_network_loss(const void *network)
{
	const struct oracle_network *self = network;
	int classes;
	double *logits = oracle_logits(self, &classes);
	double loss = oracle_cross_entropy(self->n, classes, logits, self->labels);

	free(logits);
	return loss;
}
