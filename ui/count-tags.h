/* count-tags.h - how many errors, warnings and hints a report has, as three small tags. */
#pragma once

#include <gtk/gtk.h>

#include "anf.h"

G_BEGIN_DECLS

/* Property: report (boxed, nullable). */
#define STUDIO_TYPE_COUNT_TAGS (studio_count_tags_get_type ())
G_DECLARE_FINAL_TYPE (StudioCountTags, studio_count_tags, STUDIO, COUNT_TAGS, GtkWidget)

GtkWidget *studio_count_tags_new (void);

G_END_DECLS
