/* One way in and one way out for every command that asks a trained network. */
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/input_scale.h"
#include "base/number.h"
#include "cli/advice.h"
#include "cli/report.h"

#define MODEL(member) offsetof(struct model_values, member)
#define ENGINE(member) offsetof(struct engine_values, member)
#define TABLE(name, ...) ", " #name
#define LAST_TABLE(name, ...) " or " #name

/* clang-format off */
const struct field model_fields[] = {
	{"model", FIELD_TEXT, MODEL(file), "FILE", .stream = STREAM_INPUT,
	 .help = "the trained network, or builtin for the one in the program (default "
			 "$MNIST_CNN_MODEL, then ./model.safetensors, then builtin)"},
	{"network", FIELD_TEXT, MODEL(network), "SPEC",
	 .help = "the layers, for a file from elsewhere that does not say"},
	{"input_scale", FIELD_OTHER, MODEL(scale), "SCALE", .codec = &input_scale_codec,
	 .help = "what such a network reads: 0..1, 0..255, or MEAN,DEVIATION of pixels from 0 to 1"},
	{"flatten", FIELD_CHOICE, MODEL(flatten), .word = weights_flatten_word,
	 .help = "the order in which such a network flattens an image; auto goes by its filters"},
	{.name = NULL},
};

const struct field engine_fields[] = {
	{"threads", FIELD_SIZE, ENGINE(threads), "N", .least = 1, .most = WORKERS_MAX, .optional = true,
	 .help = "threads (default $MNIST_CNN_THREADS, then one a processor)"},
	{"kernels", FIELD_TEXT, ENGINE(kernels), "NAME", .word = kernels_name,
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
	const bool is_chosen = values->file;
	const char *variable = getenv("MNIST_CNN_MODEL");

	if (!values->file)
		values->file = variable && *variable ? variable : model_default();
	if (!strcmp(values->file, "builtin"))
		values->file = MODEL_BUILTIN;
	if (!is_chosen && !quiet)
		fprintf(stderr, "model %s\n", values->file);
}

int session_open(struct session *session, const struct model_values *model,
				 const struct engine_values *engine, int batch_size, enum executor_mode mode,
				 bool quiet, struct error *error)
{
	const struct model_wanted wanted = {model->network, model->scale, model->flatten};
	struct weights_match match;

	*session = (struct session){0};
	if (engine_open(&session->engine, engine->kernels, (int)engine->threads, error))
		return -1;
	engine_set_aside(&session->engine, engine->set_aside);
	if (advise_on_model(model_load_as(model->file, &wanted, &session->network, &session->info,
									  &session->file, &match, error),
						error))
		return -1;
	if (!quiet)
		report_match(stderr, &session->network, &match);
	if (model_classes(&session->file, session->network.classes, &session->classes, error))
		return error_prefix(error, "%s", model->file);
	const int full = executor_full_batch(&session->engine);
	session->executor = executor_open(&session->network, &session->engine,
									  full > batch_size ? full : batch_size, mode, error);
	if (session->executor)
		return 0;
	if (workers_count(session->engine.workers) > 1)
		error_append(error, "; fewer --threads need less");
	return error_prefix(error, "%s", model->file);
}

struct recognizer session_recognizer(const struct session *session)
{
	return (struct recognizer){
		.executor = session->executor,
		.least = recognizer_least(&session->info),
		.pictures = session->info.pictures,
	};
}

int session_check_dataset(const struct network *network, const struct dataset *dataset,
						  struct error *error)
{
	const struct shape *in = &network->input;

	if (dataset->height != in->h || dataset->width != in->w)
		return error_set(error, "%s: images of %d×%d pixels, but the network reads %d×%d",
						 dataset->place, dataset->height, dataset->width, in->h, in->w);
	if (dataset->labels && dataset->classes.count != network->classes)
		return error_set(error,
						 "%s: images of %d classes, but the network tells %d; dense:classes has a "
						 "unit for each",
						 dataset->place, dataset->classes.count, network->classes);
	return 0;
}

void session_close(struct session *session)
{
	executor_close(session->executor);
	network_free(&session->network);
	classes_free(&session->classes);
	safetensors_free(&session->file);
	engine_close(&session->engine);
	*session = (struct session){0};
}
