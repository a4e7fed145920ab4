/* Weights from elsewhere: which tensors of a file are which parameters of a network, and in which
 * order their numbers lie. */
#ifndef APP_WEIGHTS_H
#define APP_WEIGHTS_H

#include <stdbool.h>

#include "base/error.h"
#include "formats/safetensors.h"
#include "nn/network.h"

/* The order of a convolution's weights: that of PyTorch, of Keras and Flax, of MLX. */
enum filter_order { ORDER_OIHW, ORDER_HWIO, ORDER_OHWI, FILTER_ORDERS };

/* The order of a dense layer's: that of PyTorch, of Keras and Flax. */
enum dense_order { ORDER_OUT_IN, ORDER_IN_OUT, DENSE_ORDERS };

/* The order of a flattened image's features: channels, rows, columns, as of PyTorch; or rows,
 * columns, channels, as of Keras. FLATTEN_AUTO: as goes with the filters' order. */
enum flatten_order { FLATTEN_AUTO, FLATTEN_CHANNELS_FIRST, FLATTEN_CHANNELS_LAST };
const char *weights_flatten_word(int order);

/* Where a parameter's numbers come from. */
struct weights_source {
	const struct safetensors_tensor *tensor; /* of the file, which must live as long; or NULL */
	float missing; /* the number that stands for all of them where there is no tensor */
	float more;    /* is added to each */
	bool redrawn;  /* the tensor is for other classes, so the parameter stays as it is */
};

struct weights_match {
	bool by_name; /* else by the tensors' shapes, and by the numbers in their names */
	enum filter_order filters;
	enum dense_order dense;
	bool channels_last; /* in a flattened image; weights_match takes it to be so unless filters are
						   OIHW, and others may know better */
	struct weights_source sources[SPEC_MAX_LAYERS * LAYER_MAX_PARAMS]; /* of network->params */
	int count;                                                         /* of params; 0: no match */
	size_t ignored; /* tensors that are no weights: counters */
};

/* Match the tensors of a file to the parameters. A layer's tensors are those with one name up to
 * the last word, which says what they are: "net.fc1.weight", "net.fc1.bias". Where such names end
 * in the numbers of the network's layers, as in "net.2.weight", these decide. Else the shapes do,
 * and among layers of one shape the numbers in names: "fc1" comes before "fc2". What can be
 * understood in two ways is refused. With `any_classes`, the file's network may be for another
 * number of classes; what depends on that is marked as redrawn. */
int weights_match(const struct network *network, const struct safetensors *file, bool any_classes,
				  struct weights_match *match, struct error *error);

#define WEIGHTS_DIMS_TEXT 100

/* True where that is the tensor's shape. */
bool weights_has_dims(const struct safetensors_tensor *tensor, int rank, const size_t *dims);

/* A tensor's shape: "[10, 4]". Returns `text`. */
const char *weights_dims_text(const struct safetensors_tensor *tensor,
							  char text[WEIGHTS_DIMS_TEXT]);

/* Give the network's parameters the numbers of their sources. */
int weights_take(const struct network *network, const struct weights_match *match,
				 struct error *error);

#endif
