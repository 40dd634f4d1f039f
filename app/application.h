/* application.h - the program: documents, windows, actions, keys. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define STUDIO_TYPE_APPLICATION (studio_application_get_type ())
G_DECLARE_FINAL_TYPE (StudioApplication, studio_application, STUDIO, APPLICATION, GtkApplication)

GtkApplication *studio_application_new        (void);
/* What main () returns: the program may have failed without a GLib error. */
int             studio_application_get_status (StudioApplication *self);

G_END_DECLS
