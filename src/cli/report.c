/* Tables for reading are aligned in columns; JSON is for programs. */
#include "cli/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/recognize.h"
#include "base/text.h"
#include "formats/json.h"

#define COUNT_COLUMNS 7 /* of a count in the confusion matrix */
#define MOST_NAME 20    /* columns of a class's name */
#define MOST_PAIRS 20   /* of classes, in the place of a matrix */
#define LEAST_CHANCE 1e-300
#define USUAL_CHANCE 0.05 /* below it, a difference is said not to be chance */

void report_loading(FILE *out, const struct dataset *dataset)
{
	if (dataset->stretched)
		fputs("pixels are 0 or 1, and taken as 0 or 255\n", out);
	if (dataset->transposed)
		fputs("images are transposed: rows and columns are swapped\n", out);
	static const char *const forms[] = {
		[PICTURES_DIGIT] = "searched for a digit, which is brought to",
		[PICTURES_SCALE] = "scaled to",
		[PICTURES_KEEP] = "kept as they are,",
	};

	if (dataset->form != PICTURES_AUTO)
		fprintf(out, "pictures are %s %d×%d pixels\n", forms[dataset->form], dataset->height,
				dataset->width);
	if (dataset->others)
		fprintf(out, "files left out that are no pictures: %zu\n", dataset->others);
	if (dataset->broken)
		fprintf(out, "pictures left out that cannot be used: %zu\n%s", dataset->broken,
				dataset->broken_names);
}

/* Each number of a layer's output is a sum of products, one for each weight of a filter or unit. In
 * a layer with other parameters it is one product; without parameters there is none. So conv:32,3
 * with an output of 26×26×32 takes 26 × 26 × 32 × 9 multiplications for one grey image. */
static double multiplications(const struct layer *layer)
{
	const struct param *weight = &layer->params[0];
	const double outputs = (double)shape_size(layer->out);

	if (!layer->param_count)
		return 0;
	return param_is_weight(weight) ? outputs * (double)(weight->count / weight->dims[0]) : outputs;
}

void report_network(FILE *out, const struct network *network, bool with_cost)
{
	int width = 0;
	double cost = 0;

	for (int i = 0; i < network->layer_count; i++) {
		const int length = (int)strlen(network->layers[i].text) + 2;
		width = length > width ? length : width;
	}
	fprintf(out, "layer  %-*s%-14s  parameters%s\n", width, "kind", "output",
			with_cost ? "  multiplications" : "");
	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		char shape[SHAPE_TEXT];
		const int text_size = (int)strlen(shape_text(layer->out, shape));

		/* printf counts the bytes of ×, which are more than its column. */
		fprintf(out, "%5d  %-*s%-*s%12zu", i, width, layer->text,
				14 + text_size - text_columns(shape), shape, layer_weight_count(layer));
		if (with_cost)
			fprintf(out, "%17.0f", multiplications(layer));
		fputc('\n', out);
		cost += multiplications(layer);
	}
	fprintf(out, "%-*s%12zu", 7 + width + 14, "total", network->weight_count);
	if (with_cost)
		fprintf(out, "%17.0f", cost);
	fputc('\n', out);
}

void report_layers_json(FILE *out, const struct network *network)
{
	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		const struct shape *shape = &layer->out;

		fputs(i ? ",{\"layer\":" : "[{\"layer\":", out);
		json_print_text(out, layer->text);
		if (shape->flat)
			fprintf(out, ",\"output\":[%zu]", shape_size(*shape));
		else
			fprintf(out, ",\"output\":[%d,%d,%d]", shape->h, shape->w, shape->c);
		fprintf(out, ",\"parameters\":%zu,\"multiplications\":%.0f}", layer_weight_count(layer),
				multiplications(layer));
	}
	fputs("]", out);
}

