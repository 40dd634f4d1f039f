/* look.h - stylesheets, light or dark. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* As the enumeration of the settings' schema has it. */
typedef enum { STUDIO_LOOK_SYSTEM, STUDIO_LOOK_LIGHT, STUDIO_LOOK_DARK } StudioLookChoice;

/* Dresses the default display and keeps following the desktop. Property: choice (uint). */
#define STUDIO_TYPE_LOOK (studio_look_get_type ())
G_DECLARE_FINAL_TYPE (StudioLook, studio_look, STUDIO, LOOK, GObject)

StudioLook *studio_look_new        (void);
void        studio_look_set_choice (StudioLook       *self,
                                    StudioLookChoice  choice);

G_END_DECLS
