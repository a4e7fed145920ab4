/* The tensors of a file, put together to modules: all that belongs to one layer. */
#ifndef APP_WEIGHTS_MODULES_H
#define APP_WEIGHTS_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "formats/safetensors.h"
#include "nn/spec.h"

/* The order is that of a layer's parameters. */
enum role { ROLE_WEIGHT, ROLE_BIAS, ROLE_MEAN, ROLE_VARIANCE, ROLES, ROLE_COUNTER, ROLE_NONE };

/* A tensor's name in two parts: "net.fc1" and the role in "net.fc1.weight". Numbers behind the role
 * belong to the first: "1" in "W1". */
struct name {
	const char *begin;
	size_t length;
	const char *number;
	size_t number_length;
	enum role role;
};

#define MODULES_MOST (SPEC_MAX_LAYERS + 1)

struct module {
	struct name name;
	const struct safetensors_tensor *tensors[ROLES]; /* NULL: not in the file */
	bool used;
};

struct modules {
	struct module list[MODULES_MOST];
	int count;
	size_t ignored; /* tensors that are no weights */
	bool listed;    /* their names are numbers, and say no more than an order */
};

/* Put together what belongs together by its name: "net.fc1.weight" and "net.fc1.bias"; or, where
 * all names are numbers such as "arr_0", by the order. */
int modules_find(const struct safetensors *file, struct modules *modules, struct error *error);

/* One of its tensors, the weight if there is one. */
const struct safetensors_tensor *module_tensor(const struct module *module);

/* Compare two names that differ only in their numbers, by these: "conv2d" < "conv2d_1" <
 * "conv2d_10". Returns 0 where they differ in other characters, too. */
int weights_compare_names(const char *a, const char *b);

/* A vector may be a row or a column of a matrix. */
bool weights_is_vector(const struct safetensors_tensor *tensor, size_t count);

/* True for a batch normalization's variance whose name Keras has given. */
bool weights_named_by_keras(const char *name);

#endif
