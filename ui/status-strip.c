/* status-strip.c - strip */
#include "status-strip.h"

struct _StudioStatusStrip
{
  StudioPanel parent_instance;
};

G_DEFINE_FINAL_TYPE (StudioStatusStrip, studio_status_strip, STUDIO_TYPE_PANEL)

static void
studio_status_strip_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

static void
studio_status_strip_class_init (StudioStatusStripClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_status_strip_update;
}

static void
studio_status_strip_init (StudioStatusStrip *self)
{
}

GtkWidget *
studio_status_strip_new (void)
{
  return g_object_new (STUDIO_TYPE_STATUS_STRIP, NULL);
}
