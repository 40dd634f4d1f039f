/* compress-panel.c - compress */
#include "compress-panel.h"

struct _StudioCompressPanel
{
  StudioPanel parent_instance;
};

G_DEFINE_FINAL_TYPE (StudioCompressPanel, studio_compress_panel, STUDIO_TYPE_PANEL)

static void
studio_compress_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

static void
studio_compress_panel_class_init (StudioCompressPanelClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_compress_panel_update;
}

static void
studio_compress_panel_init (StudioCompressPanel *self)
{
}

GtkWidget *
studio_compress_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_COMPRESS_PANEL, NULL);
}
