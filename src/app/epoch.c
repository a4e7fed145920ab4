/* The order of epochs. */
#include "app/epoch.h"

bool epoch_is_better(const struct epoch_figures *figures, const struct epoch_figures *than)
{
	return figures->val_loss < than->val_loss;
}
