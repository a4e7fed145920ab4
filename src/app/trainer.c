/* The training: shuffle, gather, forward, loss, backward, update; then validate. */
#include "app/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/evaluate.h"
#include "base/clock.h"
#include "nn/schedule.h"

/* ---- how long ---- */

/* The rows of curves.csv: a part of an epoch is one, too. */
static int epoch_count(const struct settings *settings)
{
	return (int)ceil(settings->epochs);
}

struct train_length train_length(const struct settings *settings, size_t train_count)
{
	size_t batch = (size_t)settings->batch_size;
	struct train_length length = {
		.epoch_steps = (train_count + batch - 1) / batch,
		.epochs = epoch_count(settings),
	};
	double whole = floor(settings->epochs), part = settings->epochs - whole;

	length.steps = (uint64_t)whole * length.epoch_steps;
	if (part > 0) {
		uint64_t steps = (uint64_t)(part * (double)length.epoch_steps + 0.5);
		length.steps += steps ? steps : 1;
	}
	return length;
}

/* The images of epoch number `epoch`; the last epoch may be cut short. */
static size_t images_of(const struct trainer *trainer, int epoch)
{
	const struct train_length *length = &trainer->length;
	const uint64_t steps = length->steps - (uint64_t)(epoch - 1) * length->epoch_steps;

	if (steps < length->epoch_steps)
		return (size_t)steps * (size_t)trainer->settings->batch_size;
	return trainer->split->train_count;
}

bool train_is_out_of_patience(const struct settings *settings, int epochs, int best)
{
	return settings->patience && best && epochs - best >= settings->patience;
}

bool train_state_is_done(const struct train_state *state, const struct settings *settings)
{
	return state->epoch > epoch_count(settings) ||
		   train_is_out_of_patience(settings, state->epoch - 1, state->kept.epoch);
}

bool trainer_is_done(const struct trainer *trainer)
{
	return train_state_is_done(&trainer->state, trainer->settings);
}

bool trainer_accepts(const struct trainer *trainer, const struct train_state *state)
{
	const struct train_length *length = &trainer->length;
	const size_t batch = (size_t)trainer->settings->batch_size, done = (size_t)state->epoch - 1;

	if (state->epoch < 1 || state->epoch > length->epochs + 1)
		return false;
	const size_t images = state->epoch <= length->epochs ? images_of(trainer, state->epoch) : 0;
	const uint64_t before =
		done < (size_t)length->epochs ? done * length->epoch_steps : length->steps;

	return state->seen <= images && (state->seen % batch == 0 || state->seen == images) &&
		   state->step == before + (state->seen + batch - 1) / batch &&
		   state->digits <= state->seen && state->correct <= state->digits;
}

bool trainer_has_epoch(const struct trainer *trainer)
{
	return trainer->state.seen >= images_of(trainer, trainer->state.epoch);
}

/* ---- a step ---- */

static int check_loss(struct trainer *trainer, double loss, struct error *error)
{
	const int epoch = trainer->state.epoch;
	const unsigned long long step = trainer->state.step;

	if (loss <= TRAIN_LOSS_MOST)
		return 0;
	trainer->diverged = true;
	if (!isfinite(loss))
		return error_set(error, "the loss is no longer a number (epoch %d, step %llu)", epoch,
						 step);
	return error_set(error, "the loss has grown to %.2g (epoch %d, step %llu)", loss, epoch, step);
}

/* A weight can become infinite without a trace in the loss: a relu behind it may pass nothing. */
static int check_finite_weights(struct trainer *trainer, struct error *error)
{
	for (int i = 0; i < trainer->network->param_count; i++) {
		const struct param *param = trainer->network->params[i];

		for (size_t j = 0; j < param->count; j++) {
			if (isfinite(param->value[j]))
				continue;
			trainer->diverged = true;
			return error_set(error, "a value of %s is no longer a number (epoch %d)", param->name,
							 trainer->state.epoch);
		}
	}
	return 0;
}

/* Weights decay; biases and the parameters of normalization do not. */
static void update_weights(const void *context, const struct param *param, const float *grads,
						   size_t first, size_t count)
{
	const struct trainer *trainer = context;

	optimizer_apply(&trainer->optimizer, executor_engine(trainer->executor)->kernels, first, count,
					param_is_weight(param), grads, trainer->network->values);
}