/* "fc1.weight [10, 4] of F16", or "no bias". */
static void print_source(FILE *out, const struct param *param, const struct weights_source *source)
{
	char dims[WEIGHTS_DIMS_TEXT];

	if (!source->tensor) {
		fprintf(out, "no %s", strchr(param->name, '.') + 1);
		return;
	}
	text_print_name(out, source->tensor->name);
	fprintf(out, " %s", weights_dims_text(source->tensor, dims));
	if (strcmp(source->tensor->dtype, "F32"))
		fprintf(out, " of %s", source->tensor->dtype);
	if (source->redrawn)
		fputs(", of other classes: drawn anew", out);
}

void report_match(FILE *out, const struct network *network, const struct weights_match *match)
{
	const struct weights_source *source = match->sources;

	if (!match->count)
		return;
	fprintf(out, "match  by %s", match->by_name ? "name" : "shape, and by numbers in names");
	if (match->dense == ORDER_IN_OUT)
		fputs("; dense weights are [inputs, outputs]", out);
	if (match->channels_last)
		fputs("; channels come last", out);
	if (match->ignored)
		fprintf(out, "; %zu counter%s ignored", match->ignored, match->ignored == 1 ? "" : "s");
	fputc('\n', out);
	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];
		if (layer->param_count)
			fprintf(out, "       %d %s: ", i, layer->text);
		for (int p = 0; p < layer->param_count; p++, source++) {
			fputs(p ? ", " : "", out);
			print_source(out, &layer->params[p], source);
		}
		fputs(layer->param_count ? "\n" : "", out);
	}
}

/* The columns of "12/12", but no fewer than those of its heading, "epoch". */
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

/* The background of a count, one of a terminal's 256 colours: green on the diagonal, brighter from
 * 80% on, and red for mistakes. These are rare, so each red stands for up to three times as many as
 * the one before: up to 0.1%, 0.3%, … 8.1% of the label's images, and more. */
static int confusion_shade(size_t count, size_t support, bool right)
{
	static const int red[] = {52, 52, 88, 124, 160, 196};
	int shade = 0;

	if (right)
		return 5 * count >= 4 * support ? 28 : 22;
	for (double limit = 0.001; shade < 5 && (double)count > limit * (double)support; limit *= 3)
		shade++;
	return red[shade];
}

static void print_count(FILE *out, size_t count, size_t support, bool right, bool colour)
{
	char text[24];

	/* Dots in place of zeros let the mistakes stand out. */
	snprintf(text, sizeof text, count ? "%7zu" : "      .", count);
	if (colour && count)
		fprintf(out, "\033[97;48;5;%dm%s\033[0m", confusion_shade(count, support, right), text);
	else
		fputs(text, out);
}

void report_name(FILE *out, const char *name, int width)
{
	const int columns = text_columns(name);

	fprintf(out, "%*s%.*s", columns < width ? width - columns : 0, "", text_fit(name, width), name);
}

static void print_matrix(FILE *out, const struct evaluated *evaluated, int names, int cell,
						 bool colour)
{
	const struct confusion *confusion = evaluated->confusion;
	const struct class_label *all = evaluated->classes->all;

	fprintf(out, "confusion: labels down, predictions across\n%*s", names, "");
	for (int p = 0; p < confusion->classes; p++)
		report_name(out, all[p].name, cell);
	fputc('\n', out);
	for (int label = 0; label < confusion->classes; label++) {
		const size_t support = confusion_scores(confusion, label).support;

		report_name(out, all[label].name, names);
		for (int p = 0; p < confusion->classes; p++) {
			fprintf(out, "%*s", cell - COUNT_COLUMNS, "");
			print_count(out, confusion_at(confusion, label, p), support, p == label, colour);
		}
		fputc('\n', out);
	}
}

struct pair {
	int label, prediction;
};

/* Find the most frequent confusions, the first of equals first; returns how many they are, and how
 * many there are of different ones. */
