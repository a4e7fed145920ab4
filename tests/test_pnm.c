/* Netpbm: all six forms, both depths, comments, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "allocations.h"
#include "errors.h"
#include "formats/pnm.h"
#include "mutations.h"

static void expect_bytes(const void *data, size_t size, int width, int height, int maxval,
						 const uint16_t *samples)
{
	struct raster image;
	struct error error = {.text = ""};

	if (pnm_parse(data, size, &image, &error))
		fail_msg("%s", error.text);
	assert_int_equal(image.width, width);
	assert_int_equal(image.height, height);
	assert_int_equal(image.maxval, maxval);
	assert_memory_equal(image.samples, samples, (size_t)(width * height) * sizeof *samples);
	raster_free(&image);
}

static void expect(const char *text, int width, int height, int maxval, const uint16_t *samples)
{
	expect_bytes(text, strlen(text), width, height, maxval, samples);
}

static void refuse_bytes(const void *data, size_t size, const char *text)
{
	struct raster image;
	struct error error = {.text = ""};

	assert_int_equal(pnm_parse(data, size, &image, &error), -1);
	assert_null(image.samples);
	assert_int_equal(image.width, 0);
	assert_error_has(&error, text);
}

static void refuse(const char *data, const char *text)
{
	refuse_bytes(data, strlen(data), text);
}

static void raw(void **state)
{
	(void)state;
	const uint16_t samples[] = {'a', 'b', 'c', 'd', '\n', '#'};

	expect("P5\n3 2\n255\nabcd\n#", 3, 2, 255, samples);
	expect("P5 2\t3\v255\fabcd\n#", 2, 3, 255, samples);
	expect("P5\r\n003\n2\n0000000000255 abcd\n#", 3, 2, 255, samples);
	/* Further images are none of our business. */
	expect("P5 3 2 127 abcd\n#P5 1 1 255 x", 3, 2, 127, samples);
}

static void raw_16_bits(void **state)
{
	(void)state;
	const uint16_t samples[] = {0x0102, 256, 0};

	expect_bytes("P5 3 1 258 \1\2\1\0\0\0", 17, 3, 1, 258, samples);
	refuse_bytes("P5 3 1 257 \1\2\1\0\0\0", 17,
				 "offset 13: a sample of pixel 0 is above the maxval, 257");
	refuse_bytes("P5 3 1 258 \1\2\1\0\0", 16, "offset 11: 3×1 pixels need 6 bytes, there are 5");
	const uint16_t white[] = {65535};
	expect("P5 1 1 65535 \xff\xff", 1, 1, 65535, white);
}

static void plain(void **state)
{
	(void)state;
	const uint16_t samples[] = {0, 1, 20, 300};

	expect("P2\n2 2\n300\n0 1\n20 300\n", 2, 2, 300, samples);
	expect("P2 4 1 65535 0\n\n1\t20 0300", 4, 1, 65535, samples);
	refuse("P2 2 2 299 0 1 20 300", "a sample of pixel 3 is above the maxval, 299");
	refuse("P2 2 2 300 0 1 20   ", "expected a sample, found the end of the file");
	refuse("P2 2 2 300 0 1 2", "2×2 pixels need at least 7 bytes, there are 5");
	refuse("P2 2 2 300 0 1 20 -3", "offset 18: expected a sample, found '-'");
	refuse("P2 2 2 300 0 1 20 3x", "offset 19: expected a digit or white space, found 'x'");
	refuse("P2 1 1 255 99999999999999999999999999999999",
		   "a sample of pixel 0 is above the maxval, 255");
}

