/* The functions that an exported C file is made of: of each section, which begins with a line of
 * dashes, it gets a copy where its network has such a layer. This file is embedded as text; tests
 * compile it, too. All of it is C99 and has int for indices, so that any compiler takes it. */
#include <math.h>

/* ---- window ---- */
/* A square window that slides over an image. In memory, an image is row behind row, pixel behind
 * pixel, and of each pixel channel behind channel. */
struct window {
	int in_h, in_w, channels;
	int out_h, out_w, filters;
	int size, stride, pad_top, pad_left;
};

/* ---- conv ---- */
/* y = bias + the sum of x × weight over the window; beyond the image's edge there are zeros. The
 * weights are [size][size][channels][filters]. Pixels of 0, of which relu makes many, cost
 * nothing. */
static void conv(const struct window *w, const float *weight, const float *bias, const float *x,
				 float *restrict y)
{
	const int channels = w->channels, filters = w->filters;

	for (int p = 0; p < w->out_h * w->out_w; p++, y += filters) {
		const int top = p / w->out_w * w->stride - w->pad_top;
		const int left = p % w->out_w * w->stride - w->pad_left;

		for (int f = 0; f < filters; f++)
			y[f] = bias[f];
		for (int i = 0; i < w->size * w->size; i++) {
			const int iy = top + i / w->size, ix = left + i % w->size;
			if (iy < 0 || iy >= w->in_h || ix < 0 || ix >= w->in_w)
				continue;
			for (int c = 0; c < channels; c++) {
				const float value = x[(iy * w->in_w + ix) * channels + c];
				const float *k = weight + (i * channels + c) * filters;
				if (value < 0.0f || value > 0.0f)
					for (int f = 0; f < filters; f++)
						y[f] += value * k[f];
			}
		}
	}
}

/* ---- conv int8 ---- */
/* y = bias + scale × the sum of x × weight over the window; beyond the image's edge there are
 * zeros. The weights are [size][size][channels][filters]. Pixels of 0, of which relu makes many,
 * cost nothing. */
static void conv(const struct window *w, const signed char *weight, const float *scale,
				 const float *bias, const float *x, float *restrict y)
{
	const int channels = w->channels, filters = w->filters;

	for (int p = 0; p < w->out_h * w->out_w; p++, y += filters) {
		const int top = p / w->out_w * w->stride - w->pad_top;
		const int left = p % w->out_w * w->stride - w->pad_left;

		for (int f = 0; f < filters; f++)
			y[f] = 0.0f;
		for (int i = 0; i < w->size * w->size; i++) {
			const int iy = top + i / w->size, ix = left + i % w->size;
			if (iy < 0 || iy >= w->in_h || ix < 0 || ix >= w->in_w)
				continue;
			for (int c = 0; c < channels; c++) {
				const float value = x[(iy * w->in_w + ix) * channels + c];
				const signed char *k = weight + (i * channels + c) * filters;
				if (value < 0.0f || value > 0.0f)
					for (int f = 0; f < filters; f++)
						y[f] += value * (float)k[f];
			}
		}
		for (int f = 0; f < filters; f++)
			y[f] = bias[f] + scale[f] * y[f];
	}
}

/* ---- dense ---- */
/* y = bias + weight x; the weights are [inputs][outputs]. */
static void dense(int inputs, int outputs, const float *weight, const float *bias, const float *x,
				  float *restrict y)
{
	for (int f = 0; f < outputs; f++)
		y[f] = bias[f];
	for (int i = 0; i < inputs; i++, weight += outputs)
		if (x[i] < 0.0f || x[i] > 0.0f)
			for (int f = 0; f < outputs; f++)
				y[f] += x[i] * weight[f];
}

/* ---- dense int8 ---- */
/* y = bias + scale × weight x; the weights are [inputs][outputs]. */
static void dense(int inputs, int outputs, const signed char *weight, const float *scale,
				  const float *bias, const float *x, float *restrict y)
{
	for (int f = 0; f < outputs; f++)
		y[f] = 0.0f;
	for (int i = 0; i < inputs; i++, weight += outputs)
		if (x[i] < 0.0f || x[i] > 0.0f)
			for (int f = 0; f < outputs; f++)
				y[f] += x[i] * (float)weight[f];
	for (int f = 0; f < outputs; f++)
		y[f] = bias[f] + scale[f] * y[f];
}

/* ---- maxpool ---- */
/* The largest of each window, channel by channel. In place: what is written lies before all that
 * is still to be read. */
static void maxpool(const struct window *w, float *x)
{
	float *y = x;

	for (int p = 0; p < w->out_h * w->out_w; p++)
		for (int c = 0; c < w->channels; c++) {
			const float *from =
				x + (p / w->out_w * w->in_w + p % w->out_w) * w->stride * w->channels + c;
			float most = *from;
			for (int i = 0; i < w->size * w->size; i++) {
				const float value = from[(i / w->size * w->in_w + i % w->size) * w->channels];
				most = value > most ? value : most;
			}
			*y++ = most;
		}
}

/* ---- avgpool ---- */
/* The mean of each window, channel by channel. In place: what is written lies before all that is
 * still to be read. */
static void avgpool(const struct window *w, float *x)
{
	float *y = x;

	for (int p = 0; p < w->out_h * w->out_w; p++)
		for (int c = 0; c < w->channels; c++) {
			const float *from =
				x + (p / w->out_w * w->in_w + p % w->out_w) * w->stride * w->channels + c;
			float sum = 0.0f;
			for (int i = 0; i < w->size * w->size; i++)
				sum += from[(i / w->size * w->in_w + i % w->size) * w->channels];
			*y++ = sum / (float)(w->size * w->size);
		}
}

/* ---- batchnorm ---- */
/* (x - mean) × scale + bias, for each channel its own. */
static void batchnorm(int count, int channels, const float *mean, const float *scale,
					  const float *bias, float *x)
{
	for (int i = 0; i < count; i++)
		x[i] = (x[i] - mean[i % channels]) * scale[i % channels] + bias[i % channels];
}

/* ---- relu ---- */
static void relu(int count, float *x)
{
	for (int i = 0; i < count; i++)
		x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

/* ---- tanh ---- */
static void apply_tanh(int count, float *x)
{
	for (int i = 0; i < count; i++)
		x[i] = tanhf(x[i]);
}

/* ---- sigmoid ---- */
static void sigmoid(int count, float *x)
{
	for (int i = 0; i < count; i++)
		x[i] = 1.0f / (1.0f + expf(-x[i]));
}

/* ---- softmax ---- */
/* Probabilities of the scores x. Returns the index of the largest. */
static int softmax(int count, const float *x, float *probabilities)
{
	float sum = 0.0f;
	int best = 0;

	for (int i = 1; i < count; i++)
		best = x[i] > x[best] ? i : best;
	for (int i = 0; i < count; i++)
		sum += probabilities[i] = expf(x[i] - x[best]);
	for (int i = 0; i < count; i++)
		probabilities[i] /= sum;
	return best;
}
