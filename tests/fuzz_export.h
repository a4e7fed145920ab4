/* Fuzzing of what exporters are given. */
#ifndef TESTS_FUZZ_EXPORT_H
#define TESTS_FUZZ_EXPORT_H

#include <stddef.h>
#include <stdint.h>

/* Export the network in every form: four bytes for its images' height and width, what there is to
 * choose, and the number of classes; then its text, a line, and the names of its classes, a line
 * each. Aborts where a file does not hold together. */
void fuzz_export(const uint8_t *data, size_t size);

#endif
