/* Three scales in two languages. */
#include "app/input_scale.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

#define BYTES ((struct input_scale){0, 1 / 255.0f})

static bool same(struct input_scale a, struct input_scale b)
{
	return a.mean == b.mean && a.deviation == b.deviation;
}

/* Read "MEAN,DEVIATION", of which the second is above 0. */
static bool parse_pair(const char *text, struct input_scale *scale)
{
	char mean_text[NUMBER_TEXT];
	const char *comma = strchr(text, ',');
	double mean, deviation;

	if (!comma || comma - text >= NUMBER_TEXT)
		return false;
	snprintf(mean_text, sizeof mean_text, "%.*s", (int)(comma - text), text);
	if (number_real(mean_text, "+-.eE", -1e6, 1e6, &mean) ||
		number_real(comma + 1, "+.eE", 1e-6, 1e6, &deviation))
		return false;
	*scale = (struct input_scale){(float)mean, (float)deviation};
	return true;
}

static int parse(const char *text, void *value, struct error *error)
{
	struct input_scale *scale = value;

	if (!strcmp(text, "0..1"))
		*scale = INPUT_PLAIN;
	else if (!strcmp(text, "0..255"))
		*scale = BYTES;
	else if (!parse_pair(text, scale))
		return error_set(error,
						 "\"%.40s\" is neither 0..1 nor 0..255 nor a mean and a deviation, such "
						 "as 0.1307,0.3081",
						 text);
	return 0;
}

static const char *print(const void *value, char text[FIELD_TEXT_SIZE])
{
	const struct input_scale *scale = value;
	char mean[NUMBER_TEXT], deviation[NUMBER_TEXT];

	if (scale->deviation == 0)
		return NULL;
	if (same(*scale, INPUT_PLAIN))
		return "0..1";
	if (same(*scale, BYTES))
		return "0..255";
	snprintf(text, FIELD_TEXT_SIZE, "%s,%s", number_text((double)scale->mean, true, mean),
			 number_text((double)scale->deviation, true, deviation));
	return text;
}

const struct field_codec input_scale_codec = {parse, print};

#define PLAIN_FORMULA "pixel / 255"
#define BYTES_FORMULA "pixel"

const char *input_formula(struct input_scale scale, char text[INPUT_FORMULA_TEXT])
{
	char mean[NUMBER_TEXT], deviation[NUMBER_TEXT];

	if (same(scale, INPUT_PLAIN))
		return PLAIN_FORMULA;
	if (same(scale, BYTES))
		return BYTES_FORMULA;
	snprintf(text, INPUT_FORMULA_TEXT, "(" PLAIN_FORMULA " - %s) / %s",
			 number_text((double)scale.mean, true, mean),
			 number_text((double)scale.deviation, true, deviation));
	return text;
}

int input_formula_parse(const char *text, struct input_scale *scale, struct error *error)
{
	static const char begin[] = "(" PLAIN_FORMULA " - ", middle[] = ") / ";
	const char *const end = strstr(text, middle);
	char pair[2 * NUMBER_TEXT];

	if (!strcmp(text, PLAIN_FORMULA)) {
		*scale = INPUT_PLAIN;
		return 0;
	}
	if (!strcmp(text, BYTES_FORMULA)) {
		*scale = BYTES;
		return 0;
	}
	if (end && !strncmp(text, begin, strlen(begin)) && end >= text + strlen(begin)) {
		const char *mean = text + strlen(begin);
		snprintf(pair, sizeof pair, "%.*s,%s", (int)(end - mean), mean, end + strlen(middle));
		if (parse_pair(pair, scale))
			return 0;
	}
	return error_set(error,
					 "scaling is \"%.40s\"; this program reads \"" PLAIN_FORMULA "\", "
					 "\"" BYTES_FORMULA "\" and \"(" PLAIN_FORMULA " - 0.1307) / 0.3081\"",
					 text);
}