/* The changes of images end after a share of all steps, and so in the middle of an epoch if need
 * be. */
static bool is_warped(const struct trainer *trainer)
{
	return (double)trainer->state.step / (double)trainer->length.steps <
		   trainer->settings->augment.until;
}

/* Take the next n training images of this epoch, and update the weights. */
static struct loss_sum train_batch(struct trainer *trainer, int n)
{
	const struct settings *settings = trainer->settings;
	struct train_state *state = &trainer->state;
	const struct augment *augment = &settings->augment;
	const uint32_t *indices = trainer->order + state->seen;
	const struct replacer replacer = {
		.others = augment->others,
		.drawn = augment->drawn,
		.dataset = trainer->dataset,
		.indices = trainer->split->train,
		.count = trainer->split->train_count,
		.rng = rng_stream(settings->seed, RNG_REPLACE, (uint64_t)state->epoch),
	};
	const struct augmented images = {
		.selection = {trainer->dataset, indices},
		.replacer = augment->others > 0 || augment->drawn > 0 ? &replacer : NULL,
		.augmenter = is_warped(trainer) ? trainer->augmenter : NULL,
		.rng = rng_stream(settings->seed, RNG_AUGMENT, (uint64_t)state->epoch),
	};
	const struct batch batch = {
		.n = n,
		.load = augmented_load,
		.context = &images,
		.labels = trainer->labels,
		.label_smoothing = settings->label_smoothing,
	};
	const struct update update = {update_weights, trainer};

	augmented_labels(&images, n, trainer->labels);
	state->learning_rate = (float)((double)settings->learning_rate *
								   schedule_rate(settings->schedule, settings->warmup, state->step,
												 trainer->length.steps));
	optimizer_begin(&trainer->optimizer, state->learning_rate);
	return executor_train(trainer->executor, &batch, settings->seed, ++state->step, &update);
}

int trainer_step(struct trainer *trainer, struct error *error)
{
	struct train_state *state = &trainer->state;
	const size_t batch = (size_t)trainer->settings->batch_size;
	const size_t left = images_of(trainer, state->epoch) - state->seen;
	const int n = (int)(left < batch ? left : batch);
	const double start = clock_seconds();

	if (trainer->order_epoch != state->epoch)
		split_shuffle(trainer->split, trainer->settings->seed, (uint64_t)state->epoch,
					  trainer->order);
	trainer->order_epoch = state->epoch;
	const struct loss_sum sum = train_batch(trainer, n);
	state->seen += (size_t)n;
	state->loss += sum.loss;
	state->digits += (size_t)sum.count;
	state->correct += (size_t)sum.correct;
	state->seconds += clock_seconds() - start;
	return check_loss(trainer, sum.count ? sum.loss / sum.count : sum.loss, error);
}

/* ---- an epoch ---- */

/* Over the digits so far, of which a short epoch may have none. */
static double mean(const struct train_state *state, double sum)
{
	return state->digits ? sum / (double)state->digits : 0;
}

/* Evaluate with dropout off. All figures become 0 where *stop has ended it. */
static int measure_epoch(struct trainer *trainer, const volatile sig_atomic_t *stop,
						 struct epoch_figures *figures, struct error *error)
{
	const struct split *split = trainer->split;
	struct evaluation val, train = {0};

	if (trainer->evaluator != trainer->executor)
		executor_prepare(trainer->evaluator);
	bool finished = evaluate(trainer->evaluator, trainer->dataset, split->val, split->val_count,
							 stop, &val, NULL, trainer->new_logits);
	if (check_loss(trainer, val.loss, error))
		return -1;
	if (figures->has_train && finished)
		finished = evaluate(trainer->evaluator, trainer->dataset, split->train, split->train_count,
							stop, &train, NULL, NULL);
	figures->val_accuracy = val.accuracy;
	figures->val_loss = val.loss;
	figures->train_accuracy = train.accuracy;
	figures->train_loss = train.loss;
	if (!finished)
		*figures = (struct epoch_figures){0};
	return check_loss(trainer, train.loss, error);
}

