/* Words separated by bars. */
#include "base/choice.h"

#include <string.h>

int choice_find(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (int i = 0;; i++) {
		size_t end = strcspn(words, "|");
		if (end == length && !memcmp(words, word, length))
			return i;
		if (!words[end])
			return -1;
		words += end + 1;
	}
}

const char *choice_word(const char *words, int index, int *length)
{
	for (; index > 0; index--)
		words += strcspn(words, "|") + 1;
	*length = (int)strcspn(words, "|");
	return words;
}
