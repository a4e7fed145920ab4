/* PNG files that ImageMagick and Netpbm write, in every mode: read as ImageMagick reads them. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "formats/png.h"
#include "scratch.h"

#define WIDTH 61
#define HEIGHT 43

static char folder[64];

static int setup(void **state)
{
	(void)state;
	return scratch_open(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return scratch_close(folder) ? 0 : -1;
}

/* Run a command of the shell in the folder. */
static bool run(const char *command)
{
	char line[500];

	snprintf(line, sizeof line, "cd %s && { %s; } >output 2>&1", folder, command);
	return !system(line);
}

/* A picture of colours that fade, with alpha where `depth` is 4, else without. */
static void write_pam(const char *name, int depth)
{
	char path[256];
	FILE *file = fopen(scratch_path(path, folder, name), "wb");

	assert_non_null(file);
	fprintf(file, "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n", WIDTH,
			HEIGHT, depth, depth == 4 ? "RGB_ALPHA" : "RGB");
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			const int samples[] = {x * 4, y * 5, x * y % 256, x > y ? 255 : x < 20 ? 0 : 2 * y};
			for (int c = 0; c < depth; c++)
				putc(samples[c], file);
		}
	assert_int_equal(fclose(file), 0);
}

static unsigned reduced(const uint8_t *sample, unsigned maxval)
{
	return ((sample[0] + 256u * sample[1]) * maxval + 32767) / 65535;
}

/* Compare the out.png that the command writes with what ImageMagick makes of it: red, green, blue
 * and alpha, 16 bits each. */
static void assert_read(const char *command)
{
	char path[256];
	struct raster out;
	struct error error = {.text = ""};

	if (!run(command))
		fail_msg("%s fails", command);
	assert_true(run("convert out.png -depth 16 -endian LSB rgba:out.rgba"));
	struct buffer file = fixture_read(scratch_path(path, folder, "out.png"));
	struct buffer rgba = fixture_read(scratch_path(path, folder, "out.rgba"));
	if (png_parse(file.data, file.size, &out, &error))
		fail_msg("%s: %s", command, error.text);
	assert_int_equal(out.width, WIDTH);
	assert_int_equal(out.height, HEIGHT);
	assert_int_equal(rgba.size, 8 * WIDTH * HEIGHT);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		unsigned samples[4];
		for (int c = 0; c < 4; c++)
			samples[c] = reduced(rgba.data + 8 * i + 2 * c, (unsigned)out.maxval);
		const unsigned expected = raster_grey(samples, 4, (unsigned)out.maxval);
		if (out.samples[i] != expected)
			fail_msg("%s, at %d, %d: %d, expected %u", command, i % WIDTH, i / WIDTH,
					 out.samples[i], expected);
	}
	raster_free(&out);
	buffer_free(&file);
	buffer_free(&rgba);
}

static void imagemagick(void **state)
{
#define ON_WHITE "-background white -flatten -alpha off "
	static const struct {
		const char *options;
		int type, depth;
	} modes[] = {{ON_WHITE "-colorspace gray -depth 1", 0, 1},
				 {ON_WHITE "-colorspace gray -depth 2", 0, 2},
				 {ON_WHITE "-colorspace gray -depth 4", 0, 4},
				 {ON_WHITE "-colorspace gray", 0, 8},
				 {ON_WHITE "-colorspace gray -depth 16", 0, 16},
				 {ON_WHITE, 2, 8},
				 {ON_WHITE "-depth 16", 2, 16},
				 {"-colors 1", 3, 1},
				 {"-colors 3", 3, 2},
				 {"-colors 15", 3, 4},
				 {"-colors 200", 3, 8},
				 {"-colorspace gray", 4, 8},
				 {"-colorspace gray -depth 16", 4, 16},
				 {"", 6, 8},
				 {"-depth 16", 6, 16}};
	char command[300];

	(void)state;
	if (!run("convert -version")) {
		print_message("convert is not there: no comparison with ImageMagick\n");
		skip();
	}
	write_pam("in.pam", 4);
	for (size_t i = 0; i < 2 * sizeof modes / sizeof modes[0]; i++) {
		snprintf(command, sizeof command,
				 "convert in.pam %s -interlace %s -define png:color-type=%d "
				 "-define png:bit-depth=%d out.png",
				 modes[i / 2].options, i % 2 ? "PNG" : "none", modes[i / 2].type,
				 modes[i / 2].depth);
		assert_read(command);
	}
}

static void netpbm(void **state)
{
	static const char *const pictures[] = {"pnmquant 2 in.ppm",
										   "pnmquant 13 in.ppm",
										   "pnmquant 250 in.ppm",
										   "cat in.ppm",
										   "pamdepth 65535 in.ppm",
										   "ppmtopgm in.ppm",
										   "ppmtopgm in.ppm | pamdepth 15",
										   "ppmtopgm in.ppm | pamdepth 3",
										   "ppmtopgm in.ppm | pamditherbw",
										   "ppmtopgm in.ppm | pamdepth 65535"};
	static const char *const options[] = {"-interlace -sub",
										  "-force -up",
										  "-avg",
										  "-paeth",
										  "-transparent black",
										  "-alpha alpha.pgm",
										  "-interlace -alpha alpha.pgm"};
	char command[300];

	(void)state;
	if (!run("convert -version && pnmtopng -version")) {
		print_message("convert or pnmtopng is not there: no comparison with Netpbm\n");
		skip();
	}
	write_pam("in.pam", 3);
	assert_true(run("pamtopnm in.pam > in.ppm && pamflip -lr in.ppm | ppmtopgm > alpha.pgm"));
	for (size_t i = 0; i < 2 * sizeof pictures / sizeof pictures[0]; i++) {
		snprintf(command, sizeof command, "%s | pnmtopng %s > out.png", pictures[i / 2],
				 options[i % (sizeof options / sizeof options[0])]);
		assert_read(command);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imagemagick),
		cmocka_unit_test(netpbm),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
