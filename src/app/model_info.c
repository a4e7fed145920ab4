/* The metadata of a model's file, written and read: its network, its images and classes, how it was
 * trained. */
#include <float.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/input_scale.h"
#include "app/model_parts.h"

#define FORMAT "mnist-cnn 1"
#define FORMAT_FAMILY "mnist-cnn "
#define CHECKPOINT FORMAT_FAMILY "checkpoint "
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INFO(member) offsetof(struct model_info, member)

/* clang-format off */
static const struct field facts[] = {
	{.name = "train_images", FIELD_SIZE, INFO(train_count)},
	{.name = "val_images", FIELD_SIZE, INFO(val_count)},
	{.name = "epochs_done", FIELD_INT, INFO(result.epochs_done)},
	{.name = NULL},
};

/* The epoch whose weights these are; written with patience, since it is the last one otherwise. */
static const struct field best_epoch =
	{.name = "best_epoch", FIELD_INT, INFO(result.kept.epoch)};

/* The figures of that epoch; the last two are of validation. */
static const struct field figures[] = {
	{.name = "accuracy", FIELD_DOUBLE, INFO(result.kept.accuracy), .max = 1},
	{.name = "loss", FIELD_DOUBLE, INFO(result.kept.loss), .max = DBL_MAX},
	{.name = "val_accuracy", FIELD_DOUBLE, INFO(result.kept.val_accuracy), .max = 1},
	{.name = "val_loss", FIELD_DOUBLE, INFO(result.kept.val_loss), .max = DBL_MAX},
};
/* clang-format on */

/* The order of the metadata in the file. A setting that is not named here came later: it follows at
 * the end, and has its default where a file does not have it. */
static const char *const order[] = {
	"format",        "network",      "input",        "scaling",  "classes",      "class_labels",
	"class_names",   "transposed",   "pictures",     "split",    "seed",         "val_split",
	"limit",         "train_images", "val_images",   "epochs",   "epochs_done",  "batch_size",
	"learning_rate", "optimizer",    "schedule",     "warmup",   "weight_decay", "label_smoothing",
	"patience",      "beta1",        "beta2",        "momentum", "augment",      "best_epoch",
	"accuracy",      "loss",         "val_accuracy", "val_loss",
};

static size_t rank(const char *key)
{
	size_t i = 0;

	while (i < COUNT(order) && strcmp(order[i], key))
		i++;
	return i;
}

static int compare_entries(const void *a, const void *b)
{
	const char *key_a = ((const struct safetensors_entry *)a)->key;
	const char *key_b = ((const struct safetensors_entry *)b)->key;
	const size_t rank_a = rank(key_a), rank_b = rank(key_b);

	return rank_a == rank_b ? strcmp(key_a, key_b) : rank_a < rank_b ? -1 : 1;
}

static void add_training(struct metadata *metadata, const struct model_info *info)
{
	const struct epoch_figures *kept = &info->result.kept;

	for (const struct field *const *table = settings_tables; *table; table++)
		for (const struct field *field = *table; field->name; field++)
			if (settings_matter(&info->settings, field))
				metadata_add_field(metadata, field, &info->settings);
	for (const struct field *fact = facts; fact->name; fact++)
		metadata_add_field(metadata, fact, info);
	if (kept->epoch && info->settings.patience)
		metadata_add_field(metadata, &best_epoch, info);
	for (int i = 0; kept->epoch && i < (kept->has_val ? 4 : 2); i++)
		metadata_add_field(metadata, &figures[i], info);
}

/* The images that the network may be asked about. */
static int add_data(struct model_description *description, const struct model_info *info,
					struct error *error)
{
	struct metadata *metadata = &description->metadata;

	if (info->transposed)
		metadata_add(metadata, "transposed", "yes");
	if (info->pictures != PICTURES_AUTO)
		metadata_add(metadata, "pictures", dataset_pictures_word((int)info->pictures));
	if (info->stratified)
		metadata_add(metadata, "split", "stratified");
	if (!info->classes || classes_are_numbered(info->classes))
		return 0;
	if (classes_write(info->classes, &description->labels, &description->names, error))
		return -1;
	metadata_add(metadata, "class_labels", description->labels);
	metadata_add(metadata, "class_names", description->names);
	return 0;
}

