/* Images of what is no digit: made of digits, drawn with a pen, or without any shape. */
#ifndef APP_OTHERS_H
#define APP_OTHERS_H

#include "app/replace.h"

/* Make an image. At most some 2000 numbers are drawn. */
void other_make(const struct replacer *replacer, struct draws *draws,
				uint8_t pixels[REPLACE_PIXELS]);

/* One kind alone, from 0 to OTHER_KINDS - 1. */
#define OTHER_KINDS 19
void other_make_kind(int kind, const struct replacer *replacer, struct draws *draws,
					 uint8_t pixels[REPLACE_PIXELS]);

#endif
