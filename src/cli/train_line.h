/* The command line of train: its options, its recipes, and what a checkpoint says of it. */
#ifndef CLI_TRAIN_LINE_H
#define CLI_TRAIN_LINE_H

#include <stdbool.h>

#include "app/checkpoint.h"
#include "app/settings.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/session.h"

/* The sections of options that a checkpoint remembers. */
enum train_section {
	LINE_RECIPE,
	LINE_DATA,
	LINE_SPLIT,
	LINE_NETWORK,
	LINE_INIT,
	LINE_TRAINING,
	LINE_OPTIMIZER,
	LINE_OUTPUT,
	LINE_CHECKPOINT,
	LINE_SECTIONS
};

#define EVERY_EPOCH (-1.0)

struct train_values {
	struct settings settings;
	bool given[LINE_SECTIONS][SETTINGS_MOST]; /* rows that stood on the command line */
	enum optimizer_kind recipe_optimizer;
	struct engine_values engine;
	struct dataset_options data;
	const char *recipe, *network, *init, *model, *curves, *checkpoint, *resume;
	struct input_scale input_scale; /* zeros: not said */
	enum flatten_order flatten;
	double checkpoint_every; /* seconds, or EVERY_EPOCH */
	bool no_live, json;
	struct common_values common;
};

extern const struct option_section train_options[];

void train_defaults_set(void *values);
int train_prepare(int argc, char *const *argv, void *values, struct error *error);
void train_explain(FILE *out);

/* Take everything that the line does not say from the checkpoint that it names, which must outlive
 * the values. An option that contradicts it is refused. */
int train_line_resume(struct train_values *values, struct checkpoint *checkpoint,
					  struct error *error);

/* Refuse a setting that only another optimizer has. Where the line chooses another optimizer than
 * the recipe's without a learning rate, that is the optimizer's usual one. */
int train_line_settle_optimizer(struct train_values *values, struct error *error);

/* The texts that a checkpoint shall remember beside the settings. */
#define LINE_MOST 24
struct train_texts {
	struct safetensors_entry entries[LINE_MOST];
	char texts[LINE_MOST][FIELD_TEXT_SIZE];
	size_t count;
};

/* `place` is where the images were found. The texts borrow from both. */
void train_line_texts(const struct train_values *values, const char *place,
					  struct train_texts *texts);

/* Print the command that goes on from the checkpoint. */
void train_line_print_resume(FILE *out, const char *checkpoint);

#endif
