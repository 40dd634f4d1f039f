/* cpu.h - what this processor can do, where compilers differ in what they can be asked. */
#pragma once

#include <cpuid.h>
#include <glib.h>

/* Conversion between half and single floats. clang 16 knows the feature, but not the question. */
static inline gboolean
anf_cpu_has_f16c (void)
{
  unsigned a, b, c, d;

  return __get_cpuid (1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
