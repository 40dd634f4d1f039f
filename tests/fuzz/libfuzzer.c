/* libfuzzer.c - one target for libFuzzer, which mutates by what our own code was seen to do. */
#include "fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const FuzzTarget *target;

  if (target == NULL)
    target = fuzz_find (FUZZ_TARGET);
  target->feed (data, size);
  return 0;
}