/* pbm(5): 1 is black; plain bits need no space between them, raw rows fill whole bytes. */
static void bits(void **state)
{
	(void)state;
	const uint16_t samples[] = {0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0};

	expect("P1\n9 2\n100101100\n100000001", 9, 2, 1, samples);
	expect("P1 9 2 1 0 0 1 0 1 1#c\n0 0 1\t0000000 1", 9, 2, 1, samples);
	expect_bytes("P4\n9 2\n\x96\x7f\x80\xff", 11, 9, 2, 1, samples);
	refuse("P1 2 2 0120", "offset 9: expected 0 or 1, found '2'");
	refuse("P1 2 2 010", "2×2 pixels need at least 4 bytes, there are 3");
	refuse("P1 2 2 01 0", "expected 0 or 1, found the end of the file");
	refuse_bytes("P4\n9 2\n\x96\x7f\x80", 10, "9×2 pixels need 4 bytes, there are 3");
}

/* The luma of pure red, green and blue is that of Rec. 709 to the nearest; grey stays grey. */
static void colour(void **state)
{
	(void)state;
	const uint16_t samples[] = {2126, 7152, 722, 10000, 0, 77};

	expect("P3 3 2 10000 10000 0 0 0 10000 0 0 0 10000 10000 10000 10000 0 0 0 77 77 77", 3, 2,
		   10000, samples);
	const uint16_t small[] = {'#', 54, 18};
	expect_bytes("P6\n3 1\n255\n###\xff\0\0\0\0\xff", 20, 3, 1, 255, small);
	const uint16_t deep[] = {0x0102, 65535};
	expect_bytes("P6 2 1 65535 \1\2\1\2\1\2\xff\xff\xff\xff\xff\xff", 25, 2, 1, 65535, deep);
	refuse("P6 1 1 255 ab", "1×1 pixels need 3 bytes, there are 2");
	refuse("P3 1 1 255 1 2", "1×1 pixels need at least 5 bytes, there are 3");
	refuse("P3 1 1 9 1 22 3", "a sample of pixel 0 is above the maxval, 9");
	refuse("P6 8192 8192 65535 ", "8192×8192 pixels need 402653184 bytes, there are 0");
}

/* A comment reads as the end of its line, as Netpbm's own reader has it, even behind a number. */
static void comments(void **state)
{
	(void)state;
	const uint16_t samples[] = {'a', 'b', 'c', 'd', '\n', '#'};

	expect("P5\n# made by hand\n3 2 # size\n# and\n#\n255\nabcd\n#", 3, 2, 255, samples);
	expect("P5#a\n3#columns\r2#rows\n255#maxval\nabcd\n#", 3, 2, 255, samples);
	expect("P2 3#x\n2 255#\n97 98#\n99#c\r100\n# and\n10 35", 3, 2, 255, samples);
	refuse("P5 3 2 25#c\n5\nabcd\n#", "a sample of pixel 0 is above the maxval, 25");
	refuse("P5 3 2 # and so on", "expected the maxval, found the end of the file");
	const uint16_t spaced[] = {'#', 'a'};
	expect("P5 2 1 255\n#a", 2, 1, 255, spaced);
	const uint16_t three[] = {1, 0, 1};
	expect("P1 3 1 0#c\n1 #c\n#\n0", 3, 1, 1, three);
}