/* Keep the figures and the weights of an epoch that is better than all before it; without patience
 * of every epoch. */
static void keep(struct trainer *trainer, const struct epoch_figures *figures)
{
	const struct network *network = trainer->network;
	struct epoch_figures *kept = &trainer->state.kept;
	float *const logits = trainer->val_logits;

	if (trainer->settings->patience && kept->epoch && !epoch_is_better(figures, kept))
		return;
	*kept = *figures;
	trainer->val_logits = trainer->new_logits;
	trainer->new_logits = logits;
	memcpy(trainer->kept_values, network->values, network->value_count * sizeof(float));
}

int trainer_finish_epoch(struct trainer *trainer, const volatile sig_atomic_t *stop,
						 struct epoch_figures *figures, struct error *error)
{
	struct train_state *state = &trainer->state;

	*figures = (struct epoch_figures){
		.epoch = state->epoch,
		.accuracy = mean(state, (double)state->correct),
		.loss = mean(state, state->loss),
		.has_val = trainer->split->val_count > 0,
		.learning_rate = (double)state->learning_rate,
		.seconds = state->seconds,
		.has_train = trainer->settings->eval_train,
	};
	if (check_finite_weights(trainer, error) || measure_epoch(trainer, stop, figures, error))
		return -1;
	if (!figures->epoch)
		return 0;
	keep(trainer, figures);
	state->epoch++;
	state->seen = state->digits = state->correct = 0;
	state->loss = state->seconds = 0;
	return 0;
}

/* ---- from beginning to end ---- */

int trainer_open(struct trainer *trainer, struct executor *executor, const struct dataset *dataset,
				 const struct split *split, const struct settings *settings, struct error *error)
{
	const struct network *network = executor_network(executor);
	const struct engine *engine = executor_engine(executor);
	const size_t logits = split->val_count * (size_t)network->classes * sizeof(float);

	assert(settings->batch_size <= executor_batch_size(executor));
	assert(!settings->patience || split->val_count > 0);
	assert(network->classes <= CLASSES_MOST);
	*trainer = (struct trainer){
		.state = {.epoch = 1},
		.executor = executor,
		.evaluator = executor,
		.network = network,
		.dataset = dataset,
		.split = split,
		.settings = settings,
		.length = train_length(settings, split->train_count),
	};
	if (executor_full_batch(engine) > executor_batch_size(executor))
		trainer->evaluator =
			executor_open(network, engine, executor_full_batch(engine), EXECUTOR_PREDICT, error);
	if (!trainer->evaluator)
		return -1;
	trainer->augmenter = malloc(sizeof *trainer->augmenter);
	trainer->order = malloc(split->train_count * sizeof *trainer->order);
	trainer->labels = malloc((size_t)settings->batch_size * sizeof *trainer->labels);
	trainer->val_logits = malloc(logits + 1);
	trainer->new_logits = settings->patience ? malloc(logits + 1) : trainer->val_logits;
	if (!trainer->augmenter || !trainer->order || !trainer->labels || !trainer->val_logits ||
		!trainer->new_logits)
		return error_scarce(error, "no memory for batches of %d images", settings->batch_size);
	augmenter_prepare(trainer->augmenter, &settings->augment, dataset->height, dataset->width);
	trainer->kept_values = calloc(network->value_count + 1, sizeof(float));
	if (!trainer->kept_values)
		return error_scarce(error, "no memory to keep %zu weights", network->weight_count);
	return optimizer_open(&trainer->optimizer, &settings->optimizer, network->value_count, error);
}

void trainer_close(struct trainer *trainer)
{
	if (trainer->evaluator != trainer->executor)
		executor_close(trainer->evaluator);
	free(trainer->augmenter);
	free(trainer->order);
	free(trainer->labels);
	free(trainer->kept_values);
	if (trainer->new_logits != trainer->val_logits)
		free(trainer->new_logits);
	free(trainer->val_logits);
	optimizer_close(&trainer->optimizer);
}

static void use_kept_values(struct trainer *trainer)
{
	const struct network *network = trainer->network;

	memcpy(network->values, trainer->kept_values, network->value_count * sizeof(float));
	executor_prepare(trainer->executor);
}

