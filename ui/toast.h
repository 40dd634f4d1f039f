/* toast.h - short words about what was done, one after another, over the window. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define STUDIO_TYPE_TOAST (studio_toast_get_type ())
G_DECLARE_FINAL_TYPE (StudioToast, studio_toast, STUDIO, TOAST, GtkWidget)

GtkWidget  *studio_toast_new       (void);
/* Shown for 5 s, after those that wait. @label and @action (both nullable) make a button. */
void        studio_toast_add       (StudioToast *self,
                                    const char  *words,
                                    const char  *label,
                                    const char  *action);
/* None is shown, none waits. */
void        studio_toast_clear     (StudioToast *self);
/* What is shown now (nullable). */
const char *studio_toast_get_words (StudioToast *self);

G_END_DECLS
