/* Protocol Buffers' wire format, as far as a writer needs it. A message is a row of fields, each a
 * key, field number × 8 + type, and a value: a varint (type 0), 4 bytes (5), or a length and so
 * many bytes (2), which may be a text, numbers or a message again. */
#ifndef FORMATS_PROTOBUF_H
#define FORMATS_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/writer.h"

/* A varint has 7 bits a byte, the lowest first; all bytes but the last have their top bit set. A
 * negative number is its two's complement, in ten bytes. */
void protobuf_integer(struct writer *out, int field, int64_t value);
void protobuf_float(struct writer *out, int field, float value);
void protobuf_text(struct writer *out, int field, const char *text);

/* Little-endian floats, as one value of bytes. */
void protobuf_floats(struct writer *out, int field, const float *values, size_t count);

/* A message's fields stand between begin and end; `begun` is what begin returned. */
size_t protobuf_begin(struct writer *out, int field);
void protobuf_end(struct writer *out, size_t begun);

#endif