void model_description_free(struct model_description *description)
{
	free(description->labels);
	free(description->names);
}

int model_describe(struct model_description *description, const struct network *network,
				   const struct model_info *info, struct error *error)
{
	struct metadata *metadata = &description->metadata;

	metadata->count = 0;
	description->labels = description->names = NULL;
	metadata_add(metadata, "format", FORMAT);
	metadata_add(metadata, "network", network->spec);
	metadata_print(metadata, "input", "%dx%dx%d", network->input.h, network->input.w,
				   network->input.c);
	metadata_add(metadata, "scaling", input_formula(network->scale, description->scaling));
	metadata_print(metadata, "classes", "%d", network->classes);
	if (info && add_data(description, info, error))
		return -1;
	if (info && info->trained_here)
		add_training(metadata, info);
	qsort(metadata->entries, metadata->count, sizeof *metadata->entries, compare_entries);
	return 0;
}

static int read_settings(const struct safetensors *file, struct settings *settings,
						 struct error *error)
{
	*settings = settings_default();
	for (const struct field *const *table = settings_tables; *table; table++)
		for (const struct field *field = *table; field->name; field++)
			if (settings_matter(settings, field) &&
				(rank(field->name) < COUNT(order) || safetensors_metadata(file, field->name)) &&
				metadata_read_field(file, field, settings, error))
				return -1;
	return 0;
}

/* Nothing depends on the figures, so a file whose figures are odd or left out is as good as
 * another. */
static void read_figures(const struct safetensors *file, struct model_info *info)
{
	struct epoch_figures *kept = &info->result.kept;
	struct error ignored;

	if (metadata_read_field(file, &figures[0], info, &ignored) ||
		metadata_read_field(file, &figures[1], info, &ignored)) {
		*kept = (struct epoch_figures){0};
		return;
	}
	if (metadata_read_field(file, &best_epoch, info, &ignored))
		kept->epoch = info->result.epochs_done;
	kept->has_val = !metadata_read_field(file, &figures[2], info, &ignored) &&
					!metadata_read_field(file, &figures[3], info, &ignored);
}

int model_read_info(const struct safetensors *file, struct model_info *info, struct error *error)
{
	const char *transposed = safetensors_metadata(file, "transposed");
	const char *split = safetensors_metadata(file, "split");
	const char *pictures = safetensors_metadata(file, "pictures");

	*info = (struct model_info){0};
	info->transposed = transposed && !strcmp(transposed, "yes");
	info->stratified = split && !strcmp(split, "stratified");
	for (int i = PICTURES_AUTO; pictures && dataset_pictures_word(i); i++)
		if (!strcmp(pictures, dataset_pictures_word(i)))
			info->pictures = (enum dataset_pictures)i;
	if (!safetensors_metadata(file, "seed"))
		return 0;
	info->trained_here = true;
	if (read_settings(file, &info->settings, error))
		return -1;
	for (const struct field *fact = facts; fact->name; fact++)
		if (metadata_read_field(file, fact, info, error))
			return -1;
	read_figures(file, info);
	info->result.stopped = info->result.epochs_done < info->settings.epochs &&
						   !train_is_out_of_patience(&info->settings, info->result.epochs_done,
													 info->result.kept.epoch);
	return 0;
}

int model_check_format(const struct safetensors *file, struct error *error)
{
	const char *format = safetensors_metadata(file, "format");

	if (format && !strncmp(format, CHECKPOINT, strlen(CHECKPOINT)))
		return error_set(error, "is the checkpoint of a training, not a model");
	if (format && !strncmp(format, FORMAT_FAMILY, strlen(FORMAT_FAMILY)) && strcmp(format, FORMAT))
		return error_set(error, "its format is \"%.40s\"; this program reads \"" FORMAT "\"",
						 format);
	return 0;
}