/* That of the validation whose logits are kept. */
static double temperature(const struct trainer *trainer)
{
	return calibrate(trainer->val_logits, trainer->network->classes, trainer->dataset,
					 trainer->split->val, trainer->split->val_count);
}

static struct train_result result_so_far(const struct trainer *trainer)
{
	const struct train_state *state = &trainer->state;

	return (struct train_result){
		.epochs_done = state->epoch - 1,
		.steps = state->step,
		.stopped = !trainer_is_done(trainer),
		.diverged = trainer->diverged,
		.kept = state->kept,
		.temperature = TEMPERATURE_NONE,
	};
}

int trainer_finish(struct trainer *trainer, struct train_result *result, struct error *error)
{
	const struct split *split = trainer->split;
	struct evaluation ignored;

	if (check_finite_weights(trainer, error))
		return -1;
	*result = result_so_far(trainer);
	if (trainer->settings->patience && result->kept.epoch) {
		use_kept_values(trainer);
	} else if (result->stopped) {
		result->kept = (struct epoch_figures){0};
		if (!result->steps)
			return 0;
		evaluate(trainer->executor, trainer->dataset, split->val, split->val_count, NULL, &ignored,
				 NULL, trainer->val_logits);
	}
	result->temperature = temperature(trainer);
	return 0;
}

void trainer_go_back(struct trainer *trainer, struct train_result *result)
{
	*result = result_so_far(trainer);
	if (!result->kept.epoch)
		return;
	use_kept_values(trainer);
	result->temperature = temperature(trainer);
}

static void report_progress(const struct trainer *trainer, const struct train_observer *observer)
{
	const struct train_state *state = &trainer->state;
	const int epochs = trainer->length.epochs;
	const struct train_progress progress = {
		.epoch = state->epoch,
		.epochs = epochs,
		.seen = state->seen,
		.total = images_of(trainer, state->epoch),
		.left = (double)(epochs - state->epoch) * (double)trainer->split->train_count +
				(double)images_of(trainer, epochs) - (double)state->seen,
		.seconds = state->seconds,
		.loss = mean(state, state->loss),
		.accuracy = mean(state, (double)state->correct),
	};

	observer->batch(observer->context, &progress);
}

static void pause(const struct trainer *trainer, const struct train_observer *observer,
				  enum train_moment moment)
{
	if (observer && observer->pause)
		observer->pause(observer->context, trainer, moment);
}

/* The next step, or what is to be done after an epoch. *stopped is set where *stop ends the
 * training. */
static int go_on(struct trainer *trainer, const struct train_observer *observer,
				 const volatile sig_atomic_t *stop, bool *stopped, struct error *error)
{
	struct epoch_figures figures;

	if (!trainer_has_epoch(trainer)) {
		*stopped = stop && *stop;
		if (*stopped)
			return 0;
		if (trainer_step(trainer, error))
			return -1;
		if (observer && observer->batch)
			report_progress(trainer, observer);
		pause(trainer, observer, AFTER_STEP);
		return 0;
	}
	if (trainer_finish_epoch(trainer, stop, &figures, error))
		return -1;
	*stopped = !figures.epoch;
	if (*stopped)
		return 0;
	if (observer && observer->epoch)
		observer->epoch(observer->context, &figures);
	pause(trainer, observer, AFTER_EPOCH);
	return 0;
}

int train(struct executor *executor, const struct dataset *dataset, const struct split *split,
		  const struct settings *settings, const struct train_observer *observer,
		  const volatile sig_atomic_t *stop, struct train_result *result, struct error *error)
{
	struct trainer trainer;
	bool stopped = false;

	*result = (struct train_result){0};
	int status = trainer_open(&trainer, executor, dataset, split, settings, error);
	if (!status && observer && observer->begin)
		status = observer->begin(observer->context, &trainer, error);
	while (!status && !stopped && !trainer_is_done(&trainer))
		status = go_on(&trainer, observer, stop, &stopped, error);
	if (!status) {
		pause(&trainer, observer, AT_END);
		status = trainer_finish(&trainer, result, error);
	}
	if (status && trainer.diverged)
		trainer_go_back(&trainer, result);
	trainer_close(&trainer);
	return status;
}
