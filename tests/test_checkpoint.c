/* Checkpoints: a training that is broken off anywhere goes on to the same bits; nothing else is
 * taken for a checkpoint. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "app/checkpoint.h"
#include "app/evaluate.h"
#include "base/draft.h"
#include "errors.h"
#include "fixture.h"
#include "formats/crc32.h"
#include "mutations.h"
#include "nn/schedule.h"
#include "scratch.h"

#define SPEC "conv:2,5,2 batchnorm relu maxpool:2 flatten dropout:0.1 dense:10 softmax"
#define MOST_EPOCHS 16

static struct dataset dataset;
static struct error error;
static char folder[64], path[256];
static uint32_t data_checksum;
static const char *kernels = "auto"; /* that the next run computes with */

static int setup(void **state)
{
	(void)state;
	if (!scratch_open(folder) ||
		dataset_load(&dataset, &(struct dataset_options){.path = DATA}, DATASET_TEST, NULL, &error))
		return -1;
	scratch_path(path, folder, "c.safetensors");
	data_checksum = dataset_checksum(&dataset);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dataset_free(&dataset);
	return scratch_close(folder) ? 0 : -1;
}

/* A training, and the curves that it has drawn. */
struct run {
	struct settings settings;
	struct engine engine;
	struct network network;
	struct executor *executor;
	struct split split;
	struct trainer trainer;
	struct epoch_figures rows[MOST_EPOCHS];
	struct train_result result;
};

static void open_run(struct run *run, const struct settings *settings, const char *spec,
					 int threads)
{
	const struct shape input = {.h = 28, .w = 28, .c = 1};

	memset(run, 0, sizeof *run);
	run->settings = *settings;
	assert_int_equal(engine_open(&run->engine, kernels, threads, &error), 0);
	if (network_build(&run->network, spec, input, 10, &error))
		fail_msg("%s", error.text);
	network_init(&run->network, settings->seed);
	run->executor =
		executor_open(&run->network, &run->engine, settings->batch_size, EXECUTOR_TRAIN, &error);
	assert_non_null(run->executor);
	assert_int_equal(split_make(&run->split, dataset.count, settings->limit, settings->val_split,
								settings->seed, &error),
					 0);
	assert_int_equal(
		trainer_open(&run->trainer, run->executor, &dataset, &run->split, &run->settings, &error),
		0);
}

static void close_run(struct run *run)
{
	trainer_close(&run->trainer);
	split_free(&run->split);
	executor_close(run->executor);
	network_free(&run->network);
	engine_close(&run->engine);
}

/* One step, or what is to be done after an epoch. */
static void go_on(struct run *run)
{
	struct trainer *trainer = &run->trainer;
	struct epoch_figures figures;

	if (trainer_has_epoch(trainer)) {
		assert_int_equal(trainer_finish_epoch(trainer, NULL, &figures, &error), 0);
		run->rows[figures.epoch - 1] = figures;
	} else if (trainer_step(trainer, &error)) {
		fail_msg("%s", error.text);
	}
}

static void finish(struct run *run)
{
	while (!trainer_is_done(&run->trainer))
		go_on(run);
	assert_int_equal(trainer_finish(&run->trainer, &run->result, &error), 0);
}

static int write_checkpoint(const struct trainer *trainer, const struct checkpoint_origin *origin)
{
	struct buffer bytes;

	if (checkpoint_encode(trainer, origin, &bytes, &error))
		return -1;
	const int status = file_replace(path, bytes.data, bytes.size, &error);
	buffer_free(&bytes);
	return status;
}

static void save(const struct run *run)
{
	const struct safetensors_entry texts[] = {{"word", "this and that"}};
	const struct checkpoint_origin origin = {data_checksum, run->rows, texts, 1};

	if (write_checkpoint(&run->trainer, &origin))
		fail_msg("%s", error.text);
}

/* A new run that goes on from the file. */
static void resume(struct run *run, int threads)
{
	struct checkpoint checkpoint;

	if (checkpoint_load(path, &checkpoint, &error))
		fail_msg("%s", error.text);
	assert_string_equal(safetensors_metadata(&checkpoint.file, "word"), "this and that");
	struct settings other_seed = checkpoint.settings;
	other_seed.seed++;
	open_run(run, &checkpoint.settings, checkpoint.network, threads);
	network_init(&run->network, other_seed.seed); /* the first weights are in the file */
	if (checkpoint_resume(&checkpoint, data_checksum, &run->trainer, &error))
		fail_msg("%s", error.text);
	memcpy(run->rows, checkpoint.rows,
		   ((size_t)checkpoint.state.epoch - 1) * sizeof *checkpoint.rows);
	checkpoint_free(&checkpoint);
}

