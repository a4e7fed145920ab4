/* Tables and lines for reading, aligned in columns. */
#include "cli/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/json.h"

/* Text and blanks up to `columns`; printf would count the bytes of × instead of characters. */
static void print_column(FILE *out, const char *text, int columns)
{
	const int width = text_columns(text);

	fprintf(out, "%s%*s", text, width < columns ? columns - width : 0, "");
}

static int longest_word(const char *text)
{
	int longest = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");
		longest = length > longest ? length : longest;
		text += length + (text[length] == ' ');
	}
	return longest;
}

/* An output is a sum of as many products as there are weights for each filter or unit; with other
 * parameters it is one product. Biases are added. */
static double multiplications(const struct layer *layer)
{
	const struct param *weight = &layer->params[0];
	const double outputs = (double)shape_size(layer->out);

	if (!layer->param_count)
		return 0;
	return param_is_weight(weight) ? outputs * (double)(weight->count / weight->dims[0]) : outputs;
}

static void print_layers(FILE *out, const struct network *network, bool with_cost)
{
	const char *word = network->spec; /* one for each layer, a blank between them */
	int width = longest_word(word) + 2;
	double cost = 0;

	fprintf(out, "layer  %-*s%-14s  parameters%s\n", width, "kind", "output",
			with_cost ? "  multiplications" : "");
	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		char shape[SHAPE_TEXT];
		size_t count = 0;
		int length = (int)strcspn(word, " ");

		for (int p = 0; p < layer->param_count; p++)
			count += layer->params[p].trained ? layer->params[p].count : 0;
		fprintf(out, "%5d  %-*.*s", i, width, length, word);
		print_column(out, shape_text(layer->out, shape), 14);
		fprintf(out, "%12zu", count);
		if (with_cost)
			fprintf(out, "%17.0f", multiplications(layer));
		fputc('\n', out);
		cost += multiplications(layer);
		word += length + (word[length] == ' ');
	}
	fprintf(out, "%-*s%12zu", 7 + width + 14, "total", network->weight_count);
	if (with_cost)
		fprintf(out, "%17.0f", cost);
	fputc('\n', out);
}

void report_network(FILE *out, const struct network *network)
{
	print_layers(out, network, false);
}

void report_network_cost(FILE *out, const struct network *network)
{
	print_layers(out, network, true);
}

/* "12/12", never narrower than its heading. */
static int epoch_width(int epochs)
{
	int width = 2 * snprintf(NULL, 0, "%d", epochs) + 1;

	return width > 5 ? width : 5;
}

void report_epoch_head(FILE *out, int epochs, bool has_val, bool has_train)
{
	fprintf(out, "%*s    loss  accuracy", epoch_width(epochs), "epoch");
	if (has_val)
		fputs("  val_loss  val_accuracy", out);
	if (has_train)
		fputs("  train_loss  train_accuracy", out);
	fputs("  seconds\n", out);
}

void report_epoch(FILE *out, const struct epoch_figures *row, int epochs)
{
	char epoch[32];

	snprintf(epoch, sizeof epoch, "%d/%d", row->epoch, epochs);
	fprintf(out, "%*s  %6.4f  %8.4f", epoch_width(epochs), epoch, row->loss, row->accuracy);
	if (row->has_val)
		fprintf(out, "  %8.4f  %12.4f", row->val_loss, row->val_accuracy);
	if (row->has_train)
		fprintf(out, "  %10.4f  %14.4f", row->train_loss, row->train_accuracy);
	fprintf(out, "  %7.1f\n", row->seconds);
}

/* The background of a count in a terminal of 256 colours: green for what was read right, red for
 * mistakes. These are rare, so a shade stands for three times as many as the one before: from up to
 * 0.1% of a label's images to more than 8.1%. */
static int confusion_shade(size_t count, size_t support, bool right)
{
	static const int green[] = {22, 22, 22, 22, 28, 28}, red[] = {52, 52, 88, 124, 160, 196};
	int step = 0;

	if (right)
		return green[support ? (int)(5 * count / support) : 0];
	for (double limit = 0.001; step < 5 && (double)count > limit * (double)support; limit *= 3)
		step++;
	return red[step];
}

