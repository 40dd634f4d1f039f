/* accuracy-panel.c - gates */
#include "accuracy-panel.h"

struct _StudioAccuracyPanel
{
  StudioPanel parent_instance;
};

G_DEFINE_FINAL_TYPE (StudioAccuracyPanel, studio_accuracy_panel, STUDIO_TYPE_PANEL)

enum { RUN, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
studio_accuracy_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

static void
studio_accuracy_panel_class_init (StudioAccuracyPanelClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_accuracy_panel_update;
  signals[RUN] = g_signal_new ("run", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 0);
}

static void
studio_accuracy_panel_init (StudioAccuracyPanel *self)
{
}

GtkWidget *
studio_accuracy_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_ACCURACY_PANEL, NULL);
}
