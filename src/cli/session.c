/* One way in and one way out for every command that asks a trained network. */
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/calibrate.h"
#include "base/number.h"
#include "nn/loss.h"

#define MODEL(member) offsetof(struct model_values, member)
#define ENGINE(member) offsetof(struct engine_values, member)
#define TABLE(name, ...) ", " #name
#define LAST_TABLE(name, ...) " or " #name

/* clang-format off */
const struct field model_fields[] = {
	{"model", FIELD_TEXT, MODEL(file), "FILE",
	 .help = "the trained network (default ./model.safetensors, then the one in the program)"},
	{"network", FIELD_TEXT, MODEL(network), "SPEC",
	 .help = "the layers, for a file from elsewhere that does not say"},
	{.name = NULL},
};

const struct field engine_fields[] = {
	{"threads", FIELD_SIZE, ENGINE(threads), "N", .least = 1, .most = WORKERS_MAX, .optional = true,
	 .help = "threads (default $MNIST_CNN_THREADS, then one a processor)"},
	{"kernels", FIELD_TEXT, ENGINE(kernels), "NAME",
	 .help = "the loops to compute with: auto"
#include "compute/kernels.def"
	},
	{.name = NULL},
};
/* clang-format on */

int engine_values_settle(struct engine_values *values, struct error *error)
{
	const char *text = getenv("MNIST_CNN_THREADS");
	uint64_t threads = values->threads;

	if (!threads && text && *text && number_whole(text, "", 1, WORKERS_MAX, &threads))
		return error_set(error, "MNIST_CNN_THREADS: \"%s\" is not a number in 1 … %d", text,
						 WORKERS_MAX);
	values->threads = (size_t)threads;
	return kernels_choose(values->kernels, error) ? 0 : -1;
}

void model_values_settle(struct model_values *values, bool quiet)
{
	if (values->file)
		return;
	values->file = model_default();
	if (!quiet)
		fprintf(stderr, "model %s\n", values->file);
}

int session_open(struct session *session, const struct model_values *model,
				 const struct engine_values *engine, int batch_size, enum executor_mode mode,
				 struct error *error)
{
	*session = (struct session){0};
	if (engine_open(&session->engine, engine->kernels, (int)engine->threads, error) ||
		model_load(model->file, model->network, &session->network, &session->info, error))
		return -1;
	session->executor = executor_open(&session->network, &session->engine, batch_size, mode, error);
	return session->executor ? 0 : error_prefix(error, "%s", model->file);
}

void session_close(struct session *session)
{
	executor_close(session->executor);
	network_free(&session->network);
	engine_close(&session->engine);
	*session = (struct session){0};
}

int session_recognize(struct session *session, const uint8_t pixels[DATASET_PIXELS],
					  float probabilities[DATASET_CLASSES], struct error *error)
{
	const struct dataset one = {.count = 1, .images = pixels};
	const struct selection selection = {&one, (const uint32_t[]){0}};
	const struct batch batch = {.n = 1, .load = selection_load, .context = &selection};
	const float *logits = executor_predict(session->executor, &batch);

	if (!loss_logits_are_finite(DATASET_CLASSES, logits))
		return error_set(error, "the network's output is not a number");
	calibrated_softmax(DATASET_CLASSES, logits, session->info.temperature, probabilities);
	return 0;
}
