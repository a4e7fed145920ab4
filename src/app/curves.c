/* The learning curves as CSV: the columns of Keras's CSVLogger, then our own. */
#include "app/curves.h"

#include <errno.h>
#include <string.h>

static int fail(const struct curves *curves, const char *what, struct error *error)
{
	return error_set(error, "%s: cannot %s: %s", curves->path, what, strerror(errno));
}

int curves_open(struct curves *curves, const char *path, struct error *error)
{
	*curves = (struct curves){.file = fopen(path, "wb"), .path = path};
	if (!curves->file)
		return fail(curves, "open", error);
	if (fputs("epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds,"
			  "train_accuracy,train_loss\n",
			  curves->file) < 0 ||
		fflush(curves->file)) {
		fail(curves, "write", error);
		fclose(curves->file);
		curves->file = NULL;
		return -1;
	}
	return 0;
}

/* Two columns, empty where they are not known. */
static int print_pair(FILE *file, bool known, double accuracy, double loss)
{
	return known ? fprintf(file, "%.6f,%.6f", accuracy, loss) : fprintf(file, ",");
}

int curves_append(struct curves *curves, const struct curves_row *row, struct error *error)
{
	FILE *file = curves->file;

	if (fprintf(file, "%d,", row->epoch) < 0 ||
		print_pair(file, true, row->accuracy, row->loss) < 0 || fputc(',', file) == EOF ||
		print_pair(file, row->has_val, row->val_accuracy, row->val_loss) < 0 ||
		fprintf(file, ",%g,%.3f,", row->learning_rate, row->seconds) < 0 ||
		print_pair(file, row->has_train, row->train_accuracy, row->train_loss) < 0 ||
		fputc('\n', file) == EOF || fflush(file))
		return fail(curves, "write", error);
	return 0;
}

int curves_close(struct curves *curves, struct error *error)
{
	FILE *file = curves->file;

	curves->file = NULL;
	if (file && fclose(file))
		return fail(curves, "close", error);
	return 0;
}
