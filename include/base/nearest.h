/* The word that was meant, for hints such as "did you mean epochs?". */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

/* The word of the NULL-ended list that takes the fewest changes to become `word`, or NULL where
 * each takes too many. A change inserts, deletes or replaces a letter, or swaps two neighbours (the
 * restricted Damerau-Levenshtein distance). One change is allowed, in words of six letters or more
 * one for every three: "epohcs" finds "epochs", "sdg" finds "sgd", "adm" does not find "sgd". */
const char *nearest_word(const char *word, const char *const *words);

#endif