static void assert_same_rows(const struct epoch_figures *a, const struct epoch_figures *b)
{
	assert_int_equal(a->epoch, b->epoch);
	assert_true(a->has_val == b->has_val && a->has_train == b->has_train);
	assert_true(a->accuracy == b->accuracy && a->loss == b->loss);
	assert_true(a->val_accuracy == b->val_accuracy && a->val_loss == b->val_loss);
	assert_true(a->train_accuracy == b->train_accuracy && a->train_loss == b->train_loss);
	assert_true(a->learning_rate == b->learning_rate && a->seconds > 0 && b->seconds > 0);
}

static void assert_same_end(const struct run *a, const struct run *b)
{
	assert_int_equal(a->result.steps, b->result.steps);
	assert_int_equal(a->result.epochs_done, b->result.epochs_done);
	assert_int_equal(a->result.stopped, b->result.stopped);
	assert_true(a->result.temperature == b->result.temperature);
	assert_int_equal(a->result.kept.epoch, b->result.kept.epoch);
	for (int i = 0; i < a->result.epochs_done; i++)
		assert_same_rows(&a->rows[i], &b->rows[i]);
	if (a->result.kept.epoch)
		assert_same_rows(&a->result.kept, &b->result.kept);
	assert_int_equal(a->network.value_count, b->network.value_count);
	assert_memory_equal(a->network.values, b->network.values,
						a->network.value_count * sizeof(float));
}

static struct settings small_settings(void)
{
	struct settings settings = settings_default();

	settings.batch_size = 16;
	settings.limit = 60; /* 48 and 12: 3 steps an epoch */
	settings.epochs = 3;
	settings.learning_rate = 0.01f;
	return settings;
}

/* Break the training off in front of each of its moments, and go on from there. */
static void break_everywhere(const struct settings *settings, const char *spec)
{
	struct run whole, first, second;
	int moment = 0;

	open_run(&whole, settings, spec, 2);
	finish(&whole);
	for (bool done = false; !done; moment++) {
		open_run(&first, settings, spec, 1 + moment % 3);
		for (int i = 0; i < moment; i++)
			go_on(&first);
		done = trainer_is_done(&first.trainer);
		save(&first);
		close_run(&first);
		resume(&second, 1 + (moment + 1) % 3);
		finish(&second);
		assert_same_end(&second, &whole);
		close_run(&second);
	}
	assert_true(moment > (int)whole.result.steps + whole.result.epochs_done);
	close_run(&whole);
}

static void any_step_will_do(void **state)
{
	struct settings settings = small_settings();

	(void)state;
	break_everywhere(&settings, SPEC);
	settings.eval_train = true;
	settings.val_split = 0;
	settings.label_smoothing = 0.1f;
	break_everywhere(&settings, SPEC);
}

static void any_optimizer_and_schedule_will_do(void **state)
{
	struct settings settings = small_settings();

	(void)state;
	settings.optimizer.weight_decay = 0.01f;
	settings.warmup = 0.3;
	settings.epochs = 2.4;
	for (int optimizer = 0; optimizer_name(optimizer); optimizer++)
		for (int schedule = 0; schedule_name(schedule); schedule++) {
			settings.optimizer.kind = (enum optimizer_kind)optimizer;
			settings.schedule = (enum schedule)schedule;
			break_everywhere(&settings, SPEC);
		}
}

static void any_augmentation_will_do(void **state)
{
	static const char *const lists[] = {"shift,rotate,scale,shear,elastic,until:0.5",
										"others,drawn,shift"};
	struct settings settings = small_settings();

	(void)state;
	settings.epochs = 2;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		assert_int_equal(augment_parse(lists[i], &settings.augment, &error), 0);
		break_everywhere(&settings, SPEC);
	}
}

static void break_between(const char *before, const char *after, const struct settings *settings)
{
	struct run whole, first, second;

	kernels = before;
	open_run(&whole, settings, SPEC, 2);
	finish(&whole);
	for (int moment = 1; moment < 12; moment += 3) {
		kernels = before;
		open_run(&first, settings, SPEC, 3);
		for (int i = 0; i < moment; i++)
			go_on(&first);
		save(&first);
		close_run(&first);
		kernels = after;
		resume(&second, 1);
		finish(&second);
		assert_same_end(&second, &whole);
		close_run(&second);
	}
	close_run(&whole);
	kernels = "auto";
}

