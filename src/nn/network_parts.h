/* The two parts of network_build; private to it. */
#ifndef NN_NETWORK_PARTS_H
#define NN_NETWORK_PARTS_H

#include "nn/network.h"

/* From the spec: layers, steps, stages and tasks, all shapes. */
int network_plan(struct network *network, const struct spec *spec, struct error *error);

/* From the plan: all memory. */
int network_place(struct network *network, struct error *error);

#endif
