/* The words of a training, on standard error: what begins, why it ended, and what there is now. */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "cli/report.h"
#include "cli/train_job.h"
#include "nn/kinds.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"

/* Print the rules of the training: optimizer, learning rate, loss, end. */
static void print_rules(const struct settings *settings, const struct train_length *length)
{
	const struct optimizer_rule *rule = optimizer_rule(settings->optimizer.kind);
	uint64_t rising = schedule_warmup_steps(settings->warmup, length->steps);
	char name[OPTION_NAME], text[FIELD_TEXT_SIZE];

	fprintf(stderr, "%-6s learning rate %g", rule->name, (double)settings->learning_rate);
	for (const char *const *own = rule->settings; *own; own++)
		fprintf(stderr, ", %s %s", options_name(*own, name),
				field_print(settings_find(*own), settings, text));
	if (settings->optimizer.weight_decay > 0)
		fprintf(stderr, ", weight decay %g", (double)settings->optimizer.weight_decay);
	if (rising)
		fprintf(stderr, "\nrate   rises from %g%% of that in %llu step%s", 100 * SCHEDULE_START,
				(unsigned long long)rising, rising == 1 ? "" : "s");
	if (settings->schedule != SCHEDULE_CONSTANT)
		fprintf(stderr, "%s falls to 0 %s", rising ? ", then" : "\nrate  ",
				settings->schedule == SCHEDULE_LINEAR ? "in a straight line" : "as a cosine does");
	if (settings->label_smoothing > 0)
		fprintf(stderr, "\nlabels smoothed by %g for training; the losses shown are without",
				(double)settings->label_smoothing);
	if (settings->patience)
		fprintf(stderr, "\nend    early after %d epoch%s without a lower val_loss",
				settings->patience, settings->patience == 1 ? "" : "s");
	fputc('\n', stderr);
}

/* A network cannot learn a class that has no image. */
static void print_empty_classes(const struct dataset *dataset)
{
	size_t counts[CLASSES_MOST];
	const char *first = NULL;
	int empty = 0;

	dataset_count_classes(dataset, counts);
	for (int class = dataset->classes.count - 1; class >= 0; class --)
		if (!counts[class]) {
			first = dataset->classes.all[class].name;
			empty++;
		}
	if (empty == 1)
		fprintf(stderr, "       no image of class %s\n", first);
	else if (empty)
		fprintf(stderr, "       no images of %d classes, as of %s\n", empty, first);
}

/* Print where the training goes on. */
static void print_place(const struct job *job, const struct train_length *length)
{
	const struct train_state *state = &job->from.state;

	fprintf(stderr, "resume ");
	text_print_name(stderr, job->values->resume);
	fprintf(stderr, ": %llu of %llu steps are done, %d of %d epochs\n",
			(unsigned long long)state->step, (unsigned long long)length->steps, state->epoch - 1,
			length->epochs);
}

void train_report_preamble(const struct job *job)
{
	const struct settings *settings = &job->values->settings;
	const struct train_length length = train_length(settings, job->split.train_count);
	char augment[AUGMENT_TEXT];

	fprintf(stderr, "data   %zu training images in ", job->dataset.count);
	text_print_name(stderr, job->dataset.place);
	fputc('\n', stderr);
	report_loading(stderr, &job->dataset);
	print_empty_classes(&job->dataset);
	if (!dataset_has(&job->values->data, DATASET_TEST))
		fputs("       without test images; eval --split val measures on those that validate\n",
			  stderr);
	fprintf(stderr, "split  %zu to train, %zu to validate (seed %llu)%s\n", job->split.train_count,
			job->split.val_count, (unsigned long long)settings->seed,
			job->split.stratified ? ", of each class its share" : "");
	fprintf(stderr, "steps  %llu an epoch, of %d images", (unsigned long long)length.epoch_steps,
			settings->batch_size);
	if (length.steps % length.epoch_steps)
		fprintf(stderr, "; %llu in all", (unsigned long long)length.steps);
	fputc('\n', stderr);
	print_rules(settings, &length);
	if (job->match.count) {
		fputs("init   ", stderr);
		text_print_name(stderr, job->values->init);
		fputc('\n', stderr);
		report_match(stderr, &job->network, &job->match);
	}
	if (!augment_is_none(&settings->augment))
		fprintf(stderr, "input  augmented with %s\n", augment_text(&settings->augment, augment));
	if (job->values->resume)
		print_place(job, &length);
	const int threads = workers_count(job->engine.workers), wanted = job->engine.threads_wanted;
	fprintf(stderr, "speed  %s kernels, %d thread%s", job->engine.kernels->name, threads,
			threads == 1 ? "" : "s");
	if (threads < wanted)
		fprintf(stderr, "; %d were wanted, but no more could be started", wanted);
	fputs("\n\n", stderr);
	report_network(stderr, &job->network, false);
	fputc('\n', stderr);
}

