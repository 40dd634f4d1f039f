/* outline.c - nodes */
#include "outline.h"

struct _StudioOutline
{
  StudioPanel parent_instance;
};

G_DEFINE_FINAL_TYPE (StudioOutline, studio_outline, STUDIO_TYPE_PANEL)

static void
studio_outline_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

void
studio_outline_rename (StudioOutline *self)
{
}

static void
studio_outline_class_init (StudioOutlineClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_outline_update;
}

static void
studio_outline_init (StudioOutline *self)
{
}

GtkWidget *
studio_outline_new (void)
{
  return g_object_new (STUDIO_TYPE_OUTLINE, NULL);
}
