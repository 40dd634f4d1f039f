/* step.h - one state of a document, as a line of its history. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum { STUDIO_STEP_PAST, STUDIO_STEP_NOW, STUDIO_STEP_UNDONE } StudioStepPlace;

/* Properties, all readable and notified: title (string: what led to this state), place (uint),
 * saved (boolean: it is what the file holds). */
#define STUDIO_TYPE_STEP (studio_step_get_type ())
G_DECLARE_FINAL_TYPE (StudioStep, studio_step, STUDIO, STEP, GObject)

StudioStep      *studio_step_new       (void);
const char      *studio_step_get_title (StudioStep      *self);
StudioStepPlace  studio_step_get_place (StudioStep      *self);
gboolean         studio_step_get_saved (StudioStep      *self);
void             studio_step_update    (StudioStep      *self,
                                        const char      *title,
                                        StudioStepPlace  place,
                                        gboolean         saved);

G_END_DECLS
