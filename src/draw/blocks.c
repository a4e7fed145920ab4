/* Digits in characters, each of which stands for two pixels, one above the other. */
#include "draw/blocks.h"

#include <string.h>

#include "base/terminal.h"

#define GAP 2                           /* columns between digits */
#define LINE_TEXT (BLOCKS_COLUMNS * 32) /* bytes of a line: two colours for each character */
#define MOST_BAR 40

enum blocks_style blocks_style(FILE *stream, bool no_color)
{
	if (!terminal_is_utf8(stream))
		return BLOCKS_ASCII;
	return terminal_is_rich(stream) && !no_color ? BLOCKS_COLOUR : BLOCKS_HALF;
}

/* Anything but 0 shows. */
static char shade(int grey)
{
	static const char ramp[] = " .:-=+*#%@";
	int levels = (int)sizeof ramp - 2;

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
	size_t nearest = 0;
	int least = INT32_MAX;

	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		int up = upper - blocks[i].upper, low = lower - blocks[i].lower;
		if (up * up + low * low < least) {
			least = up * up + low * low;
			nearest = i;
		}
	}
	return blocks[nearest].text;
}

/* Of the 256 colours of a terminal: black, 24 greys, white. */
static int grey_colour(int grey)
{
	if (grey == 0)
		return 16;
	return grey == 255 ? 231 : 232 + grey * 24 / 255;
}

/* An upper half block whose lower half is the background. */
static void draw_coloured(const uint8_t *upper, const uint8_t *lower, char text[LINE_TEXT])
{
	int front = -1, back = -1;

	for (int x = 0; x < BLOCKS_COLUMNS; x++) {
		if (grey_colour(upper[x]) != front || grey_colour(lower[x]) != back) {
			front = grey_colour(upper[x]);
			back = grey_colour(lower[x]);
			text += sprintf(text, "\033[38;5;%d;48;5;%dm", front, back);
		}
		text += sprintf(text, "▀");
	}
	strcpy(text, "\033[0m");
}

/* Returns the columns that it takes. */
static int draw_line(enum blocks_style style, const uint8_t *pixels, int line, char text[LINE_TEXT])
{
	const uint8_t *upper = pixels + 2 * line * BLOCKS_SIDE, *lower = upper + BLOCKS_SIDE;
	char *trimmed = text;
	int columns = 0;

	if (style == BLOCKS_COLOUR) {
		draw_coloured(upper, lower, text);
		return BLOCKS_COLUMNS;
	}
	for (int x = 0; x < BLOCKS_COLUMNS; x++) {
		if (style == BLOCKS_HALF)
			text += sprintf(text, "%s", block(upper[x], lower[x]));
		else
			*text++ = shade((upper[x] + lower[x] + 1) / 2);
		if (text[-1] != ' ') {
			trimmed = text;
			columns = x + 1;
		}
	}
	*trimmed = '\0';
	return columns;
}

/* Text in a field of a digit's width; `pending` blanks are printed only when more follows. */
static void print_field(FILE *out, const char *text, int columns, int *pending)
{
	if (columns > 0)
		fprintf(out, "%*s%s", *pending, "", text);
	*pending = BLOCKS_COLUMNS - columns + GAP + (columns > 0 ? 0 : *pending);
}

void blocks_draw(FILE *out, enum blocks_style style, const uint8_t *pixels)
{
	for (int line = 0; line < BLOCKS_LINES; line++) {
		char text[LINE_TEXT];

		draw_line(style, pixels, line, text);
		fprintf(out, "%s\n", text);
	}
}

static int label_text(const struct blocks_image *picture, char text[LINE_TEXT])
{
	if (picture->epoch)
		return sprintf(text, "%d  epoch %d", picture->label, picture->epoch);
	return sprintf(text, "%d  #%zu", picture->label, picture->index);
}

static void draw_row(FILE *out, enum blocks_style style, const struct blocks_image *pictures,
					 size_t count)
{
	for (int line = 0; line <= BLOCKS_LINES; line++) {
		int pending = 0;

		for (size_t i = 0; i < count; i++) {
			char text[LINE_TEXT];
			int columns = line < BLOCKS_LINES ? draw_line(style, pictures[i].pixels, line, text)
											  : label_text(&pictures[i], text);
			print_field(out, text, columns, &pending);
		}
		fputc('\n', out);
	}
}

size_t blocks_fit(int width)
{
	return width > BLOCKS_COLUMNS ? (size_t)((width + GAP) / (BLOCKS_COLUMNS + GAP)) : 1;
}

void blocks_draw_all(FILE *out, enum blocks_style style, const struct blocks_image *pictures,
					 size_t count, int width)
{
	const size_t fit = blocks_fit(width);

	for (size_t done = 0; done < count; done += fit) {
		if (done)
			fputc('\n', out);
		draw_row(out, style, pictures + done, count - done < fit ? count - done : fit);
	}
}

/* In eighths of a character where there are such blocks. */
static void print_bar(FILE *out, enum blocks_style style, double part, int room)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int units = (int)(part * room * 8 + 0.5);

	if (style == BLOCKS_ASCII)
		units = (units + 4) / 8 * 8;
	for (; units >= 8; units -= 8)
		fputs(style == BLOCKS_ASCII ? "#" : "█", out);
	fputs(eighths[units], out);
}

/* `7   99.87%  ########`, without an end of the line. */
static void print_guess(FILE *out, enum blocks_style style, int digit, double part, int width)
{
	const int left = (int)strlen("7  100.00%  ");
	const int room = width - 1 - left < MOST_BAR ? width - 1 - left : MOST_BAR;

	fprintf(out, "%d  %6.2f%%", digit, 100 * part);
	if (part * room >= (style == BLOCKS_ASCII ? 0.5 : 1 / 16.0)) {
		fputs(style == BLOCKS_COLOUR ? "  \033[38;5;208m" : "  ", out);
		print_bar(out, style, part, room);
		fputs(style == BLOCKS_COLOUR ? "\033[0m" : "", out);
	}
}

void blocks_bars(FILE *out, enum blocks_style style, const float probabilities[BLOCKS_CLASSES],
				 int width)
{
	for (int digit = 0; digit < BLOCKS_CLASSES; digit++) {
		print_guess(out, style, digit, (double)probabilities[digit], width);
		fputc('\n', out);
	}
}

void blocks_draw_guesses(FILE *out, enum blocks_style style, const uint8_t *pixels,
						 const float probabilities[BLOCKS_CLASSES], int width)
{
	const int above = (BLOCKS_LINES - BLOCKS_CLASSES) / 2;

	for (int line = 0; line < BLOCKS_LINES; line++) {
		const int digit = line - above;
		char text[LINE_TEXT];
		int columns = draw_line(style, pixels, line, text), pending = 0;

		print_field(out, text, columns, &pending);
		if (digit >= 0 && digit < BLOCKS_CLASSES) {
			fprintf(out, "%*s", pending, "");
			print_guess(out, style, digit, (double)probabilities[digit],
						width - BLOCKS_COLUMNS - GAP);
		}
		fputc('\n', out);
	}
}
