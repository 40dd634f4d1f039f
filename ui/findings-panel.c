/* findings-panel.c - problems */
#include "findings-panel.h"

struct _StudioFindingsPanel
{
  StudioPanel parent_instance;
};

G_DEFINE_FINAL_TYPE (StudioFindingsPanel, studio_findings_panel, STUDIO_TYPE_PANEL)

enum { SHOW_NODE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
studio_findings_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

void
studio_findings_panel_next (StudioFindingsPanel *self, int direction)
{
}

static void
studio_findings_panel_class_init (StudioFindingsPanelClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_findings_panel_update;
  signals[SHOW_NODE] = g_signal_new ("show-node", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
}

static void
studio_findings_panel_init (StudioFindingsPanel *self)
{
}

GtkWidget *
studio_findings_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_FINDINGS_PANEL, NULL);
}
