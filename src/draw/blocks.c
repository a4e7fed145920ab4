/* Blanks are held back until something follows them on their line. */
#include "draw/blocks.h"

#include <stdarg.h>
#include <string.h>

#include "base/terminal.h"
#include "base/text.h"

#define GAP 2 /* columns between pictures */
#define MOST_BAR 40

enum blocks_style blocks_style(FILE *stream, bool no_color)
{
	if (!terminal_is_utf8(stream))
		return BLOCKS_ASCII;
	return terminal_is_rich(stream) && !no_color ? BLOCKS_COLOUR : BLOCKS_HALF;
}

/* ---- a line, from left to right ---- */

struct pen {
	FILE *out;
	enum blocks_style style;
	int blanks; /* held back */
};

/* Returns the bytes of the text. */
static int pen_print(struct pen *pen, const char *format, ...)
{
	va_list arguments;

	fprintf(pen->out, "%*s", pen->blanks, "");
	pen->blanks = 0;
	va_start(arguments, format);
	const int length = vfprintf(pen->out, format, arguments);
	va_end(arguments);
	return length;
}

static void pen_end_line(struct pen *pen)
{
	fputc('\n', pen->out);
	pen->blanks = 0;
}

/* ---- pictures ---- */

/* Every grey but 0 has a character that shows. */
static char shade(int grey)
{
	static const char ramp[] = " .:-=+*#%@";
	const int levels = (int)sizeof ramp - 2;

	return ramp[grey ? 1 + (grey - 1) * levels / 255 : 0];
}

/* The character that is nearest to the two greys. */
static const char *block(int upper, int lower)
{
	static const struct {
		const char *text;
		int upper, lower;
	} blocks[] = {{" ", 0, 0},     {"░", 64, 64}, {"▒", 128, 128}, {"▓", 191, 191},
				  {"█", 255, 255}, {"▀", 255, 0}, {"▄", 0, 255}};
	const char *nearest = NULL;
	int least = INT32_MAX;

	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		const int up = upper - blocks[i].upper, low = lower - blocks[i].lower;
		if (up * up + low * low < least) {
			least = up * up + low * low;
			nearest = blocks[i].text;
		}
	}
	return nearest;
}

/* The nearest of a terminal's 256 colours: black, 24 greys, white. */
static int grey_colour(int grey)
{
	if (grey == 0)
		return 16;
	return grey == 255 ? 231 : 232 + grey * 24 / 255;
}

static void draw_line(struct pen *pen, const struct blocks_picture *picture, int line)
{
	const uint8_t *upper = picture->pixels + (size_t)(2 * line) * (size_t)picture->width;
	const uint8_t *lower = 2 * line + 1 < picture->height ? upper + picture->width : NULL;
	int front = -1, back = -1;

	for (int x = 0; x < picture->width; x++) {
		const int above = upper[x], below = lower ? lower[x] : 0;
		const char ascii[] = {shade((above + below + 1) / 2), '\0'};
		const char *text = pen->style == BLOCKS_HALF ? block(above, below) : ascii;

		if (pen->style == BLOCKS_COLOUR) {
			/* The upper half block has the front's colour, the rest of the character the back's. */
			if (grey_colour(above) != front || grey_colour(below) != back)
				pen_print(pen, "\033[38;5;%d;48;5;%dm", grey_colour(above), grey_colour(below));
			front = grey_colour(above);
			back = grey_colour(below);
			pen_print(pen, "▀");
		} else if (*text == ' ') {
			pen->blanks++;
		} else {
			pen_print(pen, "%s", text);
		}
	}
	if (pen->style == BLOCKS_COLOUR)
		pen_print(pen, "\033[0m");
}

static int line_count(const struct blocks_picture *picture)
{
	return (picture->height + 1) / 2;
}