/* Print why the training ended, and which weights are kept. */
static void print_ending(const struct job *job, const struct train_result *result)
{
	const struct settings *settings = &job->values->settings;

	if (result->stopped)
		fprintf(stderr, "stopped after %d of %g epochs; what was learned is saved\n",
				result->epochs_done, settings->epochs);
	else if (result->epochs_done < job->epochs)
		fprintf(stderr, "ended after %d of %g epochs, %d without a lower val_loss\n",
				result->epochs_done, settings->epochs, settings->patience);
	if (job->split.val_count && !network_scaling_layer(&job->network))
		fputs("probabilities are not calibrated: no weights scale the scores that softmax gets\n",
			  stderr);
	if (settings->patience && result->kept.epoch)
		fprintf(stderr, "kept are the weights of epoch %d, which has the lowest val_loss: %.4f\n",
				result->kept.epoch, result->kept.val_loss);
}

/* The reason why the running figures look worse than those of validation; NULL: there is none. */
static const char *handicap(const struct job *job)
{
	const bool augmented = !augment_is_none(&job->values->settings.augment);
	bool has_dropout = false;

	for (int i = 0; i < job->network.layer_count; i++)
		has_dropout |= job->network.layers[i].kind == &layer_dropout;
	if (has_dropout)
		return augmented ? "dropout and augmentation" : "dropout";
	return augmented ? "augmentation" : NULL;
}

struct verdict train_verdict(const struct job *job)
{
	const struct settings *settings = &job->values->settings;
	const struct train_length length = train_length(settings, job->split.train_count);
	const uint64_t steps = (uint64_t)job->row_count * length.epoch_steps;
	const struct verdict_case curves = {
		.rows = job->rows,
		.count = job->row_count,
		.steps = steps < length.steps ? steps : length.steps,
		.classes = job->network.classes,
		.val_count = job->split.val_count,
		.learning_rate = (double)settings->learning_rate,
		.label_smoothing = (double)settings->label_smoothing,
	};
	struct verdict verdict;

	verdict_reach(&curves, &verdict);
	return verdict;
}

void train_verdict_text(const struct job *job, const struct verdict *verdict,
						char lines[2][VERDICT_LINE])
{
	verdict_text(verdict, &job->values->settings, handicap(job), lines);
}

static void print_verdict(const struct job *job)
{
	const struct verdict verdict = train_verdict(job);
	char lines[2][VERDICT_LINE];

	train_verdict_text(job, &verdict, lines);
	if (verdict.kind != VERDICT_NONE)
		fprintf(stderr, "\nverdict  %s\n         %s\n\n", lines[0], lines[1]);
}

/* Print which files there are now. */
static void print_files(const struct job *job, const struct train_result *result, const char *model)
{
	const struct train_values *values = job->values;

	text_print_name(stderr, model);
	fprintf(stderr, ": the network, %zu parameters\n", job->network.weight_count);
	if (result->stopped && strcmp(model, values->model) && file_exists(values->model)) {
		text_print_name(stderr, values->model);
		fprintf(stderr, ": as it was before this training\n");
	}
	if (!result->stopped && strcmp(job->stopped_model, values->model) &&
		file_exists(job->stopped_model)) {
		text_print_name(stderr, job->stopped_model);
		fprintf(stderr,
				": of a training that was stopped before; no longer needed if it was this one\n");
	}
	if (!job->curves_failed && job->row_count) {
		text_print_name(stderr, values->curves);
		fprintf(stderr, ": the learning curves, a row for each epoch\n");
	}
	if (result->stopped && values->checkpoint && !job->checkpoint_failed)
		train_line_print_resume(stderr, values->checkpoint);
}

void train_report_end(const struct job *job, const struct train_result *result, const char *model)
{
	print_ending(job, result);
	/* Of a stopped training the verdict would ask for fewer epochs than were asked for. */
	if (!result->stopped)
		print_verdict(job);
	print_files(job, result, model);
}
