/* profile-side.c - beside the table of a profile: roofline, timeline, memory, segments. */
#include "profile-side.h"

#include <glib/gi18n-lib.h>

#include "advice-card.h"
#include "card.h"
#include "edits.h"
#include "format.h"
#include "profile-charts.h"
#include "profile-views.h"
#include "rewrites-card.h"
#include "runs-card.h"
#include "treemap.h"

#define OWNERS 5                   /* of the peak that are named */

struct _StudioProfileSide
{
  StudioPanel parent_instance;

  GtkWidget *roofline, *roofline_card, *memory, *memory_card, *owners;
  GtkWidget *bars, *timeline, *slowest, *runs, *treemap;
};

G_DEFINE_FINAL_TYPE (StudioProfileSide, studio_profile_side, STUDIO_TYPE_PANEL)

static void
show_roofline (StudioProfileSide *self, AnfProfile *profile)
{
  const AnfProgram *program = anf_profile_program (profile);
  const char *target = anf_report_target (anf_program_report (program));
  g_autoptr(AnfEstimate) estimate = anf_estimate (anf_program_plan (program),
                                                  anf_program_weights (program), target);
  const char *title = anf_arch_title (target);
  g_autofree char *note = anf_estimate_why (estimate) != NULL
    ? g_strdup (_("dots measured on this CPU"))
    : g_strdup_printf (_("dots this CPU, rings %s"), title != NULL ? title : target);

  studio_show_roofline (STUDIO_PLOT (self->roofline), profile, estimate);
  studio_card_set_note (STUDIO_CARD (self->roofline_card), note);
  studio_card_set_basis (STUDIO_CARD (self->roofline_card), anf_estimate_why (estimate) != NULL
                         ? NULL : anf_estimate_basis (estimate) == ANF_BASIS_EXTRAPOLATED
                         ? N_("extrapolated") : N_("estimated"));
}

static void
show_owners (StudioProfileSide *self, const AnfProgram *program, guint step, const char *head)
{
  g_autoptr(GArray) owners = studio_live_owners (anf_program_plan (program), step);
  const AnfGraph *graph = anf_program_graph ((AnfProgram *) program);
  g_autoptr(GString) words = g_string_new (head);

  for (guint i = 0; i < owners->len && i < OWNERS; i++)
    {
      const AnfLifetime *life = &g_array_index (owners, AnfLifetime, i);
      const AnfNode *node = anf_graph_find (graph, life->value.node);
      g_autofree char *size = studio_format_bytes (life->bytes);

      g_string_append_printf (words, "%s%s %s", i > 0 ? ", " : ": ",
                              node != NULL ? anf_node_name (node) : "?", size);
    }
  if (owners->len > OWNERS)
    g_string_append_printf (words, _(" and %u more"), owners->len - OWNERS);
  gtk_label_set_text (GTK_LABEL (self->owners), words->str);
}

static void
show_memory (StudioProfileSide *self, AnfProfile *profile)
{
  const AnfProgram *program = anf_profile_program (profile);
  gsize bytes;
  guint step = studio_show_memory (STUDIO_PLOT (self->memory), profile, &bytes);
  g_autofree char *size = studio_format_bytes (bytes);
  g_autofree char *note = g_strdup_printf (_("values alive, peak %s at step %u"), size, step);

  studio_card_set_note (STUDIO_CARD (self->memory_card), note);
  show_owners (self, program, step, _("Peak held by"));
}

/* The step of a node that was clicked says who holds memory then. */
static void
on_memory_pick (StudioPlot *plot, guint64 id, StudioProfileSide *self)
{
  AnfProfile *profile = studio_panel_view (STUDIO_PANEL (self))->profile;
  const AnfPlan *plan = anf_program_plan (anf_profile_program (profile));
  guint step = 0;

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    for (guint j = 0; j < anf_plan_nth_segment (plan, i)->n_nodes; j++, step++)
      if (anf_plan_nth_segment (plan, i)->nodes[j] == id)
        {
          g_autofree char *head = g_strdup_printf (_("Step %u held by"), step);

          show_owners (self, anf_profile_program (profile), step, head);
        }
}

