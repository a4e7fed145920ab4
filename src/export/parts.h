/* Shared by the forms. */
#ifndef EXPORT_PARTS_H
#define EXPORT_PARTS_H

#include "export/export.h"

/* "position 12: ONNX cannot express the layer conv:32,3", of form "ONNX". Returns -1. */
int export_refuse(const struct network *network, const struct layer *layer, const char *form,
				  struct error *error);

/* True where the features of an image stay in their places up to the logits, so that their order
 * says which class is which. */
bool export_keeps_order(const struct network *network, const struct layer *flatten);

/* Rows below or columns right of the image that the last window sees: zeros. */
int window_pad_bottom(const struct window *window);
int window_pad_right(const struct window *window);

/* The layer whose output is the logits: the last in front of softmax that does anything. */
int export_last_layer(const struct network *network);

#endif
