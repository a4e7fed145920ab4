/* Tables and lines for reading. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app/compare.h"
#include "app/curves.h"
#include "app/dataset.h"
#include "app/evaluate.h"
#include "app/weights.h"
#include "draw/blocks.h"
#include "nn/network.h"

/* A line for each thing that was done to the images while they were loaded; often none. */
void report_loading(FILE *out, const struct dataset *dataset);

/* Every layer with its text, output shape and number of trained parameters, and the sums; with_cost
 * adds the multiplications that one image takes as the layers are defined, so that zeros around an
 * image and all saved work count. */
void report_network(FILE *out, const struct network *network, bool with_cost);

/* The layers as an array of JSON: text, output as [height, width, channels] or [numbers],
 * parameters, multiplications. */
void report_layers_json(FILE *out, const struct network *network);

/* Print which tensors of a file from elsewhere became which layers; nothing where there is no
 * match. */
void report_match(FILE *out, const struct network *network, const struct weights_match *match);

/* The names of the columns, and a row for each epoch: epoch, loss, accuracy, val_loss,
 * val_accuracy, train_loss, train_accuracy, seconds. Columns that are not measured are left out. */
void report_epoch_head(FILE *out, int epochs, bool has_val, bool has_train);
void report_epoch(FILE *out, const struct epoch_figures *row, int epochs);

#define CAPTION_NAME 16 /* columns of a class's name below a picture */

/* A name to the right of a column so wide; a longer one is cut. */
void report_name(FILE *out, const char *name, int width);

/* The class of an index in JSON: its number where that is its name, else its name. */
void report_class_json(FILE *out, const struct classes *classes, int index);

/* The probabilities as bars, of up to REPORT_BARS classes in their order, of more the likeliest
 * first. The names are borrowed. Returns the number of bars. */
#define REPORT_BARS 12
int report_bars(const struct classes *classes, const float *probabilities,
				struct blocks_bar bars[REPORT_BARS]);

/* An evaluation, and what it is of. */
struct evaluated {
	const struct evaluation *evaluation;
	const struct confusion *confusion;
	const struct classes *classes;
};

/* Accuracy with its interval, loss, calibration error, confusion matrix, and scores for each class.
 * In the place of a matrix of more than `width` columns are the most frequent confusions. With
 * `colour`, each count of the matrix is shaded by its share of the label's images. */
void report_evaluation(FILE *out, const struct evaluated *evaluated, int width, bool colour);

/* A model and what it is compared with. */
struct compared {
	const char *model, *against;         /* files */
	const struct evaluation *evaluation; /* of `against` */
	struct comparison comparison;
};

/* Who reads the images that the other does not, the difference, and whether it may be chance. */
void report_comparison(FILE *out, const struct compared *compared);

/* All that as one JSON object on one line, with the model's file and the name of the split.
 * `compared` may be NULL. */
void report_evaluation_json(FILE *out, const struct evaluated *evaluated, const char *model,
							const char *split, const struct compared *compared);

#endif
