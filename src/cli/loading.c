/* The line appears once loading takes longer than a glance, and is drawn over and over. */
#include "cli/loading.h"

#include "base/clock.h"
#include "base/terminal.h"

#define REDRAW_SECONDS 0.1

static void draw(void *context, size_t pictures)
{
	struct loading *loading = context;
	const double now = clock_seconds();

	if (!loading->stream || now - loading->drawn_at < REDRAW_SECONDS)
		return;
	fprintf(loading->stream, "\r%zu pictures read\033[K\r", pictures);
	fflush(loading->stream);
	loading->drawn_at = now;
	loading->shown = true;
}

void loading_begin(struct loading *loading, struct dataset_options *options, FILE *stream,
				   const struct common_values *common)
{
	const bool welcome = !common->quiet && !common->no_color && terminal_is_rich(stream);

	*loading = (struct loading){.stream = welcome ? stream : NULL, .drawn_at = clock_seconds()};
	options->progress = draw;
	options->context = loading;
}

void loading_end(struct loading *loading)
{
	if (!loading->shown)
		return;
	fputs("\r\033[K", loading->stream);
	fflush(loading->stream);
	loading->shown = false;
}
