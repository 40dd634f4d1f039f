/* profile-side.h - beside the table of a profile: roofline, timeline, memory, advice, runs. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define STUDIO_TYPE_PROFILE_SIDE (studio_profile_side_get_type ())
G_DECLARE_FINAL_TYPE (StudioProfileSide, studio_profile_side, STUDIO, PROFILE_SIDE, StudioPanel)

GtkWidget *studio_profile_side_new (void);

G_END_DECLS
