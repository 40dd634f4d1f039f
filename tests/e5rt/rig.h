/* rig.h - the device e5rt with the stand-in behind it and a clock that only tests turn. */
#pragma once

#include "standin.h"

#include "anf.h"

extern StandIn *standin;

/* Around all tests: a folder of our own for temporary ones. */
void        rig_init         (int *argc, char ***argv);
int         rig_test_run     (void);

/* Fresh: nothing counted, nothing to fail, no compile that failed lately. */
void        rig_begin        (void);
/* Nothing broken, nothing alive, no folder left behind. */
void        rig_end          (void);
gint64      rig_slept        (void);         /* microseconds by the rig's clock */
void        rig_pass         (gint64 us);

AnfGraph   *rig_parse        (const char *text);
/* x [2, 8] -> k products by 2, and so on: one fused segment, different for each @k. */
AnfGraph   *rig_small_graph  (double k);
/* relu and tanh, sort, adds: two fused segments with a bridge between. */
AnfGraph   *rig_cut_once     (void);
/* The same, sort, muls: three. */
AnfGraph   *rig_cut_graph    (void);
AnfProgram *rig_compile      (AnfGraph *graph, const char *device, const AnfProgress *progress,
                              GError **error);
/* Random inputs of seed 1; the first output's numbers in @values (owned). */
gboolean    rig_run          (AnfProgram *program, const AnfProgress *progress, float **values,
                              gsize *n, GError **error);
guint       rig_n_folders    (void);         /* that the device has made and not removed */
