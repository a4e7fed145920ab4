/* The list of changes: names and amounts. */
#include "app/augment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/number.h"

/* Rows before WARPS change the images, OTHERS and DRAWN replace some; SIGMA and UNTIL say how the
 * changes are made. */
enum { SHIFT, ROTATE, SCALE, SHEAR, ELASTIC, WARPS, SIGMA = WARPS, UNTIL, OTHERS, DRAWN, ITEMS };

#define AMOUNT(member) FIELD_DOUBLE, offsetof(struct augment, member)

/* clang-format off */
const struct field augment_fields[] = {
	[SHIFT] = {"shift", AMOUNT(shift), "PIXELS", .max = 10, .standard = 2,
			   .help = "left, right, up and down"},
	[ROTATE] = {"rotate", AMOUNT(rotate), "DEGREES", .max = 180, .standard = 12,
				.help = "about the middle"},
	[SCALE] = {"scale", AMOUNT(scale), "FRACTION", .max = 0.5, .standard = 0.12,
			   .help = "width and height, each by itself"},
	[SHEAR] = {"shear", AMOUNT(shear), "FRACTION", .max = 1, .standard = 0.2,
			   .help = "columns to the side for each row"},
	[ELASTIC] = {"elastic", AMOUNT(elastic), "PIXELS", .max = 200, .standard = 30,
				 .help = "noise of up to that at each pixel, smoothed"},
	[SIGMA] = {"sigma", AMOUNT(sigma), "PIXELS", .min = AUGMENT_LEAST_SIGMA, .max = 20,
			   .standard = 4, .help = "deviation of the Gaussian that smooths it"},
	[UNTIL] = {"until", AMOUNT(until), "FRACTION", .max = 1, .standard = 0.9,
			   .help = "only in this first part of the training"},
	[OTHERS] = {"others", AMOUNT(others), "FRACTION", .max = 0.5, .standard = 0.2,
				.help = "replace that part by what is no digit"},
	[DRAWN] = {"drawn", AMOUNT(drawn), "FRACTION", .max = 0.5, .standard = 0.05,
			   .help = "replace that part by digits of a pen"},
	[ITEMS] = {.name = NULL},
};
/* clang-format on */

#define LONGEST_ITEM 40

static double amount(const struct augment *augment, int i)
{
	return *(const double *)((const char *)augment + augment_fields[i].offset);
}

static int unknown(const char *name, struct error *error)
{
	const char *names[ITEMS + 2] = {"none"};
	char all[LONGEST_ITEM * (ITEMS + 1)] = "none";
	size_t length = strlen(all);

	for (int i = 0; i < ITEMS; i++) {
		names[i + 1] = augment_fields[i].name;
		length += (size_t)snprintf(all + length, sizeof all - length,
								   i == ITEMS - 1 ? " and %s" : ", %s", augment_fields[i].name);
	}
	const char *nearest = nearest_word(name, names);
	if (!*name)
		return error_set(error, "a name is missing");
	if (nearest)
		return error_set(error, "there is no \"%s\"; did you mean %s?", name, nearest);
	return error_set(error, "there is no \"%s\"; there are %s", name, all);
}

/* Read "shift", which stands for "shift:2", or "shift:3"; the text is cut at the colon. */
static int read_item(struct augment *augment, bool seen[ITEMS], char *text, struct error *error)
{
	char *colon = strchr(text, ':'), standard[NUMBER_TEXT];
	int i = 0;

	if (colon)
		*colon = '\0';
	while (i < ITEMS && strcmp(text, augment_fields[i].name))
		i++;
	if (!strcmp(text, "none"))
		return error_set(error, "none stands alone");
	if (i == ITEMS)
		return unknown(text, error);
	if (seen[i])
		return error_set(error, "%s comes twice", text);
	seen[i] = true;
	const struct field *field = &augment_fields[i];
	const char *number = colon ? colon + 1 : number_text(field->standard, false, standard);
	if (field_parse(field, number, augment, error))
		return error_prefix(error, "%s", text);
	if (i == SHIFT && augment->shift != floor(augment->shift))
		return error_set(error, "shift: %s is not a whole number", number);
	return 0;
}

static int read_list(struct augment *augment, bool seen[ITEMS], const char *list,
					 struct error *error)
{
	for (;; list++) {
		char text[LONGEST_ITEM + 1];
		size_t length = strcspn(list, ",");

		if (length > LONGEST_ITEM)
			return error_set(error, "\"%.*s…\" is too long", LONGEST_ITEM, list);
		memcpy(text, list, length);
		text[length] = '\0';
		if (read_item(augment, seen, text, error))
			return -1;
		list += length;
		if (!*list)
			return 0;
	}
}

int augment_parse(const char *list, void *augment, struct error *error)
{
	struct augment read = {.sigma = augment_fields[SIGMA].standard, .until = 1};
	bool seen[ITEMS] = {false};

	if (strcmp(list, "none") && read_list(&read, seen, list, error))
		return -1;
	if (seen[SIGMA] && !seen[ELASTIC])
		return error_set(error, "sigma: there is no elastic in the list");
	if (seen[UNTIL] && !memchr(seen, true, WARPS))
		return error_set(error, "until: there is %s in the list",
						 seen[OTHERS] || seen[DRAWN] ? "nothing that ends" : "nothing else");
	if (read.elastic == 0)
		read.sigma = 0;
	if (!augment_warps(&read))
		read = (struct augment){.until = 1, .others = read.others, .drawn = read.drawn};
	*(struct augment *)augment = augment_is_none(&read) ? (struct augment){0} : read;
	return 0;
}

const char *augment_text(const void *augment, char text[AUGMENT_TEXT])
{
	char *end = text, number[FIELD_TEXT_SIZE];

	if (augment_is_none(augment))
		return strcpy(text, "none");
	for (int i = 0; i < ITEMS; i++)
		if (amount(augment, i) != (i == UNTIL ? 1 : 0))
			end += sprintf(end, "%s%s:%s", end > text ? "," : "", augment_fields[i].name,
						   field_print(&augment_fields[i], augment, number));
	return text;
}

const struct field_codec augment_codec = {augment_parse, augment_text};

bool augment_warps(const struct augment *augment)
{
	bool idle = true;

	for (int i = 0; i < WARPS; i++)
		idle = idle && amount(augment, i) == 0;
	return !idle && augment->until > 0;
}

bool augment_is_none(const struct augment *augment)
{
	return !augment_warps(augment) && augment->others == 0 && augment->drawn == 0;
}
