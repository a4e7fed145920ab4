/* All that changes in a training (app/trainer.h), and all that it depends on, as one file. Its
 * first entry is a checksum of all other bytes: a bit that is turned in a weight would go
 * unnoticed. */
#include "app/checkpoint.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/model_parts.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/number.h"
#include "formats/crc32.h"

#define FORMAT "mnist-cnn checkpoint 1"
#define MAX_FILE ((size_t)1 << (sizeof(size_t) > 4 ? 34 : 30))

/* The file's beginning, behind the header's length; eight hexadecimal digits follow. */
#define CHECKSUM_KEY "checksum"
#define CHECKSUM_BEGIN "{\"__metadata__\":{\"" CHECKSUM_KEY "\":\""
#define CHECKSUM_AT (8 + sizeof CHECKSUM_BEGIN - 1)
#define CHECKSUM_DIGITS 8

/* ---- what the metadata says ---- */

#define STATE(member) offsetof(struct train_state, member)
#define FACT(member) offsetof(struct checkpoint, member)

/* clang-format off */
static const struct field state_fields[] = {
	{.name = "step", FIELD_UINT64, STATE(step)},
	{.name = "epoch", FIELD_INT, STATE(epoch)},
	{.name = "seen", FIELD_SIZE, STATE(seen)},
	{.name = "digits", FIELD_SIZE, STATE(digits)},
	{.name = "correct", FIELD_SIZE, STATE(correct)},
	{.name = "loss", FIELD_DOUBLE, STATE(loss), .max = DBL_MAX},
	{.name = "seconds", FIELD_DOUBLE, STATE(seconds), .max = DBL_MAX},
	{.name = "rate", FIELD_FLOAT, STATE(learning_rate), .max = (double)FLT_MAX},
	{.name = "kept_epoch", FIELD_INT, STATE(kept.epoch)},
	{.name = NULL},
};

static const struct field fact_fields[] = {
	{.name = "data_checksum", FIELD_UINT64, FACT(data), .most = UINT32_MAX},
	{.name = "train_images", FIELD_SIZE, FACT(train_count)},
	{.name = "val_images", FIELD_SIZE, FACT(val_count)},
	{.name = "class_count", FIELD_INT, FACT(classes)},
	{.name = NULL},
};
/* clang-format on */

/* The columns of the tensor "curves". */
static const size_t columns[] = {
	offsetof(struct epoch_figures, accuracy),       offsetof(struct epoch_figures, loss),
	offsetof(struct epoch_figures, val_accuracy),   offsetof(struct epoch_figures, val_loss),
	offsetof(struct epoch_figures, learning_rate),  offsetof(struct epoch_figures, seconds),
	offsetof(struct epoch_figures, train_accuracy), offsetof(struct epoch_figures, train_loss),
};
#define COLUMNS (sizeof columns / sizeof *columns)

static void add_fields(struct metadata *metadata, const struct field *fields, const void *values)
{
	for (; fields->name; fields++)
		metadata_add_field(metadata, fields, values);
}

static void describe(struct metadata *metadata, const struct trainer *trainer,
					 const struct checkpoint_origin *origin)
{
	const struct checkpoint facts = {
		.data = origin->data,
		.train_count = trainer->split->train_count,
		.val_count = trainer->split->val_count,
		.classes = trainer->network->classes,
	};

	metadata->count = 0;
	metadata_add(metadata, CHECKSUM_KEY, "00000000");
	metadata_add(metadata, "format", FORMAT);
	metadata_add(metadata, "network", trainer->network->spec);
	for (const struct field *const *table = settings_tables; *table; table++)
		add_fields(metadata, *table, trainer->settings);
	add_fields(metadata, fact_fields, &facts);
	add_fields(metadata, state_fields, &trainer->state);
	for (size_t i = 0; i < origin->text_count; i++)
		metadata_add(metadata, origin->texts[i].key, origin->texts[i].value);
}

static int read_fields(const struct safetensors *file, const struct field *fields, void *values,
					   struct error *error)
{
	for (; fields->name; fields++)
		if (metadata_read_field(file, fields, values, error))
			return -1;
	return 0;
}

