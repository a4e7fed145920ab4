/* "Did you mean …?" */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

/* The one of the NULL-ended words that is most like `word`, or NULL where none is close: at most
 * a third of its letters, and at least one, inserted, deleted, replaced or swapped with a neighbour
 * (the restricted Damerau-Levenshtein distance). */
const char *nearest_word(const char *word, const char *const *words);

#endif
