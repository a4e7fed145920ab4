/* Advice names options, which nobody but the command line knows. */
#include "cli/advice.h"

int advise_on_dataset(enum dataset_fault fault, struct error *error)
{
	if (fault == DATASET_MISSING)
		error_append(error, "; the MNIST files are in the folder data of mnist-cnn's source; name "
							"their folder with --data DIR or $MNIST_CNN_DATA");
	return fault ? -1 : 0;
}

int advise_on_model(enum model_fault fault, struct error *error)
{
	if (fault == MODEL_MISSING)
		error_append(error,
					 "; train a model with 'mnist-cnn train', or name one with --model FILE");
	if (fault == MODEL_NAMELESS)
		error_append(error, ": give it with --network SPEC");
	return fault ? -1 : 0;
}

void advise_on_divergence(const struct settings *settings, struct error *error)
{
	error_append(error, ": try a smaller --learning-rate than %g", (double)settings->learning_rate);
}
