/* Two panels of dots. A character is 2 × 4 dots in Braille, and a single dot in ASCII. */
#include "draw/chart.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ROWS (CHART_LINES - 3) /* of a plot: title, axis and its labels take a line each */
#define MOST_COLUMNS 56        /* of a plot, in characters */
#define LABEL 7                /* columns in front of the axis */
#define GAP 2                  /* columns between the panels */
#define MOST_MARKS 12          /* on a curve of validation; of more measurements, every so many */

enum measure { ACCURACY, LOSS };
enum curve { NOTHING, TRAINING, VALIDATION, MARK };

struct axis {
	double low, high;
	int decimals;
};

struct panel {
	enum measure measure;
	const struct chart *chart;
	enum blocks_style style;
	int columns;
	struct axis axis;
	int across, down;                         /* the dots of a character */
	unsigned char dots[ROWS][MOST_COLUMNS];   /* a set of Braille's bits each */
	unsigned char curves[ROWS][MOST_COLUMNS]; /* enum curve: the last one drawn there */
};

void chart_add(struct chart_slot slots[CHART_SLOTS], double part, double loss, double accuracy,
			   double weight)
{
	const double place = ceil(part * CHART_SLOTS - 1e-9) - 1; /* 1e-9: for rounding */
	struct chart_slot *slot = &slots[(int)fmin(fmax(place, 0), CHART_SLOTS - 1)];
	const double all = slot->weight + weight;

	if (weight <= 0)
		return;
	slot->loss += (loss - slot->loss) * weight / all;
	slot->accuracy += (accuracy - slot->accuracy) * weight / all;
	slot->weight = all;
}

static void stretch(struct chart_slot slots[CHART_SLOTS], double part)
{
	struct chart_slot old[CHART_SLOTS];

	memcpy(old, slots, sizeof old);
	memset(slots, 0, sizeof old);
	for (int i = 0; i < CHART_SLOTS; i++)
		chart_add(slots, (i + 1) / (CHART_SLOTS * part), old[i].loss, old[i].accuracy,
				  old[i].weight);
}

void chart_end(struct chart *chart, double part)
{
	if (part <= 0 || part >= 1)
		return;
	stretch(chart->training, part);
	stretch(chart->validation, part);
	chart->epochs *= part;
}

/* ---- the axis ---- */

static double value_of(const struct chart_slot *slot, enum measure measure)
{
	return measure == ACCURACY ? slot->accuracy : slot->loss;
}