/* pam(5). Alpha lets white shine through. */
static void pam(void **state)
{
	(void)state;
	const uint16_t grey[] = {'a', 'b'}, bits[] = {0, 1}, deep[] = {0x0102, 0x0304};

	expect("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\nab", 2, 1, 255,
		   grey);
	expect("P7\n# c\nDEPTH 1\n\n  MAXVAL 255 \nWIDTH 1\nHEIGHT 2\nENDHDR  \nab", 1, 2, 255, grey);
	expect(
		"P7\r\nWIDTH 1#c\nHEIGHT 2\r\nTUPLTYPE what # ever\r\nDEPTH 1\nMAXVAL 255\r\nENDHDR\r\nab",
		1, 2, 255, grey);
	expect_bytes("P7 WIDTH 2 HEIGHT 1 DEPTH 1 MAXVAL 1 TUPLTYPE BLACKANDWHITE\nENDHDR\n\0\1", 71, 2,
				 1, 1, bits);
	expect("P7 WIDTH 2 HEIGHT 1 DEPTH 1 MAXVAL 65535 ENDHDR\n\1\2\3\4", 2, 1, 65535, deep);

	const uint16_t alpha[] = {224, 255, 100};
	expect_bytes("P7 WIDTH 3 HEIGHT 1 DEPTH 2 MAXVAL 255 ENDHDR\n\x64\x33\x64\0\x64\xff", 52, 3, 1,
				 255, alpha);
	const uint16_t colour[] = {54, 18};
	expect_bytes("P7 WIDTH 2 HEIGHT 1 DEPTH 3 MAXVAL 255 ENDHDR\n\xff\0\0\0\0\xff", 52, 2, 1, 255,
				 colour);
	const uint16_t both[] = {7, 9, 15};
	expect_bytes("P7 WIDTH 3 HEIGHT 1 DEPTH 4 MAXVAL 15 ENDHDR\n\7\7\7\17\0\0\0\6\1\2\3\0", 57, 3,
				 1, 15, both);
}

static void wrong_pam(void **state)
{
	(void)state;
	refuse("P7 WIDTH 2 HEIGHT 1 DEPTH 5 MAXVAL 255 ENDHDR\n", "a DEPTH that is not 1 to 4");
	refuse("P7 WIDTH 2 HEIGHT 1 DEPTH 0 MAXVAL 255 ENDHDR\n", "a DEPTH that is not 1 to 4");
	refuse("P7 WIDTH 2 HEIGHT 1 MAXVAL 255 ENDHDR\n", "a DEPTH that is not 1 to 4");
	refuse("P7 WIDTH 2 DEPTH 1 MAXVAL 255 ENDHDR\n", "a picture of 2×0");
	refuse("P7 WIDTH 2 HEIGHT 1 DEPTH 1 ENDHDR\n", "the maxval is 0, expected 1 to 65535");
	refuse("P7 WIDTH 2 HEIGHT 1 DEPTH 1 MAXVAL 70000 ENDHDR\n", "the maxval is larger");
	refuse("P7 WIDTH 8193 HEIGHT 8192 DEPTH 1 MAXVAL 1 ENDHDR\n", "more than 67108864 pixels");
	refuse("P7 WIDTH 8192 HEIGHT 8192 DEPTH 4 MAXVAL 256 ENDHDR\n",
		   "8192×8192 pixels need 536870912 bytes, there are 0");
	refuse("P7 WIDTH 1 HEIGHT 1 DEPTH 2 MAXVAL 9 ENDHDR\n\1\12",
		   "a sample of pixel 0 is above the maxval, 9");
	refuse("P7 WIDTH x", "offset 9: expected a number, found 'x'");
	refuse("P7 LENGTH 2", "offset 10: LENGTH in a PAM header");
	refuse("P7 332\n", "offset 3: expected a line of PAM's header, found '3'");
	refuse("P7 TUPLTYPES", "offset 11: expected a line of PAM's header, found 'S'");
	refuse("P7 WIDTH 2\nENDHDR", "expected a line of PAM's header, found the end of the file");
	refuse("P7 TUPLTYPE x", "expected a line of PAM's header, found the end of the file");
	refuse("P7", "expected a line of PAM's header, found the end of the file");
}

