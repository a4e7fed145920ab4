/* A training for programs: a line of JSON for each thing that happens. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/report.h"
#include "cli/train_job.h"
#include "formats/json.h"

#define TELL_SECONDS 1.0

/* ---- members ---- */

static void print_number(const char *name, double value)
{
	printf(",\"%s\":", name);
	json_print_number(stdout, value);
}

static void print_text(const char *name, const char *text)
{
	printf(",\"%s\":", name);
	json_print_text(stdout, text);
}

/* A pair as "val_accuracy" and "val_loss". */
static void print_figures(const char *prefix, double accuracy, double loss)
{
	char name[32];

	snprintf(name, sizeof name, "%saccuracy", prefix);
	print_number(name, accuracy);
	snprintf(name, sizeof name, "%sloss", prefix);
	print_number(name, loss);
}

/* Numbers and flags are such in JSON, too; all else is its option's text. */
static void print_setting(const struct field *field, const struct settings *settings)
{
	char text[FIELD_TEXT_SIZE];
	const char *value = field_print(field, settings, text);

	if (field->type == FIELD_FLAG)
		printf(",\"%s\":%s", field->name, *value == 'y' ? "true" : "false");
	else if (field->type == FIELD_CHOICE || field->type == FIELD_OTHER)
		print_text(field->name, value);
	else
		printf(",\"%s\":%s", field->name, value);
}

/* ---- lines ---- */

static void print_data(const struct job *job)
{
	const struct dataset *dataset = &job->dataset;

	fputs(",\"data\":{\"place\":", stdout);
	json_print_text(stdout, dataset->place);
	printf(",\"images\":%zu,\"height\":%d,\"width\":%d,\"train\":%zu,\"validate\":%zu",
		   dataset->count, dataset->height, dataset->width, job->split.train_count,
		   job->split.val_count);
	fputs(",\"classes\":[", stdout);
	for (int i = 0; i < dataset->classes.count; i++) {
		fputs(i ? "," : "", stdout);
		json_print_text(stdout, dataset->classes.all[i].name);
	}
	fputs("]}", stdout);
}

void train_json_begin(const struct job *job)
{
	const struct settings *settings = &job->values->settings;
	const struct train_length length = train_length(settings, job->split.train_count);

	printf("{\"event\":\"begin\",\"version\":\"%s\"", MNIST_CNN_VERSION);
	fputs(",\"settings\":{\"recipe\":", stdout);
	json_print_text(stdout, job->values->recipe ? job->values->recipe : "default");
	for (const struct field *const *table = settings_tables; *table; table++)
		for (const struct field *field = *table; field->name; field++)
			print_setting(field, settings);
	fputs("}", stdout);
	print_data(job);
	print_text("network", job->network.spec);
	fputs(",\"layers\":", stdout);
	report_layers_json(stdout, &job->network);
	printf(",\"parameters\":%zu", job->network.weight_count);
	printf(",\"epochs\":%d,\"epoch_steps\":%llu,\"steps\":%llu,\"steps_done\":%llu", length.epochs,
		   (unsigned long long)length.epoch_steps, (unsigned long long)length.steps,
		   (unsigned long long)job->from.state.step);
	print_text("kernels", job->engine.kernels->name);
	printf(",\"threads\":%d}\n", workers_count(job->engine.workers));
}

bool train_json_step(struct job *job, const struct train_progress *progress)
{
	const double now = clock_seconds();

	if (job->told_at > 0 && now - job->told_at < TELL_SECONDS)
		return false;
	job->told_at = now;
	printf("{\"event\":\"step\",\"epoch\":%d,\"epochs\":%d,\"images\":%zu,\"of\":%zu",
		   progress->epoch, progress->epochs, progress->seen, progress->total);
	print_figures("", progress->accuracy, progress->loss);
	print_number("seconds", progress->seconds);
	puts("}");
	return true;
}

void train_json_epoch(const struct epoch_figures *figures)
{
	printf("{\"event\":\"epoch\",\"epoch\":%d", figures->epoch);
	print_figures("", figures->accuracy, figures->loss);
	if (figures->has_val)
		print_figures("val_", figures->val_accuracy, figures->val_loss);
	if (figures->has_train)
		print_figures("train_", figures->train_accuracy, figures->train_loss);
	print_number("learning_rate", figures->learning_rate);
	print_number("seconds", figures->seconds);
	puts("}");
}

static void print_verdict(const struct job *job)
{
	static const char *const words[] = {
		[VERDICT_NONE] = "none",
		[VERDICT_TOO_EARLY] = "too early",
		[VERDICT_TOO_FEW] = "too few images",
		[VERDICT_NO_VALIDATION] = "no validation",
		[VERDICT_OVERSHOOTING] = "overshooting",
		[VERDICT_NOT_LEARNING] = "not learning",
		[VERDICT_UNDERFITTING] = "underfitting",
		[VERDICT_UNSTABLE] = "unstable",
		[VERDICT_IMPROVING] = "still improving",
		[VERDICT_OVERFITTING] = "overfitting",
		[VERDICT_WELL_FITTED] = "well fitted",
	};
	const struct verdict verdict = train_verdict(job);
	char lines[2][VERDICT_LINE];

	train_verdict_text(job, &verdict, lines);
	printf(",\"verdict\":{\"kind\":\"%s\"", words[verdict.kind]);
	if (verdict.since)
		printf(",\"since\":%d", verdict.since);
	if (verdict.kind != VERDICT_NONE) {
		print_figures("", verdict.now.accuracy, verdict.now.loss);
		if (verdict.has_val)
			print_figures("val_", verdict.now.val_accuracy, verdict.now.val_loss);
		print_text("finding", lines[0]);
		print_text("advice", lines[1]);
	}
	fputs("}", stdout);
}

void train_json_end(const struct job *job, const struct train_result *result, const char *model)
{
	const struct train_values *values = job->values;

	printf("{\"event\":\"end\",\"epochs\":%d,\"steps\":%llu,\"stopped\":%s", result->epochs_done,
		   (unsigned long long)result->steps, result->stopped ? "true" : "false");
	if (result->kept.epoch)
		printf(",\"kept_epoch\":%d", result->kept.epoch);
	print_verdict(job);
	if (model)
		print_text("model", model);
	if (job->row_count && !job->curves_failed)
		print_text("curves", values->curves);
	if (values->checkpoint && !job->checkpoint_failed)
		print_text("checkpoint", values->checkpoint);
	print_number("seconds", clock_seconds() - job->began_at);
	puts("}");
}

void train_json_failed(const struct job *job, const struct error *error)
{
	fputs("{\"event\":\"end\"", stdout);
	print_text("error", error->text);
	print_number("seconds", clock_seconds() - job->began_at);
	puts("}");
}
