/* inspector.c - the selected node. */
#include "inspector.h"

struct _StudioInspector
{
  StudioPanel parent_instance;
};

G_DEFINE_FINAL_TYPE (StudioInspector, studio_inspector, STUDIO_TYPE_PANEL)

static void
studio_inspector_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

void
studio_inspector_attach (StudioInspector *self, const char *role, const char *path)
{
}

static void
studio_inspector_class_init (StudioInspectorClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_inspector_update;
}

static void
studio_inspector_init (StudioInspector *self)
{
}

GtkWidget *
studio_inspector_new (void)
{
  return g_object_new (STUDIO_TYPE_INSPECTOR, NULL);
}
