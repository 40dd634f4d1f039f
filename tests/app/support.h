/* support.h - what the tests of app/ share. */
#pragma once

#include "anf.h"

G_BEGIN_DECLS

/* @graph and one more relu (transfer full). */
AnfGraph *test_with_relu   (AnfGraph *graph);
/* A folder of its own with copies of the example and the files beside it; the example's path there
 * (transfer full). */
char     *test_copy_example (const char *name);
/* Runs the main loop until @done says TRUE; a failure after 60 s. */
void      test_wait        (gboolean (*done) (gpointer data), gpointer data);
/* Runs the main loop until a weak pointer at @gone is cleared, in whatever thread that happens. */
void      test_wait_gone   (gpointer *gone);
/* Runs the main loop until nothing is left to do at once. */
void      test_settle      (void);
/* Nothing of the user's is read or written: first thing in main (). */
void      test_own_folders (void);

G_END_DECLS
