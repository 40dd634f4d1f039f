/* tab.h - what a document's tab shows: whether it is saved, its name, a button to close it. */
#pragma once

#include <gtk/gtk.h>

#include "sheet.h"

G_BEGIN_DECLS

/* Signal: close: its button, or the middle one of the mouse. */
#define STUDIO_TYPE_TAB (studio_tab_get_type ())
G_DECLARE_FINAL_TYPE (StudioTab, studio_tab, STUDIO, TAB, GtkWidget)

GtkWidget *studio_tab_new (StudioSheet *sheet);

G_END_DECLS