/* On a computer with other vectors, which give the same bits, or with none. */
static void other_kernels_will_do(void **state)
{
	static const char *const pairs[][2] = {
		{"portable", "portable"}, {"avx2", "avx512"}, {"avx512", "avx2"}};
	const struct settings settings = small_settings();

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (kernels_choose(pairs[i][0], &error) && kernels_choose(pairs[i][1], &error))
			break_between(pairs[i][0], pairs[i][1], &settings);
		else
			print_message("no %s and %s here\n", pairs[i][0], pairs[i][1]);
}

/* The best epoch is an early one, and is kept across the break. */
static void patience_goes_on(void **state)
{
	struct settings settings = small_settings();
	struct run run;

	(void)state;
	settings.learning_rate = 0.05f;
	settings.epochs = 12;
	settings.patience = 2;
	open_run(&run, &settings, SPEC, 1);
	finish(&run);
	assert_true(run.result.epochs_done < 12 && run.result.kept.epoch < run.result.epochs_done);
	close_run(&run);
	break_everywhere(&settings, SPEC);
}

/* A training that is stopped after it was resumed leaves the weights of one without a break. */
static void a_stopped_training_is_the_same(void **state)
{
	for (int patience = 0; patience < 2; patience++) {
		struct settings settings = small_settings();
		struct run whole, first, second;

		(void)state;
		settings.patience = patience;
		open_run(&whole, &settings, SPEC, 1);
		for (int i = 0; i < 6; i++)
			go_on(&whole);
		for (int moment = 0; moment <= 6; moment++) {
			open_run(&first, &settings, SPEC, 2);
			for (int i = 0; i < moment; i++)
				go_on(&first);
			save(&first);
			close_run(&first);
			resume(&second, 1);
			for (int i = moment; i < 6; i++)
				go_on(&second);
			assert_int_equal(trainer_finish(&second.trainer, &second.result, &error), 0);
			if (!moment)
				assert_int_equal(trainer_finish(&whole.trainer, &whole.result, &error), 0);
			assert_true(second.result.stopped);
			assert_same_end(&second, &whole);
			close_run(&second);
		}
		close_run(&whole);
	}
}

/* What a diverged training goes back to is in the file, too. */
static void the_last_good_epoch_is_kept(void **state)
{
	const struct settings settings = small_settings();
	struct run first, second;

	(void)state;
	open_run(&first, &settings, SPEC, 1);
	for (int i = 0; i < 6; i++) /* two steps behind the first epoch */
		go_on(&first);
	save(&first);
	resume(&second, 1);
	trainer_go_back(&first.trainer, &first.result);
	trainer_go_back(&second.trainer, &second.result);
	assert_int_equal(second.result.kept.epoch, 1);
	assert_same_end(&second, &first);
	close_run(&first);
	close_run(&second);
}

/* A moment may overflow in a training that goes on. */
static void infinite_moments_are_kept(void **state)
{
	const struct settings settings = small_settings();
	struct run first, second;

	(void)state;
	open_run(&first, &settings, SPEC, 1);
	go_on(&first);
	first.trainer.optimizer.state[first.trainer.optimizer.count] = INFINITY;
	save(&first);
	resume(&second, 1);
	assert_true(isinf(second.trainer.optimizer.state[second.trainer.optimizer.count]));
	close_run(&first);
	close_run(&second);
}

/* ---- longer trainings ---- */

static void assert_epochs(const struct run *run, double epochs, const char *expected)
{
	struct checkpoint checkpoint;

	save(run);
	assert_int_equal(checkpoint_load(path, &checkpoint, &error), 0);
	assert_int_equal(checkpoint_set_epochs(&checkpoint, epochs, &error), expected ? -1 : 0);
	if (expected)
		assert_string_equal(error.text, expected);
	assert_true(checkpoint.settings.epochs == (expected ? run->settings.epochs : epochs));
	checkpoint_free(&checkpoint);
}