static int read_metadata(struct checkpoint *checkpoint, struct error *error)
{
	const struct safetensors *file = &checkpoint->file;
	const char *format = safetensors_metadata(file, "format");

	checkpoint->network = safetensors_metadata(file, "network");
	if (!format || strcmp(format, FORMAT))
		return error_set(error, "its format is \"%.40s\"; this program reads \"" FORMAT "\"",
						 format ? format : "");
	if (!checkpoint->network)
		return error_set(error, "the metadata has no \"network\"");
	checkpoint->settings = settings_default();
	for (const struct field *const *table = settings_tables; *table; table++)
		if (read_fields(file, *table, &checkpoint->settings, error))
			return -1;
	return read_fields(file, fact_fields, checkpoint, error) ||
				   read_fields(file, state_fields, &checkpoint->state, error)
			   ? -1
			   : 0;
}

/* ---- vectors of the network's parameters ---- */

#define MOST_VECTORS 8
#define PREFIX 32

/* One number for each parameter: the parameters themselves, or what belongs to them. */
struct vector {
	char prefix[PREFIX]; /* of the tensors' names */
	float *values;       /* [network->value_count] */
};

static int list_vectors(const struct trainer *trainer, struct vector vectors[MOST_VECTORS])
{
	const struct optimizer *optimizer = &trainer->optimizer;
	const struct optimizer_rule *rule = optimizer_rule(optimizer->settings.kind);
	int count = 0;

	vectors[count++] = (struct vector){"", trainer->network->values};
	if (trainer->state.kept.epoch)
		vectors[count++] = (struct vector){"kept.", trainer->kept_values};
	for (size_t i = 0; i < rule->numbers; i++) {
		struct vector *vector = &vectors[count++];
		vector->values = optimizer->state + i * optimizer->count;
		snprintf(vector->prefix, PREFIX, "%.8s%zu.", rule->name, i + 1);
	}
	return count;
}

#define TENSOR_NAME (PREFIX + PARAM_NAME)

static const char *tensor_name(const struct vector *vector, const struct param *param,
							   char name[TENSOR_NAME])
{
	strcpy(name, vector->prefix);
	return strcat(name, param->name);
}

/* Where the parameter's numbers stand in the vector. */
static float *part_of(const struct vector *vector, const struct param *param,
					  const struct network *network)
{
	return vector->values + (param->value - network->values);
}

/* ---- writing ---- */

struct layout {
	struct safetensors_tensor *tensors;
	size_t count;
	char (*names)[TENSOR_NAME];
	float *floats; /* of the vectors, in the file's order */
	double *rows;
};

static int open_layout(struct layout *layout, const struct trainer *trainer, int vectors,
					   struct error *error)
{
	const struct network *network = trainer->network;
	const size_t params = (size_t)vectors * (size_t)network->param_count;
	const size_t rows = (size_t)trainer->state.epoch - 1;
	size_t bytes;

	*layout = (struct layout){0};
	layout->tensors = calloc(params + 2, sizeof *layout->tensors);
	layout->names = calloc(params + 1, sizeof *layout->names);
	if (checked_multiply((size_t)vectors * sizeof(float), network->value_count, &bytes))
		layout->floats = malloc(bytes + 1);
	layout->rows = calloc(rows + 1, COLUMNS * sizeof *layout->rows);
	if (layout->tensors && layout->names && layout->floats && layout->rows)
		return 0;
	return error_scarce(error, "not enough memory for a copy of %d × %zu weights", vectors,
						network->weight_count);
}

static void close_layout(struct layout *layout)
{
	free(layout->tensors);
	free(layout->names);
	free(layout->floats);
	free(layout->rows);
}

static void lay_out_vectors(struct layout *layout, const struct network *network,
							const struct vector *vectors, int count)
{
	float *next = layout->floats;

	for (int v = 0; v < count; v++)
		for (int i = 0; i < network->param_count; i++) {
			const struct param *param = network->params[i];
			struct safetensors_tensor *tensor = &layout->tensors[layout->count];

			*tensor = tensor_of_param(param, part_of(&vectors[v], param, network), next);
			tensor->name = tensor_name(&vectors[v], param, layout->names[layout->count++]);
			next += param->count;
		}
}

/* The curves and the logits, where an epoch is finished. */
static void lay_out_epochs(struct layout *layout, const struct trainer *trainer,
						   const struct epoch_figures *rows)
{
	const size_t count = (size_t)trainer->state.epoch - 1, val_count = trainer->split->val_count;
	const size_t classes = (size_t)trainer->network->classes;

	if (!count)
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < COLUMNS; c++)
			layout->rows[i * COLUMNS + c] = *(const double *)((const char *)&rows[i] + columns[c]);
	layout->tensors[layout->count++] = (struct safetensors_tensor){
		"curves", 2, {count, COLUMNS}, NULL, count * COLUMNS, layout->rows, NULL};
	layout->tensors[layout->count++] = (struct safetensors_tensor){
		"val_logits", 2,   {val_count, classes}, trainer->val_logits, val_count * classes,
		NULL,         NULL};
}

