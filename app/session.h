/* session.h - which files are open in which windows, from one start to the next. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The tabs of all windows, in their order, with what is looked at in each. Documents without a file
 * are not in it: what of them was not saved is in a recovery file. Nothing is said of failures. */
void       studio_session_save (GtkApplication *application);

/* What was saved: windows (GPtrArray) of tabs (StudioSessionTab) whose files are still there; never
 * NULL, and no window is empty (transfer full). */
typedef struct
{
  char     *path;
  char     *workspace;             /* (nullable) */
  GVariant *view;                  /* for studio_sheet_set_view (nullable) */
  gboolean  front;
} StudioSessionTab;

GPtrArray *studio_session_load (void);

G_END_DECLS
