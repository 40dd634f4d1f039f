/* ask.h - the questions that need a dialog: where to, and what about unsaved changes. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @path NULL: the user gave up. The answer comes once; @owner is kept until then. */
typedef void (*StudioPathAnswer) (GObject *owner, const char *path, gpointer data);

/* @folder (nullable): where to begin. */
void studio_ask_save_path (GtkWindow        *window,
                           const char       *title,
                           const char       *folder,
                           const char       *name,
                           StudioPathAnswer  answer,
                           GObject          *owner,
                           gpointer          data);
void studio_ask_open_path (GtkWindow        *window,
                           StudioPathAnswer  answer,
                           GObject          *owner);

typedef enum { STUDIO_CLOSE_CANCEL, STUDIO_CLOSE_SAVE, STUDIO_CLOSE_DISCARD } StudioCloseChoice;
typedef void (*StudioCloseAnswer) (GObject *owner, StudioCloseChoice choice);

void studio_ask_close     (GtkWindow         *window,
                           const char        *title,
                           StudioCloseAnswer  answer,
                           GObject           *owner);

G_END_DECLS