/* Each picture with its caption has `width` columns. */
static void draw_row(struct pen *pen, const struct blocks_picture *pictures, size_t count,
					 int width)
{
	for (int line = 0; line < line_count(pictures); line++) {
		for (size_t i = 0; i < count; i++) {
			draw_line(pen, &pictures[i], line);
			pen->blanks += width - pictures[i].width + GAP;
		}
		pen_end_line(pen);
	}
	for (size_t i = 0; i < count; i++) {
		pen_print(pen, "%s", pictures[i].caption);
		pen->blanks = width - text_columns(pictures[i].caption) + GAP;
	}
	pen_end_line(pen);
}

size_t blocks_fit(int picture_width, int width)
{
	return width > picture_width ? (size_t)((width + GAP) / (picture_width + GAP)) : 1;
}

void blocks_draw_all(FILE *out, enum blocks_style style, const struct blocks_picture *pictures,
					 size_t count, int width)
{
	struct pen pen = {out, style, 0};
	int own = pictures->width;

	for (size_t i = 0; i < count; i++) {
		const int columns = text_columns(pictures[i].caption);
		own = columns > own ? columns : own;
	}
	const size_t fit = blocks_fit(own, width);
	for (size_t done = 0; done < count; done += fit) {
		if (done)
			pen_end_line(&pen);
		draw_row(&pen, pictures + done, count - done < fit ? count - done : fit, own);
	}
}

/* ---- bars ---- */

/* The columns of the longest name. */
static int name_width(const struct blocks_bar *bars, int count)
{
	int width = 0;

	for (int i = 0; i < count; i++) {
		const int columns = text_columns(bars[i].name);
		width = columns > width ? columns : width;
	}
	return width;
}

/* `7   99.87%  ########`, in eighths of a character where there are such blocks. */
static void draw_bar(struct pen *pen, const struct blocks_bar *bar, int names, int width)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	const bool ascii = pen->style == BLOCKS_ASCII, colour = pen->style == BLOCKS_COLOUR;
	const int rest = width - names - 1 - (int)strlen("  100.00%  ");
	const int room = rest < 0 ? 0 : rest < MOST_BAR ? rest : MOST_BAR;
	const double columns = bar->part * room;
	int units = (int)(columns * 8 + 0.5);

	if (ascii)
		units = (units + 4) / 8 * 8;
	pen_print(pen, "%s%*s  %6.2f%%", bar->name, names - text_columns(bar->name), "",
			  100 * bar->part);
	if (columns < (ascii ? 0.5 : 1 / 16.0))
		return;
	pen_print(pen, colour ? "  \033[38;5;208m" : "  ");
	for (; units >= 8; units -= 8)
		pen_print(pen, ascii ? "#" : "█");
	pen_print(pen, "%s%s", eighths[units], colour ? "\033[0m" : "");
}

void blocks_bars(FILE *out, enum blocks_style style, const struct blocks_bar *bars, int count,
				 int width)
{
	const int names = name_width(bars, count);
	struct pen pen = {out, style, 0};

	for (int i = 0; i < count; i++) {
		draw_bar(&pen, &bars[i], names, width);
		pen_end_line(&pen);
	}
}

void blocks_draw_with_bars(FILE *out, enum blocks_style style, const struct blocks_picture *picture,
						   const struct blocks_bar *bars, int count, int width)
{
	const int names = name_width(bars, count);
	const int lines = line_count(picture), spare = lines - count;
	const int above = spare > 0 ? spare / 2 : 0;
	struct pen pen = {out, style, 0};

	for (int line = 0; line < lines || line < count; line++) {
		const int bar = line - above;

		if (line < lines)
			draw_line(&pen, picture, line);
		else
			pen.blanks = picture->width;
		pen.blanks += GAP;
		if (bar >= 0 && bar < count)
			draw_bar(&pen, &bars[bar], names, width - picture->width - GAP);
		pen_end_line(&pen);
	}
}

void blocks_draw(FILE *out, enum blocks_style style, const struct blocks_picture *picture)
{
	blocks_draw_with_bars(out, style, picture, NULL, 0, 0);
}
