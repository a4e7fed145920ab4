/* The learning curves as a CSV file: the columns of Keras's CSVLogger, then some of our own. */
#include "app/curves.h"

#include <stdio.h>
#include <string.h>

#define HEADER                                                                                     \
	"epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds,train_accuracy,train_loss\n"

/* The longest double takes 317 bytes in "%.6f". */
#define PAIR_TEXT 640
#define ROW_TEXT (4 * PAIR_TEXT)

int curves_open(struct curves *curves, const char *path, struct error *error)
{
	struct error ignored;

	if (draft_open(&curves->draft, path, error))
		return -1;
	if (!draft_append(&curves->draft, HEADER, strlen(HEADER), error))
		return 0;
	curves_close(curves, &ignored);
	return -1;
}

/* Two columns, empty where they are not known. */
static const char *pair_text(char text[PAIR_TEXT], bool known, double accuracy, double loss)
{
	if (known)
		snprintf(text, PAIR_TEXT, "%.6f,%.6f", accuracy, loss);
	else
		strcpy(text, ",");
	return text;
}

static int add_row(struct curves *curves, const struct epoch_figures *row, struct error *error)
{
	char text[ROW_TEXT], seen[PAIR_TEXT], val[PAIR_TEXT], train[PAIR_TEXT];
	int length = snprintf(text, sizeof text, "%d,%s,%s,%g,%.3f,%s\n", row->epoch,
						  pair_text(seen, true, row->accuracy, row->loss),
						  pair_text(val, row->has_val, row->val_accuracy, row->val_loss),
						  row->learning_rate, row->seconds,
						  pair_text(train, row->has_train, row->train_accuracy, row->train_loss));

	return draft_append(&curves->draft, text, (size_t)length, error);
}

int curves_append_all(struct curves *curves, const struct epoch_figures *rows, int count,
					  struct error *error)
{
	for (int i = 0; i < count; i++)
		if (add_row(curves, &rows[i], error))
			return -1;
	return count ? draft_publish(&curves->draft, error) : 0;
}

int curves_append(struct curves *curves, const struct epoch_figures *row, struct error *error)
{
	return curves_append_all(curves, row, 1, error);
}

int curves_close(struct curves *curves, struct error *error)
{
	return draft_close(&curves->draft, error);
}