static void wrong_numbers(void **state)
{
	(void)state;

	refuse("P5 0 2 255 ", "a picture of 0×2");
	refuse("P5 2 0 255 ", "a picture of 2×0");
	refuse("P5 2 2 0 abcd", "the maxval is 0, expected 1 to 65535");
	refuse("P5 2 2 65536 abcdabcd", "the maxval is larger, expected 1 to 65535");
	refuse("P5 67108865 1 255 ", "more than 67108864 pixels");
	refuse("P5 8193 8192 255 ", "more than 67108864 pixels");
	refuse("P5 8192 8192 255 ", "8192×8192 pixels need 67108864 bytes, there are 0");
	refuse("P2 8192 8192 255 0", "8192×8192 pixels need at least 134217727 bytes, there are 1");
	refuse("P5 4294967297 1 255 abc", "more than 67108864 pixels");
	refuse("P5 1 18446744073709551617 255 abc", "more than 67108864 pixels");
	refuse("P5 -1 1 255 abc", "offset 3: expected the width, found '-'");
	refuse("P5 1 \x80 255 abc", "offset 5: expected the height, found byte 128");
	refuse("P5 3 2 255 abcd\n", "offset 11: 3×2 pixels need 6 bytes, there are 5");
	refuse("P5 1 1 99 d", "offset 11: a sample of pixel 0 is above the maxval, 99");
	refuse("P8 1 1", "offset 0: expected P1 to P7, found bytes 50 38");
	refuse("P", "1 bytes: too short for a Netpbm file");
	refuse_bytes(NULL, 0, "0 bytes: too short for a Netpbm file");
	refuse("P51 1 99 d", "offset 2: expected white space after the magic, found '1'");
	refuse("P5", "expected white space after the magic, found the end of the file");
}

static void written(void **state)
{
	(void)state;
	const uint8_t pixels[] = {0, 10, 35, 255, 254, 1};
	struct buffer out;
	struct error error;

	assert_int_equal(pgm_write(pixels, 2, 3, &out, &error), 0);
	assert_int_equal(out.size, 17);
	assert_memory_equal(out.data, "P5\n2 3\n255\n\0\12#\377\376\1", 17);
	const uint16_t samples[] = {0, 10, 35, 255, 254, 1};
	expect_bytes(out.data, out.size, 2, 3, 255, samples);
	buffer_free(&out);
}

static void parse(const uint8_t *data, size_t size, void *context)
{
	struct raster image;
	struct error error;

	(void)context;
	if (pnm_parse(data, size, &image, &error))
		return;
	for (int i = 0; i < image.width * image.height; i++)
		assert_in_range(image.samples[i], 0, image.maxval);
	raster_free(&image);
}

static void mutations(void **state)
{
	(void)state;
	static const char *const files[] = {
		"P5\n# c\n3 2\n255\nabcdef",
		"P2 3#x\n 2 255\n0 1 2 33 44 255\n",
		"P5 2 2 1000 \3\1\2\1\1\1\2\2",
		"P1 3 2\n10#c\n1 0 1 1",
		"P4\n9 2\n\x96\x7f\x81\xff",
		"P3 2 1 255 1 2 3\n44 5 6 ",
		"P6\n1 2 255 abcdef",
		"P7\nWIDTH 1#\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nabcdefgh"};
	const struct mutation_target target = {parse, NULL};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		mutate((const uint8_t *)files[i], strlen(files[i]), MUTATE_ALL, target);
}

static void out_of_memory(void **state)
{
	(void)state;
	const uint8_t pixels[] = {1, 2};
	struct raster image;
	struct buffer out;
	struct error error;

	if (!allocations_watched())
		skip();
	allocations_fail_at(1);
	assert_int_equal(pnm_parse((const uint8_t *)"P5 1 1 255 a", 12, &image, &error), -1);
	assert_error_has(&error, "not enough memory for 1 pixels");
	allocations_fail_at(1);
	assert_int_equal(pgm_write(pixels, 1, 2, &out, &error), -1);
	assert_error_has(&error, "not enough memory for a picture of 1×2");
	allocations_fail_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw),       cmocka_unit_test(raw_16_bits),   cmocka_unit_test(plain),
		cmocka_unit_test(comments),  cmocka_unit_test(wrong_numbers), cmocka_unit_test(written),
		cmocka_unit_test(mutations), cmocka_unit_test(out_of_memory), cmocka_unit_test(bits),
		cmocka_unit_test(colour),    cmocka_unit_test(pam),           cmocka_unit_test(wrong_pam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