static void some_trainings_cannot_grow(void **state)
{
	static const char *const lists[] = {"shift,until:0.5", "shift", "others"};
	struct settings settings = small_settings();
	struct run run;

	(void)state;
	open_run(&run, &settings, SPEC, 1);
	assert_epochs(&run, 3, NULL);
	assert_epochs(&run, 3.5, NULL);
	assert_epochs(&run, 2.5, "2.5, but the training has 3, which may only grow");
	run.settings.schedule = SCHEDULE_LINEAR;
	assert_epochs(&run, 3, NULL);
	assert_epochs(&run, 4,
				  "4, but the training has 3, and its learning rate falls to 0 at their end");
	run.settings.schedule = SCHEDULE_CONSTANT;
	run.settings.warmup = 0.1;
	assert_epochs(&run, 4, "4, but the training has 3, and its warm-up is a part of them");
	run.settings.warmup = 0;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(augment_parse(lists[i], &run.settings.augment, &error), 0);
		assert_epochs(&run, 4,
					  i ? NULL
						: "4, but the training has 3, and its augmentation ends after a part of "
						  "them");
	}
	close_run(&run);
}

static void others_grow_to_the_same_bits(void **state)
{
	static const double lengths[] = {2, 2.5, 0.4};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct settings settings = small_settings();
		struct checkpoint checkpoint;
		struct run whole, first, second;
		int moment = 0;

		open_run(&whole, &settings, SPEC, 1);
		finish(&whole);
		settings.epochs = lengths[i];
		for (bool done = false; !done; moment++) {
			open_run(&first, &settings, SPEC, 1);
			for (int step = 0; step < moment; step++)
				go_on(&first);
			save(&first);
			done = trainer_is_done(&first.trainer);
			close_run(&first);
			assert_int_equal(checkpoint_load(path, &checkpoint, &error), 0);
			const bool refused = checkpoint_set_epochs(&checkpoint, 3, &error);
			assert_true(refused == (done && lengths[i] != 2)); /* a row is of a part of an epoch */
			if (refused) {
				assert_error_has(&error, "and its last one was a part of one, and is finished");
			} else {
				open_run(&second, &checkpoint.settings, checkpoint.network, 1);
				assert_int_equal(
					checkpoint_resume(&checkpoint, data_checksum, &second.trainer, &error), 0);
				memcpy(second.rows, checkpoint.rows,
					   ((size_t)checkpoint.state.epoch - 1) * sizeof *checkpoint.rows);
				finish(&second);
				assert_same_end(&second, &whole);
				close_run(&second);
			}
			checkpoint_free(&checkpoint);
		}
		close_run(&whole);
	}
}

/* ---- what is no checkpoint, or one of something else ---- */

static void other_data_are_refused(void **state)
{
	const struct settings settings = small_settings();
	struct checkpoint checkpoint;
	struct run run;

	(void)state;
	open_run(&run, &settings, SPEC, 1);
	save(&run);
	assert_int_equal(checkpoint_load(path, &checkpoint, &error), 0);
	assert_int_equal(checkpoint_resume(&checkpoint, data_checksum, &run.trainer, &error), 0);
	assert_int_equal(checkpoint_resume(&checkpoint, data_checksum ^ 1u, &run.trainer, &error), -1);
	assert_string_equal(error.text, "these are not the images that the training has begun with");
	checkpoint.val_count++;
	assert_int_equal(checkpoint_resume(&checkpoint, data_checksum, &run.trainer, &error), -1);
	checkpoint_free(&checkpoint);
	close_run(&run);
}

/* One pixel, one label, one name. */
static void the_data_have_a_checksum(void **state)
{
	uint8_t pixels[2 * 6] = {0};
	uint16_t labels[2] = {0, 1};
	struct class_label names[2] = {{0, "0"}, {1, "1"}};
	struct dataset small = {.count = 2,
							.height = 2,
							.width = 3,
							.images = pixels,
							.labels = labels,
							.classes = {names, 2}};
	const uint32_t first = dataset_checksum(&small);

	(void)state;
	assert_int_equal(dataset_checksum(&small), first);
	pixels[11] = 1;
	assert_int_not_equal(dataset_checksum(&small), first);
	pixels[11] = 0;
	labels[1] = 256;
	assert_int_not_equal(dataset_checksum(&small), first);
	labels[1] = 1;
	strcpy(names[1].name, "2");
	assert_int_not_equal(dataset_checksum(&small), first);
	strcpy(names[1].name, "1");
	small.height = 3;
	small.width = 2;
	assert_int_not_equal(dataset_checksum(&small), first);
	small.height = 2;
	small.width = 3;
	assert_int_equal(dataset_checksum(&small), first);
}

