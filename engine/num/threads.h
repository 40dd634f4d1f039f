/* threads.h - one pool for the whole engine: the one that oneDNN uses. */
#pragma once

#include "anf.h"

/* Work on [begin, end) of n independent outputs. */
typedef void (*AnfRange) (gsize begin, gsize end, gpointer data);

/* Number of threads for work that the calling thread starts from now on; 0, or more than there are:
 * online cores. A program is loaded and run under the same number. */
void  anf_threads_set (guint n);
guint anf_threads_get (void);

/* Whether this is the thread that began the work, and not one that helps it. */
gboolean anf_threads_is_first (void);

/* Memory of the calling thread for what a kernel needs in between, of @bytes, with anything in it;
 * it stays for the next call. One @slot is one use that may lie inside another. */
typedef enum { ANF_SCRATCH_LANES, ANF_SCRATCH_KERNEL, ANF_N_SCRATCHES } AnfScratch;
gpointer anf_scratch (AnfScratch slot, gsize bytes);

/* Calls @func over pieces of [0, n), none of them shorter than @grain unless there is but one. */
void  anf_parallel    (gsize n, gsize grain, AnfRange func, gpointer data);
