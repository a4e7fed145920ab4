/* Bar and curves are redrawn in place: each line is written over the old one and the rest of it
 * erased, and then the cursor goes back up to the first. */
#include "cli/progress.h"

#include <string.h>

#include "base/clock.h"
#include "base/terminal.h"

#define REDRAW_SECONDS 0.1
#define LEAST_BAR 6 /* columns; a narrower bar tells nothing */
#define MOST_BAR 30
#define LEAST_HEIGHT (CHART_LINES + 6) /* lines; a lower terminal has no room for the curves */

void progress_open(struct progress *progress, FILE *stream, struct progress_wanted wanted)
{
	*progress = (struct progress){
		.terminal = !wanted.quiet && terminal_is(stream) ? stream : NULL,
		.style = blocks_style(stream, wanted.no_color),
		.live = !wanted.no_live,
		.chart.epochs = wanted.epochs,
	};
	if (progress->terminal && !wanted.no_color && terminal_is_rich(stream))
		progress->stream = stream;
}

static void duration_text(double seconds, char *text, size_t capacity)
{
	/* The limit, some three years, keeps the conversion defined. */
	long whole = seconds < 1e8 ? (long)(seconds + 0.5) : 100000000;

	if (whole < 3600)
		snprintf(text, capacity, "%ld:%02ld", whole / 60, whole % 60);
	else
		snprintf(text, capacity, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
}

static void bar_text(double part, int width, char *text)
{
	int filled = (int)(part * width);

	memset(text, ' ', (size_t)width);
	memset(text, '=', (size_t)filled);
	if (filled < width)
		text[filled] = '>';
	text[width] = '\0';
}

void progress_text(const struct train_progress *state, int width, char text[PROGRESS_TEXT])
{
	char epoch[40], percent[8], details[4][48], bar[MOST_BAR + 1], time[32];
	double part = state->total ? (double)state->seen / (double)state->total : 0;
	double rate = state->seconds > 0 ? (double)state->seen / state->seconds : 0;
	int shown = 0;

	snprintf(epoch, sizeof epoch, "epoch %d/%d", state->epoch, state->epochs);
	snprintf(percent, sizeof percent, "%3d%%", (int)(part * 100));
	snprintf(details[0], sizeof details[0], "  %.0f images/s", rate);
	snprintf(details[1], sizeof details[1], "  loss %.3f", state->loss);
	snprintf(details[2], sizeof details[2], "  accuracy %.3f", state->accuracy);
	duration_text(rate > 0 ? state->left / rate : 0, time, sizeof time);
	if (state->seen < state->total)
		snprintf(details[3], sizeof details[3], "  %s left", time);
	else
		snprintf(details[3], sizeof details[3], "  validating");

	int room = width - 1 - (int)strlen(epoch) - (int)strlen(" []") - (int)strlen(percent);
	while (shown < 4 && room - (int)strlen(details[shown]) >= LEAST_BAR)
		room -= (int)strlen(details[shown++]);
	if (room >= LEAST_BAR) {
		bar_text(part, room < MOST_BAR ? room : MOST_BAR, bar);
		snprintf(text, PROGRESS_TEXT, "%s [%s]%s", epoch, bar, percent);
	} else {
		snprintf(text, PROGRESS_TEXT, "%s %s", epoch, percent);
	}
	for (int i = 0; i < shown; i++)
		strcat(text, details[i]); /* at most 40 + 33 + 8 + 4 × 48 bytes in all */
	if (width - 1 < PROGRESS_TEXT)
		text[width - 1] = '\0';
}

/* The part of the whole training that is done. */
static double part_done(const struct progress *progress)
{
	return progress->images / (progress->images + progress->last.left);
}

/* The state has means since the epoch began; the curve gets the mean since the last state. If that
 * was 0.5 after 100 images and is 0.4 after 200, it was 0.3 in the last 100. */
static void take_note(struct progress *progress, const struct train_progress *state)
{
	const struct train_progress *last = &progress->last;
	const double before = state->epoch == last->epoch ? (double)last->seen : 0;
	const double seen = (double)state->seen, more = seen - before;
	const double loss = state->loss * seen - last->loss * before;
	const double accuracy = state->accuracy * seen - last->accuracy * before;

	progress->last = *state;
	if (more <= 0)
		return;
	progress->images += more;
	chart_add(progress->chart.training, part_done(progress), loss / more, accuracy / more, more);
}

/* Print the curves below the bar, and move the cursor back up to it. */
static void print_chart(const struct progress *progress, int width)
{
	char text[CHART_TEXT];

	if (!progress->live || terminal_height(progress->stream) < LEAST_HEIGHT)
		return;
	const int lines = chart_draw(&progress->chart, width, progress->style, text);
	if (!lines)
		return;
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		fprintf(progress->stream, "\r\n%.*s\033[K", (int)(end - line), line);
	}
	fprintf(progress->stream, "\033[%dA\r", lines);
}

void progress_draw(struct progress *progress, const struct train_progress *state)
{
	char text[PROGRESS_TEXT];

	if (!progress->terminal)
		return;
	take_note(progress, state);
	const double now = clock_seconds();
	if (!progress->stream || (progress->width && now - progress->drawn_at < REDRAW_SECONDS &&
							  state->seen < state->total))
		return;
	const int width = terminal_width(progress->stream);
	progress_text(state, width, text);
	/* A terminal whose width has changed has broken the old lines into several, so everything from
	 * the cursor on is erased. The cursor returns to the line's beginning, so that a ^C that the
	 * terminal shows is overwritten, too. */
	fprintf(progress->stream, "\r%s%s\033[K\r",
			progress->width && width != progress->width ? "\033[J" : "", text);
	print_chart(progress, width);
	fflush(progress->stream);
	progress->width = width;
	progress->drawn_at = now;
}

void progress_clear(struct progress *progress)
{
	if (!progress->width)
		return;
	fputs("\r\033[J", progress->stream);
	fflush(progress->stream);
	progress->width = 0;
}

void progress_epoch(struct progress *progress, const struct epoch_figures *row)
{
	if (progress->images > 0 && row->has_val)
		chart_add(progress->chart.validation, part_done(progress), row->val_loss, row->val_accuracy,
				  1);
}

void progress_finish(struct progress *progress)
{
	char text[CHART_TEXT];

	if (!progress->terminal || progress->images <= 0)
		return;
	chart_end(&progress->chart, part_done(progress));
	if (chart_draw(&progress->chart, terminal_width(progress->terminal), progress->style, text) > 0)
		fprintf(progress->terminal, "\n%s", text);
}
