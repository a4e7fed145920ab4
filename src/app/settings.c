/* The table of a training's settings. A new setting is a row here, its member in the struct, and
 * its use. */
#include "app/settings.h"

#include <float.h>
#include <string.h>

#define AT(member) offsetof(struct settings, member)

/* clang-format off */
const struct field settings_data[] = {
	{"val_split", FIELD_DOUBLE, AT(val_split), "F", .max = 1, .below_max = true, .standard = 0.2,
	 .help = "part of the images that validate; 0 trains on all of them"},
	{"limit", FIELD_SIZE, AT(limit), "N", .least = 1, .most = UINT32_MAX, .optional = true,
	 .help = "use only N images, chosen at random (default all)"},
	{.name = NULL},
};

const struct field settings_training[] = {
	{"epochs", FIELD_DOUBLE, AT(epochs), "E", .above_min = true, .max = 100000, .standard = 3,
	 .help = "passes over the training images; 0.5 is half of one"},
	{"patience", FIELD_INT, AT(patience), "N", .most = 100000,
	 .help = "end after N epochs without a lower val_loss, and keep the best epoch's weights; "
			 "0: never"},
	{"batch_size", FIELD_INT, AT(batch_size), "N", .least = 1, .most = 65536, .standard = 64,
	 .help = "images a step"},
	{"augment", FIELD_OTHER, AT(augment), "LIST", .codec = &augment_codec,
	 .help = "change the training images at random"},
	{"label_smoothing", FIELD_FLOAT, AT(label_smoothing), "F", .max = 1, .below_max = true,
	 .help = "part of the target that all classes share evenly; losses are shown without"},
	{"eval_train", FIELD_FLAG, AT(eval_train),
	 .help = "measure the training images, too, after each epoch with dropout off"},
	{"seed", FIELD_UINT64, AT(seed), "N", .standard = 1,
	 .help = "of all randomness: the same seed gives the same model"},
	{.name = NULL},
};

const struct field settings_optimizer[] = {
	{"optimizer", FIELD_CHOICE, AT(optimizer.kind), .word = optimizer_name,
	 .help = "how gradients become steps"},
	{"learning_rate", FIELD_FLOAT, AT(learning_rate), "R", .above_min = true,
	 .max = (double)FLT_MAX, .help = "size of the steps, at its peak"},
	{"schedule", FIELD_CHOICE, AT(schedule), .word = schedule_name,
	 .help = "how the learning rate goes on from its peak: as it is, or down to 0"},
	{"warmup", FIELD_DOUBLE, AT(warmup), "F", .max = 1, .below_max = true,
	 .help = "part of all steps in which it climbs to the peak, from 4% of it"},
	{"beta1", FIELD_FLOAT, AT(optimizer.beta1), "F", .max = 1, .below_max = true,
	 .standard = (double)ADAM_BETA1, .help = "decay of the mean of gradients"},
	{"beta2", FIELD_FLOAT, AT(optimizer.beta2), "F", .max = 1, .below_max = true,
	 .standard = (double)ADAM_BETA2, .help = "decay of the mean of squared gradients"},
	{"momentum", FIELD_FLOAT, AT(optimizer.momentum), "F", .max = 1, .below_max = true,
	 .standard = (double)SGD_MOMENTUM, .help = "part of the last step that goes on in the next"},
	{"weight_decay", FIELD_FLOAT, AT(optimizer.weight_decay), "F", .max = 1,
	 .help = "each step takes learning rate x F off all weights, but not off biases"},
	{.name = NULL},
};
/* clang-format on */

const struct field *const settings_tables[] = {settings_data, settings_training, settings_optimizer,
											   NULL};

struct settings settings_default(void)
{
	struct settings settings = {0};

	for (const struct field *const *table = settings_tables; *table; table++)
		field_reset(*table, &settings);
	settings.learning_rate = optimizer_rule(settings.optimizer.kind)->learning_rate;
	return settings;
}

const struct field *settings_find(const char *name)
{
	for (const struct field *const *table = settings_tables; *table; table++)
		for (const struct field *field = *table; field->name; field++)
			if (!strcmp(field->name, name))
				return field;
	return NULL;
}

bool settings_matter(const struct settings *settings, const struct field *field)
{
	return field->type != FIELD_FLAG && !optimizer_ignores(settings->optimizer.kind, field->name);
}
