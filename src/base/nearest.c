/* Edit distance with transpositions, for hints at misspelt words. */
#include "base/nearest.h"

#include <stddef.h>
#include <string.h>

#define LONGEST 31

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* table[i][j] is the distance between the first i letters of a and the first j letters of b. */
static int distance(const char *a, const char *b)
{
	int table[LONGEST + 1][LONGEST + 1];
	int rows = (int)strlen(a), columns = (int)strlen(b);

	for (int i = 0; i <= rows; i++)
		table[i][0] = i;
	for (int j = 0; j <= columns; j++)
		table[0][j] = j;
	for (int i = 1; i <= rows; i++) {
		for (int j = 1; j <= columns; j++) {
			int changed = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			int best = least(changed, least(table[i - 1][j], table[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = least(best, table[i - 2][j - 2] + 1);
			table[i][j] = best;
		}
	}
	return table[rows][columns];
}

const char *nearest_word(const char *word, const char *const *words)
{
	size_t length = strlen(word);
	const char *nearest = NULL;

	if (length > LONGEST)
		return NULL;
	int limit = length < 6 ? 1 : (int)(length / 3);
	for (; *words; words++) {
		if (strlen(*words) > LONGEST)
			continue;
		int d = distance(word, *words);
		if (d <= limit) {
			limit = d - 1; /* the first of equals wins */
			nearest = *words;
		}
	}
	return nearest;
}