/* The checksum of the file, where its own digits count as zeros. */
static uint32_t checksum(const struct buffer *bytes)
{
	const size_t behind = CHECKSUM_AT + CHECKSUM_DIGITS;
	uint32_t crc = crc32_of(bytes->data, CHECKSUM_AT);

	crc = crc32_more(crc, (const uint8_t *)"00000000", CHECKSUM_DIGITS);
	return crc32_more(crc, bytes->data + behind, bytes->size - behind);
}

static void checksum_text(const struct buffer *bytes, char text[CHECKSUM_DIGITS + 1])
{
	snprintf(text, CHECKSUM_DIGITS + 1, "%08lx", (unsigned long)checksum(bytes));
}

static int make_file(const struct trainer *trainer, const struct checkpoint_origin *origin,
					 struct layout *layout, struct buffer *bytes, struct error *error)
{
	struct vector vectors[MOST_VECTORS];
	const int count = list_vectors(trainer, vectors);
	struct metadata metadata;
	char digits[CHECKSUM_DIGITS + 1];

	if (open_layout(layout, trainer, count, error))
		return -1;
	describe(&metadata, trainer, origin);
	lay_out_vectors(layout, trainer->network, vectors, count);
	lay_out_epochs(layout, trainer, origin->rows);
	const struct safetensors file = {
		.tensors = layout->tensors,
		.tensor_count = layout->count,
		.metadata = metadata.entries,
		.metadata_count = metadata.count,
	};
	if (safetensors_write(&file, bytes, error))
		return -1;
	checksum_text(bytes, digits);
	memcpy(bytes->data + CHECKSUM_AT, digits, CHECKSUM_DIGITS);
	return 0;
}

int checkpoint_encode(const struct trainer *trainer, const struct checkpoint_origin *origin,
					  struct buffer *bytes, struct error *error)
{
	struct layout layout;

	*bytes = (struct buffer){0};
	const int status = make_file(trainer, origin, &layout, bytes, error);
	close_layout(&layout);
	return status;
}

/* ---- reading ---- */

static int check_bytes(const struct buffer *bytes, struct error *error)
{
	char digits[CHECKSUM_DIGITS + 1];

	if (bytes->size < CHECKSUM_AT + CHECKSUM_DIGITS ||
		memcmp(bytes->data + 8, CHECKSUM_BEGIN, sizeof CHECKSUM_BEGIN - 1))
		return error_set(error, "is no checkpoint of a training");
	checksum_text(bytes, digits);
	if (memcmp(bytes->data + CHECKSUM_AT, digits, CHECKSUM_DIGITS))
		return error_set(error, "is damaged: its checksum is %s, but it says %.8s", digits,
						 (const char *)bytes->data + CHECKSUM_AT);
	return 0;
}

/* The figures of the epochs, as far as the settings say that there are any. */
static int read_rows(struct checkpoint *checkpoint, struct error *error)
{
	const struct safetensors_tensor *tensor = safetensors_find(&checkpoint->file, "curves");
	const struct train_state *state = &checkpoint->state;
	const size_t count = (size_t)state->epoch - 1;

	if (state->epoch < 1 || state->kept.epoch >= state->epoch || !state->kept.epoch != !count)
		return error_set(error, "epoch %d cannot follow on epoch %d", state->epoch,
						 state->kept.epoch);
	if (count && (!tensor || !tensor->doubles || tensor->count / COLUMNS != count ||
				  tensor->count % COLUMNS))
		return error_set(error, "the curves are not those of %zu epochs", count);
	checkpoint->rows = calloc(count + 1, sizeof *checkpoint->rows);
	if (!checkpoint->rows)
		return error_scarce(error, "not enough memory for the curves of %zu epochs", count);
	for (size_t i = 0; i < count; i++) {
		struct epoch_figures *row = &checkpoint->rows[i];

		for (size_t c = 0; c < COLUMNS; c++)
			*(double *)((char *)row + columns[c]) = tensor->doubles[i * COLUMNS + c];
		row->epoch = (int)i + 1;
		row->has_val = checkpoint->val_count > 0;
		row->has_train = checkpoint->settings.eval_train;
	}
	if (count)
		checkpoint->state.kept = checkpoint->rows[state->kept.epoch - 1];
	return 0;
}