static int rank_confusions(const struct confusion *confusion, struct pair pairs[MOST_PAIRS],
						   size_t *different)
{
	int kept = 0;

	*different = 0;
	for (int label = 0; label < confusion->classes; label++)
		for (int p = 0; p < confusion->classes; p++) {
			const size_t count = confusion_at(confusion, label, p);
			int rank = kept < MOST_PAIRS ? kept : MOST_PAIRS;

			if (label == p || !count)
				continue;
			++*different;
			for (; rank > 0 && count > confusion_at(confusion, pairs[rank - 1].label,
													pairs[rank - 1].prediction);
				 rank--)
				if (rank < MOST_PAIRS)
					pairs[rank] = pairs[rank - 1];
			if (rank < MOST_PAIRS)
				pairs[rank] = (struct pair){label, p};
			kept += kept < MOST_PAIRS;
		}
	return kept;
}

static void print_confusions(FILE *out, const struct evaluated *evaluated, int names)
{
	const struct confusion *confusion = evaluated->confusion;
	const int width = names > (int)strlen("read as") ? names : (int)strlen("read as");
	struct pair pairs[MOST_PAIRS];
	size_t different;
	const int count = rank_confusions(confusion, pairs, &different);

	if (!count) {
		fputs("confusions: none\n", out);
		return;
	}
	fprintf(out, "confusions, the %d most frequent of %zu\n", count, different);
	fprintf(out, "%*s  %*s  images  of the label's\n", names, "label", width, "read as");
	for (const struct pair *pair = pairs; pair < pairs + count; pair++) {
		const size_t images = confusion_at(confusion, pair->label, pair->prediction);
		const size_t support = confusion_scores(confusion, pair->label).support;

		report_name(out, evaluated->classes->all[pair->label].name, names);
		fputs("  ", out);
		report_name(out, evaluated->classes->all[pair->prediction].name, width);
		fprintf(out, "  %6zu  %13.1f%%\n", images, 100 * (double)images / (double)support);
	}
}

/* A dash stands for a score without a value. */
static void print_score(FILE *out, double score, int width)
{
	if (isnan(score))
		fprintf(out, " %*s", width, "-");
	else
		fprintf(out, " %*.4f", width, score);
}

void report_evaluation(FILE *out, const struct evaluated *evaluated, int width, bool colour)
{
	const int longest = classes_width(evaluated->classes, MOST_NAME);
	const int names = longest > 5 ? longest : 5;
	const int cell = longest < COUNT_COLUMNS ? COUNT_COLUMNS : longest + 1;
	const struct evaluation *evaluation = evaluated->evaluation;
	double low, high;

	wilson_interval(evaluation->correct, evaluation->count, &low, &high);
	fprintf(out, "accuracy  %.4f  (%zu of %zu; 95%% interval %.4f … %.4f)\n", evaluation->accuracy,
			evaluation->correct, evaluation->count, low, high);
	fprintf(out, "loss      %.4f\n", evaluation->loss);
	fprintf(out, "ECE       %.4f  (expected calibration error: what probabilities are off by)\n\n",
			calibration_error(evaluation));
	if (names + evaluated->classes->count * cell <= width)
		print_matrix(out, evaluated, names, cell, colour);
	else
		print_confusions(out, evaluated, names);
	fprintf(out, "\n%*s  precision  recall      F1  support\n", names, "class");
	for (int label = 0; label < evaluated->classes->count; label++) {
		struct class_scores scores = confusion_scores(evaluated->confusion, label);

		report_name(out, evaluated->classes->all[label].name, names);
		print_score(out, scores.precision, 10);
		print_score(out, scores.recall, 7);
		print_score(out, scores.f1, 7);
		fprintf(out, " %8zu\n", scores.support);
	}
}

void report_class_json(FILE *out, const struct classes *classes, int index)
{
	const struct class_label *class = &classes->all[index];
	char number[CLASS_NAME];

	snprintf(number, sizeof number, "%d", (int)class->label);
	if (strcmp(class->name, number))
		json_print_text(out, class->name);
	else
		fputs(number, out);
}

int report_bars(const struct classes *classes, const float *probabilities,
				struct blocks_bar bars[REPORT_BARS])
{
	const bool all = classes->count <= REPORT_BARS;
	const int count = all ? classes->count : REPORT_BARS;
	int order[CLASSES_MOST];