static int ascending(const void *a, const void *b)
{
	const double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

static void widen(struct axis *axis, double value)
{
	axis->low = fmin(axis->low, value);
	axis->high = fmax(axis->high, value);
}

/* Make room for the last value, and for all values but the worst fifth. */
static void widen_by(struct axis *axis, const struct chart_slot *slots, enum measure measure)
{
	double values[CHART_SLOTS];
	int count = 0;

	for (int i = 0; i < CHART_SLOTS; i++)
		if (slots[i].weight > 0)
			values[count++] = value_of(&slots[i], measure);
	if (!count)
		return;
	widen(axis, values[count - 1]);
	qsort(values, (size_t)count, sizeof *values, ascending);
	widen(axis, values[measure == ACCURACY ? count / 5 : 0]);
	widen(axis, values[measure == ACCURACY ? count - 1 : count - 1 - count / 5]);
}

/* The axis ends at round numbers: multiples of a unit of 1, 2 or 5 × 10^k, of which it has two to
 * five. Accuracy ends at 1 at the latest, and loss begins at 0: accuracies from 0.913 to 0.988 are
 * shown on an axis from 0.9 to 1. */
static struct axis axis_of(const struct chart *chart, enum measure measure)
{
	struct axis axis = {.low = DBL_MAX, .high = -DBL_MAX};

	widen_by(&axis, chart->training, measure);
	widen_by(&axis, chart->validation, measure);
	if (measure == LOSS)
		axis.low = 0;
	const double span = fmax(axis.high - axis.low, 0.002);
	const double power = pow(10, floor(log10(span / 2)));
	const double unit = span / 2 < 2 * power ? power : span / 2 < 5 * power ? 2 * power : 5 * power;

	axis.low = unit * floor(axis.low / unit + 1e-9);
	axis.high = fmax(unit * ceil(axis.high / unit - 1e-9), axis.low + 2 * unit);
	if (measure == ACCURACY && axis.high > 1) {
		axis.low -= axis.high - 1;
		axis.high = 1;
	}
	/* One decimal more than the unit has, since the middle may lie between two multiples. */
	axis.decimals = (int)fmax(1, 1 - floor(log10(unit) + 1e-9));
	return axis;
}

/* ---- dots ---- */

static void set_dot(struct panel *panel, int x, int y, enum curve curve)
{
	/* Braille's bits, [row][column] (Unicode 8-dot patterns). */
	static const unsigned char bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
	const int column = x / panel->across, row = y / panel->down;

	if (x < 0 || y < 0 || column >= panel->columns || row >= ROWS)
		return;
	panel->dots[row][column] |= bits[y % panel->down][x % panel->across];
	panel->curves[row][column] = (unsigned char)curve;
}

/* The row of dots, counted from the top; values off the chart get one outside of it. */
static int dot_y(const struct panel *panel, double value)
{
	const double part = (panel->axis.high - value) / (panel->axis.high - panel->axis.low);

	return (int)floor(fmin(fmax(part, -9), 9) * (ROWS * panel->down - 1) + 0.5);
}

static void join_dots(struct panel *panel, int x0, int y0, int x1, int y1, enum curve curve)
{
	const int length = abs(x1 - x0) > abs(y1 - y0) ? abs(x1 - x0) : abs(y1 - y0);

	for (int i = 0; i <= length; i++) {
		const double part = length ? (double)i / length : 0;
		set_dot(panel, (int)floor(x0 + part * (x1 - x0) + 0.5),
				(int)floor(y0 + part * (y1 - y0) + 0.5), curve);
	}
}

/* Join points, each of which is the mean of the slots that share a column of dots. Marks are not
 * joined, and stand at every so many points. */
static void draw_curve(struct panel *panel, const struct chart_slot *slots, enum curve curve,
					   int every)
{
	const int width = panel->columns * panel->across; /* dots */
	int last_x = -1, last_y = 0, points = 0;

	for (int i = 0; i < CHART_SLOTS;) {
		const int x = i * width / CHART_SLOTS;
		double sum = 0, weight = 0;

		for (; i < CHART_SLOTS && i * width / CHART_SLOTS == x; i++) {
			sum += value_of(&slots[i], panel->measure) * slots[i].weight;
			weight += slots[i].weight;
		}
		if (weight <= 0)
			continue;
		if (++points % every)
			continue;
		const int y = dot_y(panel, sum / weight);
		const bool alone = last_x < 0 || curve == MARK;
		join_dots(panel, alone ? x : last_x, alone ? y : last_y, x, y, curve);
		last_x = x;
		last_y = y;
	}
}

static int count_measured(const struct chart_slot *slots)
{
	int count = 0;

	for (int i = 0; i < CHART_SLOTS; i++)
		count += slots[i].weight > 0;
	return count;
}

/* Marks tell validation from training for those, too, who see no colours. */
static struct panel panel_of(const struct chart *chart, enum measure measure, int columns,
							 enum blocks_style style)
{
	struct panel panel = {
		.measure = measure,
		.chart = chart,
		.style = style,
		.columns = columns,
		.axis = axis_of(chart, measure),
		.across = style == BLOCKS_ASCII ? 1 : 2,
		.down = style == BLOCKS_ASCII ? 1 : 4,
	};

	const bool colours = style == BLOCKS_COLOUR;
	const int measured = count_measured(chart->validation);
	draw_curve(&panel, chart->training, TRAINING, 1);
	if (colours)
		draw_curve(&panel, chart->validation, VALIDATION, 1);
	draw_curve(&panel, chart->validation, MARK, colours ? 1 + (measured - 1) / MOST_MARKS : 1);
	return panel;
}

/* ---- characters ---- */

/* A text that is written piece by piece, and the column that its last line has reached. */
struct chart_text {
	char *next, *end;
	int column;
	enum blocks_style style;
};

static void put(struct chart_text *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(out->next, (size_t)(out->end - out->next), format, arguments);
	va_end(arguments);
	out->column += text_columns(out->next);
	out->next += length;
}

/* Of the 256 colours of a terminal, those near the colours of scripts/plot-curves.gp. */
static void put_colour(struct chart_text *out, enum curve curve)
{
	static const int colours[] = {[NOTHING] = 0, [TRAINING] = 39, [VALIDATION] = 208, [MARK] = 208};
	const int column = out->column;

	if (out->style != BLOCKS_COLOUR)
		return;
	put(out, colours[curve] ? "\033[38;5;%dm" : "\033[0m", colours[curve]);
	out->column = column;
}

static void put_blanks(struct chart_text *out, int until)
{
	if (until > out->column)
		put(out, "%*s", until - out->column, "");
}

static void put_dots(struct chart_text *out, const struct panel *panel, int row, int column)
{
	const unsigned code = 0x2800u + panel->dots[row][column];

	if (panel->curves[row][column] == NOTHING)
		put(out, " ");
	else if (panel->curves[row][column] == MARK)
		put(out, panel->style == BLOCKS_ASCII ? "o" : "●");
	else if (panel->style == BLOCKS_ASCII)
		put(out, ".");
	else
		put(out, "%c%c%c", (int)(0xe0 | code >> 12), (int)(0x80 | (code >> 6 & 0x3f)),
			(int)(0x80 | (code & 0x3f)));
}

static void put_word(struct chart_text *out, enum curve curve, const char *mark, const char *word)
{
	put_colour(out, curve);
	put(out, "%s%s", mark, word);
	put_colour(out, NOTHING);
}

/* The measure's name and, in the panel that has room for it, a legend of the curves. */
static void put_title(struct chart_text *out, const struct panel *panel, int left)
{
	const bool narrow = panel->columns < 30, ascii = panel->style == BLOCKS_ASCII;

	put(out, panel->measure == ACCURACY ? "accuracy" : "loss");
	if (narrow ? panel->measure == ACCURACY || panel->style != BLOCKS_COLOUR
			   : panel->measure == LOSS)
		return;
	put_blanks(out, left + LABEL + (narrow ? 0 : 6));
	put_word(out, TRAINING, narrow ? "" : ascii ? ". " : "⠒ ", narrow ? "train" : "training");
	put(out, narrow ? " " : "  ");
	put_word(out, VALIDATION, narrow ? "" : ascii ? "o " : "● ", narrow ? "val" : "validation");
}

/* The axis has a number at the top, in the middle and at the bottom. */
static void put_plot(struct chart_text *out, const struct panel *panel, int row)
{
	const struct axis *axis = &panel->axis;
	const double value = axis->high + (double)row / (ROWS - 1) * (axis->low - axis->high);
	enum curve current = NOTHING;

	if (row % ((ROWS - 1) / 2) == 0)
		put(out, "%*.*f ", LABEL - 1, axis->decimals, value);
	else
		put(out, "%*s", LABEL, "");
	put(out, panel->style == BLOCKS_ASCII ? "|" : "│");
	for (int column = 0; column < panel->columns; column++) {
		const enum curve curve = panel->curves[row][column];
		if (curve != current)
			put_colour(out, curve);
		current = curve;
		put_dots(out, panel, row, column);
	}
	if (current != NOTHING)
		put_colour(out, NOTHING);
}

static void put_line(struct chart_text *out, const struct panel *panel, int line, int left)
{
	const bool ascii = panel->style == BLOCKS_ASCII;
	const int right = left + LABEL + 1 + panel->columns;
	char end[32];

	put_blanks(out, left);
	if (line == 0) {
		put_title(out, panel, left);
	} else if (line <= ROWS) {
		put_plot(out, panel, line - 1);
	} else if (line == ROWS + 1) {
		put(out, "%*s%s", LABEL, "", ascii ? "+" : "└");
		while (out->column < right)
			put(out, ascii ? "-" : "─");
	} else {
		snprintf(end, sizeof end, "%.3g epoch%s", panel->chart->epochs,
				 panel->chart->epochs > 1 ? "s" : "");
		put(out, "%*s0", LABEL, "");
		put_blanks(out, right - (int)strlen(end));
		put(out, "%s", end);
	}
}

int chart_draw(const struct chart *chart, int width, enum blocks_style style, char text[CHART_TEXT])
{
	const int room = (width - 1 - GAP) / 2 - LABEL - 1;
	const int columns = room < MOST_COLUMNS ? room : MOST_COLUMNS;
	struct chart_text out = {.next = text, .end = text + CHART_TEXT, .style = style};

	*text = '\0';
	if (width < CHART_LEAST_WIDTH ||
		count_measured(chart->training) + count_measured(chart->validation) == 0)
		return 0;
	const struct panel panels[] = {panel_of(chart, ACCURACY, columns, style),
								   panel_of(chart, LOSS, columns, style)};
	for (int line = 0; line < CHART_LINES; line++) {
		put_line(&out, &panels[0], line, 0);
		put_line(&out, &panels[1], line, LABEL + 1 + columns + GAP);
		while (out.next > text && out.next[-1] == ' ')
			out.next--;
		put(&out, "\n");
		out.column = 0;
	}
	return CHART_LINES;
}
