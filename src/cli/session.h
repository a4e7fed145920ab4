/* A trained network that is ready to be asked: what eval, predict and inspect open before they
 * begin. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <stdint.h>

#include "app/dataset.h"
#include "app/model.h"
#include "app/recognize.h"
#include "base/error.h"
#include "cli/options.h"
#include "compute/engine.h"
#include "nn/executor.h"

/* The options --model, --network, --input-scale and --flatten. */
struct model_values {
	const char *file, *network; /* NULL: not on the line */
	struct input_scale scale;   /* zeros: likewise */
	enum flatten_order flatten;
};

extern const struct field model_fields[];

/* The options --kernels and --threads. */
struct engine_values {
	const char *kernels;
	size_t threads;   /* 0: not on the line */
	size_t set_aside; /* bytes of what the command has beside this engine; no option */
};

extern const struct field engine_fields[];

/* The engine of commands without these options. */
#define ENGINE_ONE_THREAD ((struct engine_values){.kernels = "auto", .threads = 1})

/* Refuse kernels that this computer does not have, and take the threads from $MNIST_CNN_THREADS
 * where the line does not say how many. An error here is the command line's fault. */
int engine_values_settle(struct engine_values *values, struct error *error);

/* Choose the model where the line does not, and name it on stderr, unless quiet. */
void model_values_settle(struct model_values *values, bool quiet);

struct session {
	struct engine engine;
	struct network network;
	struct executor *executor;
	struct classes classes;
	struct model_info info;  /* the settings and figures of its training */
	struct safetensors file; /* the model's file as it is, all metadata included */
};

/* Load the model, to be run in that mode and with batches of `batch_size` images, or of more where
 * otherwise some threads would have nothing to do. Say, unless quiet, how the tensors of a file
 * from elsewhere were understood. Close it also after an error. */
int session_open(struct session *session, const struct model_values *model,
				 const struct engine_values *engine, int batch_size, enum executor_mode mode,
				 bool quiet, struct error *error);

/* The session as that which recognizes digits; it borrows the session. */
struct recognizer session_recognizer(const struct session *session);

/* Refuse images of another size, or of other classes, than the network is for. */
int session_check_dataset(const struct network *network, const struct dataset *dataset,
						  struct error *error);

void session_close(struct session *session); /* accepts a zeroed one */

#endif