/* A state that no training comes to. */
static void impossible_states_are_refused(void **state)
{
	const struct settings settings = small_settings(); /* 3 epochs of 48 images, 3 steps */
	struct train_state good = {.epoch = 2, .step = 5, .seen = 32, .digits = 30, .correct = 29};
	struct run run;

	(void)state;
	open_run(&run, &settings, SPEC, 1);
	assert_true(trainer_accepts(&run.trainer, &good));
	for (int i = 0; i < 10; i++) {
		struct train_state bad = good;
		bad.epoch = i == 0 ? 0 : i == 1 ? 4 : i == 2 ? 5 : i == 3 ? -1 : i == 4 ? 1 : 2;
		bad.step += i == 5;
		bad.seen += i == 6 ? 1 : i == 7 ? 16 : i == 8 ? 32 : 0;
		bad.correct += i == 9 ? 2 : 0;
		assert_false(trainer_accepts(&run.trainer, &bad));
	}
	good = (struct train_state){.epoch = 4, .step = 9};
	assert_true(trainer_accepts(&run.trainer, &good));
	close_run(&run);
}

#define TINY_SPEC "maxpool:14 flatten dense:10 softmax"

/* Give the bytes the checksum that they have now. */
static void seal(struct buffer *bytes)
{
	static const char key[] = "{\"__metadata__\":{\"checksum\":\"";
	const size_t at = 8 + strlen(key);
	char digits[9];

	if (bytes->size < at + 8)
		return;
	memcpy(bytes->data + at, "00000000", 8);
	snprintf(digits, sizeof digits, "%08x", crc32_of(bytes->data, bytes->size));
	memcpy(bytes->data + at, digits, 8);
}

static void damaged(const uint8_t *data, size_t size, void *context)
{
	const struct buffer bytes = {(uint8_t *)data, size}, *original = context;
	struct checkpoint checkpoint;

	if (size == original->size && !memcmp(data, original->data, size))
		return; /* a byte became what it was */
	assert_int_equal(checkpoint_parse(&bytes, &checkpoint, &error), -1);
	assert_null(checkpoint.file.tensors);
	assert_null(checkpoint.rows);
}

/* Written by somebody with bad intent: it is read or refused. */
static void hostile(const uint8_t *data, size_t size, void *context)
{
	struct buffer bytes = {(uint8_t *)data, size};
	struct checkpoint checkpoint;
	struct run *run = context;

	seal(&bytes);
	if (checkpoint_parse(&bytes, &checkpoint, &error))
		return;
	if (!checkpoint_resume(&checkpoint, data_checksum, &run->trainer, &error))
		assert_true(trainer_accepts(&run->trainer, &run->trainer.state));
	checkpoint_free(&checkpoint);
}

static void every_byte_matters(void **state)
{
	struct settings settings = small_settings();
	struct run run;

	(void)state;
	settings.val_split = 0.1;
	settings.patience = 3;
	open_run(&run, &settings, TINY_SPEC, 1);
	for (int i = 0; i < 6; i++)
		go_on(&run);
	save(&run);
	struct buffer bytes = fixture_read(path);
	mutate(bytes.data, bytes.size, MUTATE_SOME, (struct mutation_target){damaged, &bytes});
	mutate(bytes.data, bytes.size, MUTATE_SOME, (struct mutation_target){hostile, &run});
	buffer_free(&bytes);
	close_run(&run);
}

static void refuse(const char *content, size_t size, const char *expected)
{
	struct checkpoint checkpoint;

	assert_int_equal(file_replace(path, content, size, &error), 0);
	assert_int_equal(checkpoint_load(path, &checkpoint, &error), -1);
	assert_error_has(&error, expected);
	assert_error_has(&error, path);
}

static void other_files_are_refused(void **state)
{
	static const char model[] = DATA "/model.safetensors";
	struct buffer bytes = fixture_read(model);
	struct checkpoint checkpoint;

	(void)state;
	refuse("", 0, ": is no checkpoint of a training");
	refuse("checkpoint", 10, ": is no checkpoint of a training");
	refuse((const char *)bytes.data, bytes.size, ": is no checkpoint of a training");
	buffer_free(&bytes);
	assert_int_equal(checkpoint_load(folder, &checkpoint, &error), -1);
	assert_error_has(&error, "is a directory");
	assert_int_equal(checkpoint_load("none", &checkpoint, &error), -1);
	assert_error_has(&error, "none: cannot open: ");
}

