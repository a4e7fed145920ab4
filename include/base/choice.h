/* One of a few words, written as "constant|linear|cosine" and counted from 0. */
#ifndef BASE_CHOICE_H
#define BASE_CHOICE_H

/* Which of the words it is, or -1. */
int choice_find(const char *words, const char *word);

/* Word number `index`, which must be there; it has *length bytes and is not ended. */
const char *choice_word(const char *words, int index, int *length);

#endif
