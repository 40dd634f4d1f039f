/* sheet-private.h - the sheet's own, for its two files. */
#pragma once

#include "sheet.h"

G_BEGIN_DECLS

enum
{
  PROP_0,
  /* boxed, held in boxed[] */
  PROP_GRAPH, PROP_REPORT, PROP_PLAN, PROP_WEIGHTS, PROP_PROGRAM, PROP_PROFILE, PROP_GATES,
  PROP_ERRORS, PROP_SELECTION,
  N_BOXED,
  PROP_STALE = N_BOXED, PROP_GATES_STALE, PROP_BUSY, PROP_STAGE, PROP_FRACTION, PROP_STAGES,
  PROP_MODIFIED, PROP_PLACE, PROP_SETTINGS, PROP_TITLE, PROP_PAGE, PROP_UNDO, PROP_REDO,
  PROP_STEPS,
  N_PROPS
};

struct _StudioSheet
{
  GtkWidget   parent_instance;

  GtkWidget  *body, *file_bar, *error_bar, *stale_bar, *toast;
  GtkWidget  *pages, *start, *document_bar, *dot, *name, *place, *tools, *workspaces;
  GtkWidget  *left_paned, *right_paned, *bottom_paned, *left, *left_stack, *bottom;
  GtkWidget  *palette, *outline, *canvas, *inspector, *findings, *pipeline, *log, *history;
  GtkWidget  *snippets;
  GtkWidget  *counts;
  GtkWidget  *profile_panel, *compress_panel, *accuracy_panel, *chips_panel, *compare_panel,
             *what_if, *status;
  GSimpleActionGroup *actions;     /* "win." */

  gpointer    boxed[N_BOXED];
  gboolean    stale, gates_stale, busy, modified;
  char       *stage, *folder, *title, *undo, *redo;
  double      fraction;
  GListModel *stages, *steps;
  GSettings  *settings;            /* (nullable) */
};

void studio_sheet_add_actions (StudioSheet *self);
void studio_sheet_add_snippets (StudioSheet *self);

G_END_DECLS