/* A file of another version says so; and a word or number that is missing. */
static void metadata_are_needed(void **state)
{
	static const struct {
		const char *from, *to, *expected;
	} cases[] = {
		{"checkpoint 1", "checkpoint 2", "its format is \"mnist-cnn checkpoint 2\"; this program"},
		{"\"network\"", "\"metwork\"", "the metadata has no \"network\""},
		{"\"batch_size\"", "\"match_size\"", "the metadata has no \"batch_size\""},
		{"\"batch_size\":\"16\"", "\"batch_size\":\"-6\"", "metadata: batch_size is \"-6\""},
		{"\"eval_train\":\"no\"", "\"eval_train\":\"on\"",
		 "eval_train is \"on\", which is no such word"},
		{"\"kept_epoch\":\"1\"", "\"kept_epoch\":\"2\"", "epoch 2 cannot follow on epoch 2"},
		{"\"kept_epoch\":\"1\"", "\"kept_epoch\":\"0\"", "epoch 2 cannot follow on epoch 0"},
		{"\"epoch\":\"2\"", "\"epoch\":\"3\"", "the curves are not those of 2 epochs"},
		{"\"curves\"", "\"curveS\"", "the curves are not those of 1 epochs"},
	};
	const struct settings settings = small_settings();
	struct checkpoint checkpoint;
	struct run run;

	(void)state;
	open_run(&run, &settings, TINY_SPEC, 1);
	for (int i = 0; i < 6; i++)
		go_on(&run);
	save(&run);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer bytes = fixture_read(path);
		const size_t length = strlen(cases[i].from);
		size_t at = 8;
		while (at + length < bytes.size && memcmp(bytes.data + at, cases[i].from, length))
			at++;
		assert_true(at + length < bytes.size);
		memcpy(bytes.data + at, cases[i].to, length);
		seal(&bytes);
		assert_int_equal(checkpoint_parse(&bytes, &checkpoint, &error), -1);
		assert_error_has(&error, cases[i].expected);
		buffer_free(&bytes);
	}
	close_run(&run);
}

/* Each request for memory fails once, and the file stays what it was. */
static void memory_may_lack(void **state)
{
	const struct settings settings = small_settings();
	const struct checkpoint_origin origin = {.data = data_checksum};
	struct checkpoint checkpoint;
	struct run run;
	int status = -1;

	(void)state;
	if (!allocations_watched())
		skip();
	open_run(&run, &settings, TINY_SPEC, 1);
	go_on(&run);
	save(&run);
	struct buffer before = fixture_read(path);
	go_on(&run);
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		status = write_checkpoint(&run.trainer, &origin);
		allocations_fail_at(0);
		if (status)
			assert_error_has(&error, "not enough memory");
		struct buffer after = fixture_read(path);
		const bool same =
			after.size == before.size && !memcmp(after.data, before.data, before.size);
		assert_true(same == (status != 0));
		buffer_free(&after);
	}
	assert_int_equal(scratch_count(folder), 1);
	status = -1;
	for (int number = 1; status; number++) {
		allocations_fail_at(number);
		status = checkpoint_load(path, &checkpoint, &error);
		allocations_fail_at(0);
		assert_true(!status || strstr(error.text, "memory"));
	}
	checkpoint_free(&checkpoint);
	checkpoint_free(&checkpoint);
	buffer_free(&before);
	close_run(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_step_will_do),
		cmocka_unit_test(any_optimizer_and_schedule_will_do),
		cmocka_unit_test(any_augmentation_will_do),
		cmocka_unit_test(other_kernels_will_do),
		cmocka_unit_test(patience_goes_on),
		cmocka_unit_test(a_stopped_training_is_the_same),
		cmocka_unit_test(the_last_good_epoch_is_kept),
		cmocka_unit_test(infinite_moments_are_kept),
		cmocka_unit_test(some_trainings_cannot_grow),
		cmocka_unit_test(others_grow_to_the_same_bits),
		cmocka_unit_test(other_data_are_refused),
		cmocka_unit_test(the_data_have_a_checksum),
		cmocka_unit_test(impossible_states_are_refused),
		cmocka_unit_test(every_byte_matters),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(metadata_are_needed),
		cmocka_unit_test(memory_may_lack),
	};

	return cmocka_run_group_tests_name("checkpoint", tests, setup, teardown);
}