static void
on_pick (GtkWidget *chart, guint64 id, StudioProfileSide *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;

  if (graph != NULL && anf_graph_find (graph, id) != NULL)
    studio_panel_select (STUDIO_PANEL (self), id);
}

static void
studio_profile_side_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioProfileSide *self = STUDIO_PROFILE_SIDE (panel);
  GtkWidget *const charts[] = { self->bars, self->timeline, self->slowest };
  GtkWidget *const plots[] = { self->roofline, self->memory };
  const AnfNode *active = studio_panel_active (panel);
  AnfId id = active != NULL ? anf_node_id (active) : 0;

  if (view->profile == NULL)
    return;
  if (changed & STUDIO_PROFILE)
    {
      show_roofline (self, view->profile);
      show_memory (self, view->profile);
    }
  if (!(changed & (STUDIO_PROFILE | STUDIO_STALE | STUDIO_SELECTION)))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (charts); i++)
    studio_profile_chart_show (STUDIO_PROFILE_CHART (charts[i]), view->profile, view->stale, id);
  studio_treemap_show (STUDIO_TREEMAP (self->treemap), view->profile, view->stale, id);
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      studio_plot_set_active (STUDIO_PLOT (plots[i]), id);
      studio_plot_set_stale (STUDIO_PLOT (plots[i]), view->stale);
    }
}

/* ------------------------------------------------------------------------ the widget */

static GtkWidget *
add_card (StudioProfileSide *self, const char *title, const char *note, GtkWidget *chart)
{
  GtkWidget *card = studio_card_new (title, note);

  gtk_box_append (GTK_BOX (card), chart);
  gtk_box_append (GTK_BOX (self), card);
  g_signal_connect (chart, "pick", G_CALLBACK (on_pick), self);
  return card;
}

static void
add_panel (StudioProfileSide *self, GtkWidget *panel)
{
  gtk_box_append (GTK_BOX (self), panel);
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (panel));
}

static void
studio_profile_side_class_init (StudioProfileSideClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_profile_side_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static void
studio_profile_side_init (StudioProfileSide *self)
{
  gtk_box_set_spacing (GTK_BOX (self), 8);
  self->roofline = studio_plot_new (_("Roofline"), 224);
  self->roofline_card = add_card (self, _("Roofline"), NULL, self->roofline);
  add_panel (self, studio_advice_card_new ());
  self->timeline = studio_profile_chart_new (STUDIO_CHART_TIMELINE);
  add_card (self, _("Timeline"), _("medians, end to end"), self->timeline);
  self->memory = studio_plot_new (_("Memory"), 132);
  self->memory_card = add_card (self, _("Memory"), NULL, self->memory);
  g_signal_connect (self->memory, "pick", G_CALLBACK (on_memory_pick), self);
  self->owners = studio_label_new (NULL, "caption", "dim", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->owners), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->owners), 0);
  gtk_widget_set_margin_start (self->owners, 12);
  gtk_widget_set_margin_end (self->owners, 12);
  gtk_widget_set_margin_bottom (self->owners, 6);
  gtk_box_append (GTK_BOX (self->memory_card), self->owners);
  self->runs = studio_runs_card_new ();
  add_panel (self, self->runs);
  self->treemap = studio_treemap_new (168);
  add_card (self, _("Treemap"), _("area is time, colour the segment"), self->treemap);
  add_panel (self, studio_rewrites_card_new ());
  self->bars = studio_profile_chart_new (STUDIO_CHART_SEGMENTS);
  add_card (self, _("Time by segment"), _("median, line from p10 to p90"), self->bars);
  self->slowest = studio_profile_chart_new (STUDIO_CHART_SLOWEST);
  add_card (self, _("Slowest operators"), _("median, line from p10 to p90"), self->slowest);
}

GtkWidget *
studio_profile_side_new (void)
{
  return g_object_new (STUDIO_TYPE_PROFILE_SIDE, NULL);
}
