/* preferences.h - the window with what can be set for all documents. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Everything applies at once. @settings holds the keys of our schema. */
void studio_preferences_show (GtkWindow *parent,
                              GSettings *settings);

G_END_DECLS