	recognize_rank(probabilities, classes->count, order);
	for (int i = 0; i < count; i++) {
		const int class = all ? i : order[i];
		bars[i] = (struct blocks_bar){classes->all[class].name, (double)probabilities[class]};
	}
	return count;
}

void report_comparison(FILE *out, const struct compared *compared)
{
	const struct comparison *c = &compared->comparison;

	fputs("\nagainst   ", out);
	text_print_name(out, compared->against);
	fprintf(out, ": accuracy %.4f  (%zu of %zu)\n", compared->evaluation->accuracy,
			compared->evaluation->correct, compared->evaluation->count);
	fprintf(out, "difference %+.4f  (95%% interval %+.4f … %+.4f)\n", c->difference, c->low,
			c->high);
	text_print_name(out, compared->model);
	if (!c->first && !c->second) {
		fputs(" and ", out);
		text_print_name(out, compared->against);
		fputs(" misread the same images\n", out);
		return;
	}
	fprintf(out, " reads %zu images that ", c->first);
	text_print_name(out, compared->against);
	fprintf(out, " misreads, the other way round %zu:\n", c->second);
	fprintf(out, "%s (exact McNemar test, p %s %.2g)\n",
			c->chance < USUAL_CHANCE ? "not by chance" : "that may be chance",
			c->chance < LEAST_CHANCE ? "<" : "=", fmax(c->chance, LEAST_CHANCE));
}

static void print_comparison_json(FILE *out, const struct compared *compared)
{
	const struct comparison *c = &compared->comparison;

	fputs(",\"against\":{\"model\":", out);
	json_print_text(out, compared->against);
	fprintf(out, ",\"correct\":%zu,\"accuracy\":%.9g", compared->evaluation->correct,
			compared->evaluation->accuracy);
	fprintf(out, ",\"both\":%zu,\"model_alone\":%zu,\"against_alone\":%zu,\"neither\":%zu", c->both,
			c->first, c->second, c->neither);
	fprintf(out, ",\"difference\":%.9g,\"interval\":[%.9g,%.9g],\"p_value\":%.9g}", c->difference,
			c->low, c->high, c->chance);
}

void report_evaluation_json(FILE *out, const struct evaluated *evaluated, const char *model,
							const char *split, const struct compared *compared)
{
	const struct evaluation *evaluation = evaluated->evaluation;
	const struct confusion *confusion = evaluated->confusion;
	double low, high;

	wilson_interval(evaluation->correct, evaluation->count, &low, &high);
	fputs("{\"model\":", out);
	json_print_text(out, model);
	fprintf(out, ",\"split\":\"%s\",\"count\":%zu,\"correct\":%zu,\"accuracy\":%.9g", split,
			evaluation->count, evaluation->correct, evaluation->accuracy);
	fprintf(out, ",\"interval\":[%.9g,%.9g]", low, high);
	fputs(",\"loss\":", out);
	json_print_number(out, evaluation->loss);
	fprintf(out, ",\"calibration_error\":%.9g", calibration_error(evaluation));
	fputs(",\"confusion\":[", out);
	for (int label = 0; label < confusion->classes; label++) {
		fputs(label ? ",[" : "[", out);
		for (int p = 0; p < confusion->classes; p++)
			fprintf(out, "%s%zu", p ? "," : "", confusion_at(confusion, label, p));
		fputc(']', out);
	}
	fputs("],\"digits\":[", out);
	for (int label = 0; label < confusion->classes; label++) {
		struct class_scores scores = confusion_scores(confusion, label);

		fputs(label ? ",{\"digit\":" : "{\"digit\":", out);
		report_class_json(out, evaluated->classes, label);
		fputs(",\"precision\":", out);
		json_print_number(out, scores.precision);
		fputs(",\"recall\":", out);
		json_print_number(out, scores.recall);
		fputs(",\"f1\":", out);
		json_print_number(out, scores.f1);
		fprintf(out, ",\"support\":%zu}", scores.support);
	}
	fputs("]", out);
	if (compared)
		print_comparison_json(out, compared);
	fputs("}\n", out);
}
