/* profile-panel.c - profile */
#include "profile-panel.h"

struct _StudioProfilePanel
{
  StudioPanel parent_instance;
};

G_DEFINE_FINAL_TYPE (StudioProfilePanel, studio_profile_panel, STUDIO_TYPE_PANEL)

enum { SHOW_NODE, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
studio_profile_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
}

char *
studio_profile_panel_dup_tsv (StudioProfilePanel *self)
{
  return g_strdup ("");
}

static void
studio_profile_panel_class_init (StudioProfilePanelClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_profile_panel_update;
  signals[SHOW_NODE] = g_signal_new ("show-node", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
}

static void
studio_profile_panel_init (StudioProfilePanel *self)
{
}

GtkWidget *
studio_profile_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_PROFILE_PANEL, NULL);
}
