/* A parameter tensor: what the optimizer, the model file and the gradient check see. */
#ifndef NN_PARAM_H
#define NN_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#define PARAM_NAME 24

/* The order of the values in memory, against PyTorch's order, which model files keep.
 * PARAM_PLAIN    the same: dims are both.
 * PARAM_FILTERS  memory (out, h, w, c); file (out, c, h, w): convolution filters
 * PARAM_DENSE    memory (out, h, w, c); file (out, c × h × w): weights of a flattened image
 * PARAM_FEATURES memory (1, h, w, c); file (c × h × w): a number for each feature of one */
enum param_layout { PARAM_PLAIN, PARAM_FILTERS, PARAM_DENSE, PARAM_FEATURES };

struct param {
	char name[PARAM_NAME]; /* as nn.Sequential names it: "0.weight" */
	enum param_layout layout;
	int rank;
	size_t dims[4]; /* in memory's order */
	size_t count;   /* the product of dims */
	bool trained;   /* else the layer itself changes it, and it has no gradient: a running mean */
	float *value;   /* in the network's values */
};

/* `count` up to the cache line on which the next tensor begins: 10 floats take the room of 16. */
size_t param_padded_count(const struct param *param);

/* The shape that the model file gives it; returns its rank. */
int param_file_dims(const struct param *param, size_t dims[4]);

/* Is it what inputs are multiplied with, and not a bias or a scale of normalization? */
bool param_is_weight(const struct param *param);

/* Copy values between memory's order and the file's order; both hold count floats. */
void param_to_file(const struct param *param, const float *memory, float *file);
void param_from_file(const struct param *param, const float *file, float *memory);

#endif
