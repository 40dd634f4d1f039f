/* stage.h - one step of a job: what it does, how far it is, how long it took. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum { STUDIO_STAGE_RUNNING, STUDIO_STAGE_DONE, STUDIO_STAGE_STOPPED,
               STUDIO_STAGE_FAILED } StudioStageState;

/* Properties, all readable and notified: title (string), state (uint), fraction (double, 0 to 1),
 * us (double, microseconds so far), brief and detail (string, what it did; nullable). */
#define STUDIO_TYPE_STAGE (studio_stage_get_type ())
G_DECLARE_FINAL_TYPE (StudioStage, studio_stage, STUDIO, STAGE, GObject)

StudioStage     *studio_stage_new          (const char       *title);
const char      *studio_stage_get_title    (StudioStage      *self);
StudioStageState studio_stage_get_state    (StudioStage      *self);
double           studio_stage_get_fraction (StudioStage      *self);
double           studio_stage_get_us       (StudioStage      *self);
const char      *studio_stage_get_brief    (StudioStage      *self);
const char      *studio_stage_get_detail   (StudioStage      *self);
/* A word or two, and lines. */
void             studio_stage_describe     (StudioStage      *self,
                                            const char       *brief,
                                            const char       *detail);
void             studio_stage_update       (StudioStage      *self,
                                            StudioStageState  state,
                                            double            fraction,
                                            double            us);

G_END_DECLS