static void print_count(FILE *out, size_t count, size_t support, bool right, bool colour)
{
	char text[24];

	/* A dot for none lets the mistakes stand out. */
	snprintf(text, sizeof text, count ? "%7zu" : "      .", count);
	if (colour && count)
		fprintf(out, "\033[97;48;5;%dm%s\033[0m", confusion_shade(count, support, right), text);
	else
		fputs(text, out);
}

static void print_confusion(FILE *out, const struct evaluation *evaluation, bool colour)
{
	fprintf(out, "confusion: labels down, predictions across\n     ");
	for (int p = 0; p < DATASET_CLASSES; p++)
		fprintf(out, "%7d", p);
	fputc('\n', out);
	for (int label = 0; label < DATASET_CLASSES; label++) {
		const size_t support = evaluation_class(evaluation, label).support;

		fprintf(out, "%5d", label);
		for (int p = 0; p < DATASET_CLASSES; p++)
			print_count(out, evaluation->confusion[label][p], support, p == label, colour);
		fputc('\n', out);
	}
}

void report_evaluation(FILE *out, const struct evaluation *evaluation, bool colour)
{
	double low, high;

	wilson_interval(evaluation->correct, evaluation->count, &low, &high);
	fprintf(out, "accuracy  %.4f  (%zu of %zu; 95%% interval %.4f … %.4f)\n", evaluation->accuracy,
			evaluation->correct, evaluation->count, low, high);
	fprintf(out, "loss      %.4f\n", evaluation->loss);
	fprintf(out, "ECE       %.4f  (expected calibration error: what probabilities are off by)\n\n",
			calibration_error(evaluation));
	print_confusion(out, evaluation, colour);
	fprintf(out, "\ndigit  precision  recall      F1  support\n");
	for (int label = 0; label < DATASET_CLASSES; label++) {
		struct class_scores scores = evaluation_class(evaluation, label);

		fprintf(out, "%5d %10.4f %7.4f %7.4f %8zu\n", label, scores.precision, scores.recall,
				scores.f1, scores.support);
	}
}

void report_json_text(FILE *out, const char *text)
{
	size_t size = json_quote(NULL, 0, text) + 1;
	char *quoted = malloc(size);

	if (!quoted) {
		fputs("null", out);
		return;
	}
	json_quote(quoted, size, text);
	fputs(quoted, out);
	free(quoted);
}

void report_evaluation_json(FILE *out, const struct evaluation *evaluation, const char *model,
							const char *split)
{
	double low, high;

	wilson_interval(evaluation->correct, evaluation->count, &low, &high);
	fputs("{\"model\":", out);
	report_json_text(out, model);
	fprintf(out, ",\"split\":\"%s\",\"count\":%zu,\"correct\":%zu,\"accuracy\":%.9g", split,
			evaluation->count, evaluation->correct, evaluation->accuracy);
	fprintf(out, ",\"interval\":[%.9g,%.9g]", low, high);
	if (isfinite(evaluation->loss))
		fprintf(out, ",\"loss\":%.9g", evaluation->loss);
	else
		fputs(",\"loss\":null", out); /* JSON has no word for it */
	fprintf(out, ",\"calibration_error\":%.9g", calibration_error(evaluation));
	fputs(",\"confusion\":[", out);
	for (int label = 0; label < DATASET_CLASSES; label++)
		for (int p = 0; p < DATASET_CLASSES; p++)
			fprintf(out, "%s%zu%s",
					p       ? ","
					: label ? ",["
							: "[",
					evaluation->confusion[label][p], p == DATASET_CLASSES - 1 ? "]" : "");
	fputs("],\"digits\":[", out);
	for (int label = 0; label < DATASET_CLASSES; label++) {
		struct class_scores scores = evaluation_class(evaluation, label);

		fprintf(out, "%s{\"digit\":%d,\"precision\":%.9g,\"recall\":%.9g", label ? "," : "", label,
				scores.precision, scores.recall);
		fprintf(out, ",\"f1\":%.9g,\"support\":%zu}", scores.f1, scores.support);
	}
	fputs("]}\n", out);
}
