/* panels-support.h - what the tests of panels share: a window, what was asked, things by name. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* A panel in a window, and the last thing it asked for. */
typedef struct
{
  GtkWidget *window, *panel;
  AnfGraph  *edited;               /* of the last edit (nullable) */
  char      *label, *merge;
  guint      n_edits, n_runs;
  guint64    shown;                /* of the last show-node */
  gpointer   weak;                 /* NULL once the panel is gone */
} PanelTest;

/* Takes @panel; "edit" and, where it has them, "show-node" and "run" are listened to. */
void       panel_test_begin  (PanelTest *self, GtkWidget *panel);
/* Closes the window and asserts that the panel is gone with it. */
void       panel_test_end    (PanelTest *self);
void       panel_test_select (PanelTest *self, const AnfGraph *graph, const char *node);
void       test_settle       (void);
void       test_wait_ms      (guint ms);

/* The first visible widget of @type below @root with this accessible name; NULL: there is none. */
GtkWidget *test_find         (GtkWidget *root, GType type, const char *name);
/* The same, for what is made or shown a little later; fails after 5 s. */
GtkWidget *test_await        (GtkWidget *root, GType type, const char *name);
/* Whether a visible label below @root has exactly this text, or begins with it. */
gboolean   test_says         (GtkWidget *root, const char *text);
/* Waits up to 5 s until it does. */
void       test_await_says   (GtkWidget *root, const char *text);
/* Types into an entry and presses Enter. */
void       test_enter        (GtkWidget *entry, const char *text);

/* Activates the shortcut of this key, without modifiers, that @widget itself carries. */
void       test_press        (GtkWidget *widget, guint keyval);
/* Clicks the visible button of this label. */
void       test_click_label  (GtkWidget *root, const char *label);

/* x -> c1 (conv, 2×1×3×3) -> r1 (relu) -> out; c1 has weight "c1.w" given by values. */
AnfGraph  *test_small_graph  (void);
AnfGraph  *test_parse        (const char *json);

G_END_DECLS