int checkpoint_parse(const struct buffer *bytes, struct checkpoint *checkpoint, struct error *error)
{
	*checkpoint = (struct checkpoint){0};
	if (check_bytes(bytes, error))
		return -1;
	if (!safetensors_parse_any(bytes->data, bytes->size, &checkpoint->file, error) &&
		!read_metadata(checkpoint, error) && !read_rows(checkpoint, error))
		return 0;
	checkpoint_free(checkpoint);
	return -1;
}

int checkpoint_load(const char *path, struct checkpoint *checkpoint, struct error *error)
{
	struct buffer bytes;

	*checkpoint = (struct checkpoint){0};
	if (file_read(path, MAX_FILE, &bytes, error))
		return -1;
	const int status = checkpoint_parse(&bytes, checkpoint, error);
	buffer_free(&bytes);
	return status ? error_prefix(error, "%s", path) : 0;
}

void checkpoint_free(struct checkpoint *checkpoint)
{
	safetensors_free(&checkpoint->file);
	free(checkpoint->rows);
	*checkpoint = (struct checkpoint){0};
}

/* ---- going on ---- */

/* The part of the training that would have been another one in a longer training, or NULL. */
static const char *depends_on_length(const struct checkpoint *checkpoint)
{
	const struct settings *settings = &checkpoint->settings;

	if (settings->schedule != SCHEDULE_CONSTANT)
		return "learning rate falls to 0 at their end";
	if (settings->warmup > 0)
		return "warm-up is a part of them";
	if (augment_warps(&settings->augment) && settings->augment.until < 1)
		return "augmentation ends after a part of them";
	if (settings->epochs < checkpoint->state.epoch - 1)
		return "last one was a part of one, and is finished";
	return NULL;
}

int checkpoint_set_epochs(struct checkpoint *checkpoint, double epochs, struct error *error)
{
	const double had = checkpoint->settings.epochs;
	const char *reason = depends_on_length(checkpoint);
	char text[NUMBER_TEXT], old[NUMBER_TEXT];

	number_text(epochs, false, text);
	number_text(had, false, old);
	if (epochs < had)
		return error_set(error, "%s, but the training has %s, which may only grow", text, old);
	if (epochs > had && reason)
		return error_set(error, "%s, but the training has %s, and its %s", text, old, reason);
	checkpoint->settings.epochs = epochs;
	return 0;
}

static int read_vectors(const struct safetensors *file, const struct trainer *trainer,
						struct error *error)
{
	const struct network *network = trainer->network;
	struct vector vectors[MOST_VECTORS];
	const int count = list_vectors(trainer, vectors);
	char name[TENSOR_NAME];

	for (int v = 0; v < count; v++)
		for (int i = 0; i < network->param_count; i++) {
			const struct param *param = network->params[i];
			if (tensor_read_param(file, tensor_name(&vectors[v], param, name), param,
								  part_of(&vectors[v], param, network), error))
				return -1;
		}
	return 0;
}

static int read_logits(const struct safetensors *file, const struct trainer *trainer,
					   struct error *error)
{
	const struct safetensors_tensor *tensor = safetensors_find(file, "val_logits");
	const size_t count = trainer->split->val_count * (size_t)trainer->network->classes;

	if (!trainer->state.kept.epoch)
		return 0;
	if (!tensor || !tensor->values || tensor->count != count)
		return error_set(error, "there are not %zu logits of the validation", count);
	memcpy(trainer->val_logits, tensor->values, count * sizeof(float));
	return 0;
}

int checkpoint_resume(const struct checkpoint *checkpoint, uint64_t data, struct trainer *trainer,
					  struct error *error)
{
	const struct split *split = trainer->split;

	if (checkpoint->data != data || checkpoint->train_count != split->train_count ||
		checkpoint->val_count != split->val_count)
		return error_set(error, "these are not the images that the training has begun with");
	if (!trainer_accepts(trainer, &checkpoint->state))
		return error_set(error, "step %llu cannot be in epoch %d of such a training",
						 (unsigned long long)checkpoint->state.step, checkpoint->state.epoch);
	trainer->state = checkpoint->state;
	if (read_vectors(&checkpoint->file, trainer, error) ||
		read_logits(&checkpoint->file, trainer, error))
		return -1;
	optimizer_resume(&trainer->optimizer, trainer->state.step);
	executor_prepare(trainer->executor);
	return 0;
}
