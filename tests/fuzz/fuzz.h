/* fuzz.h - what is fuzzed: a parser each, fed bytes as if they were a file somebody sent. */
#pragma once

#include <glib.h>

typedef struct
{
  const char *name;                /* also of its folder in corpus/ */
  void      (*feed) (const guint8 *data, gsize size);      /* crashes, or returns */
} FuzzTarget;

extern const FuzzTarget fuzz_targets[];                    /* ends with a NULL name */
const FuzzTarget *fuzz_find (const char *name);            /* exits where there is none */
