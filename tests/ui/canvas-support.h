/* canvas-support.h - a canvas in a window, and hands for it. */
#pragma once

#include "canvas-private.h"

typedef struct
{
  GtkWidget    *window;
  StudioCanvas *canvas;
  AnfGraph     *graph;          /* as last asked for */
  char         *label, *merge;
  guint         n_edits;
  AnfId         in, r1, r2, sum;
} Fixture;

/* in -> r1 -> sum (x); r2 on its own; sum (y) free. */
void set_up (Fixture *f, gconstpointer data);
void tear_down (Fixture *f, gconstpointer data);
gpointer controller (Fixture *f, GType type, guint button);
void drag (Fixture *f, double x0, double y0, double x1, double y1);
void press_key (Fixture *f, guint key, GdkModifierType state);
void act (Fixture *f, const char *name);
void choose (Fixture *f, guint n, const AnfId *ids);
void expect_position (Fixture *f, AnfId id, double x, double y);
void expect_edit (Fixture *f, guint n, const char *label);
AnfId source_of (Fixture *f, AnfId id, guint in);
void settle (void);
void show (Fixture *f, AnfGraph *graph);
AnfId add (AnfGraphBuilder *b, const char *op, const char *name, double x, double y);
/* As files, byte for byte. */
void expect_same (AnfGraph *a, AnfGraph *b);
