/* status-strip.c - the document in numbers, along the lower edge. */
#include "status-strip.h"

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"

typedef enum
{
  NODES, PARAMS, WEIGHTS, LATENCY, ESTIMATE, SEGMENTS, GATES, PROBLEMS, ZOOM, N_CELLS
} Cell;

typedef struct { GtkWidget *box, *icon, *value, *words, *tag; } StudioCell;

struct _StudioStatusStrip
{
  StudioPanel parent_instance;

  StudioCell cell[N_CELLS];
};

G_DEFINE_FINAL_TYPE (StudioStatusStrip, studio_status_strip, STUDIO_TYPE_PANEL)

/* Shows "VALUE words"; @value NULL: only the words. The cell's accessible name is the sentence. */
static void
show (StudioCell *cell, const char *value, const char *words)
{
  g_autofree char *sentence = g_strdup_printf ("%s%s%s", value != NULL ? value : "",
                                               value != NULL && *words != '\0' ? " " : "", words);

  studio_label_show (cell->value, value);
  studio_label_show (cell->words, words);
  studio_name_widget (cell->box, sentence);
}

static void
show_icon (StudioCell *cell, const char *icon, const char *css)
{
  const char *classes[] = { css, NULL };

  gtk_image_set_from_icon_name (GTK_IMAGE (cell->icon), icon);
  gtk_widget_set_css_classes (cell->icon, classes);
  gtk_widget_set_visible (cell->icon, icon != NULL);
}

static void
set_stale (StudioCell *cell, gboolean stale)
{
  if (stale)
    gtk_widget_add_css_class (cell->box, "stale");
  else
    gtk_widget_remove_css_class (cell->box, "stale");
}

/* Bytes of the encodable weights as chosen, of all others as fp16; each tensor once. */
static gsize
weight_bytes (const StudioView *view)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  gsize params = anf_report_n_params (view->report), bytes = 0;

  for (guint i = 0; view->weights != NULL && i < anf_weights_n (view->weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (view->weights, i);
      gsize elements = 1;

      if (!g_hash_table_add (seen, (gpointer) facts->name))
        continue;
      for (guint axis = 0; axis < facts->rank; axis++)
        elements *= facts->shape[axis];
      bytes += facts->encoding[facts->chosen].bytes;
      params -= MIN (params, elements);
    }
  return bytes + 2 * params;
}

static void
show_document (StudioStatusStrip *self, const StudioView *view)
{
  guint n = view->graph != NULL ? anf_graph_n_nodes (view->graph) : 0;
  g_autofree char *nodes = g_strdup_printf ("%u", n);
  g_autofree char *params = NULL, *bytes = NULL;

  show (&self->cell[NODES], nodes, ngettext ("node", "nodes", n));
  if (view->report == NULL)
    {
      show (&self->cell[PARAMS], "–", _("params"));
      show (&self->cell[WEIGHTS], "–", _("weights"));
      return;
    }
  params = studio_format_count (anf_report_n_params (view->report));
  bytes = studio_format_bytes (weight_bytes (view));
  show (&self->cell[PARAMS], params, _("params"));
  show (&self->cell[WEIGHTS], bytes, view->weights != NULL ? _("weights") : _("weights as fp16"));
}

static void
show_latency (StudioStatusStrip *self, const StudioView *view)
{
  StudioCell *cell = &self->cell[LATENCY];
  g_autofree char *time = NULL, *basis = NULL;

  gtk_widget_set_visible (cell->tag, view->profile != NULL);
  set_stale (cell, view->profile != NULL && view->stale);
  if (view->profile == NULL)
    {
      show (cell, NULL, _("not run"));
      return;
    }
  time = studio_format_time_us (anf_profile_total (view->profile).median_us);
  basis = g_strdup_printf (ngettext ("CPU, %u thread, n = %u%s", "CPU, %u threads, n = %u%s",
                                     anf_profile_threads (view->profile)),
                           anf_profile_threads (view->profile), anf_profile_runs (view->profile),
                           view->stale ? _(", stale") : "");
  show (cell, time, basis);
}

static void
show_tag (StudioCell *cell, const char *text, const char *css)
{
  const char *classes[] = { "tag", css, NULL };

  gtk_label_set_text (GTK_LABEL (cell->tag), text);
  gtk_widget_set_css_classes (cell->tag, classes);
  gtk_widget_set_visible (cell->tag, TRUE);
}

/* What the model expects of the target: never to be taken for the time measured beside it. */
static void
show_estimate (StudioStatusStrip *self, const StudioView *view)
{
  StudioCell *cell = &self->cell[ESTIMATE];
  g_autoptr(AnfEstimate) estimate = NULL;
  g_autofree char *time = NULL, *from = NULL, *to = NULL, *words = NULL;
  gboolean measured;
  double us, low, high;

  gtk_widget_set_visible (cell->box, view->plan != NULL && view->report != NULL);
  if (view->plan == NULL || view->report == NULL)
    return;

  estimate = anf_estimate (view->plan, view->weights, anf_report_target (view->report));
  if (anf_estimate_why (estimate) != NULL)
    {
      gtk_widget_set_visible (cell->tag, FALSE);
      words = g_strdup_printf (_("no estimate for %s"), anf_report_target (view->report));
      show (cell, "–", words);
      return;
    }
  us = anf_estimate_us (estimate, &low, &high);
  measured = anf_estimate_basis (estimate) == ANF_BASIS_MEASURED;
  time = studio_format_time_us (us);
  from = studio_format_time_us (low);
  to = studio_format_time_us (high);
  words = g_strdup_printf (_("on %s, %s to %s"), anf_report_target (view->report), from, to);
  show_tag (cell, measured ? _("estimated") : _("extrapolated"),
            measured ? "estimated" : "extrapolated");
  show (cell, time, words);
}

static void
show_segments (StudioStatusStrip *self, const StudioView *view)
{
  guint bridges = 0, n = view->plan != NULL ? anf_plan_n_segments (view->plan) : 0;
  g_autofree char *count = g_strdup_printf ("%u", n), *words = NULL;

  show_icon (&self->cell[SEGMENTS], "anf-segment-symbolic", "dim");
  if (view->plan == NULL)
    {
      show (&self->cell[SEGMENTS], "–", _("segments"));
      return;
    }
  for (guint i = 0; i < n; i++)
    if (anf_plan_nth_segment (view->plan, i)->kind == ANF_SEGMENT_BRIDGE)
      bridges++;
  words = bridges == 0 ? g_strdup (ngettext ("segment", "segments", n))
    : g_strdup_printf ("%s, %u %s", ngettext ("segment", "segments", n), bridges,
                       ngettext ("bridge", "bridges", bridges));
  show (&self->cell[SEGMENTS], count, words);
}

static void
show_gates (StudioStatusStrip *self, const StudioView *view)
{
  StudioCell *cell = &self->cell[GATES];
  guint n = view->gates != NULL ? anf_gates_n (view->gates) : 0, passed = 0;
  guint wanted = view->graph != NULL ? anf_graph_n_gates (view->graph) : 0;
  g_autofree char *count = NULL;

  for (guint i = 0; i < n; i++)
    passed += anf_gates_nth (view->gates, i)->ok;
  set_stale (cell, n > 0 && view->stale);
  show_icon (cell, n == 0 ? "anf-gate-symbolic" : passed == n ? "object-select-symbolic"
             : "dialog-error-symbolic", n == 0 ? "dim" : passed == n ? "good" : "bad");
  if (n > 0)
    {
      count = g_strdup_printf (_("%u of %u"), passed, n);
      show (cell, count, view->stale ? _("gates passed, stale") : _("gates passed"));
      return;
    }
  if (wanted == 0)
    {
      show (cell, NULL, _("no gates"));
      return;
    }
  count = g_strdup_printf ("%u", wanted);
  show (cell, count, ngettext ("gate, not measured", "gates, not measured", wanted));
}

static void
show_problems (StudioStatusStrip *self, const StudioView *view)
{
  StudioCell *cell = &self->cell[PROBLEMS];
  g_autofree char *words = studio_findings_text (view->report);
  AnfSeverity worst = ANF_HINT;

  if (words == NULL)
    {
      show_icon (cell, view->report != NULL ? "object-select-symbolic" : NULL, "good");
      show (cell, NULL, view->report != NULL ? _("no problems") : _("not checked"));
      return;
    }
  for (guint i = 0; i < anf_report_n_findings (view->report); i++)
    worst = MAX (worst, anf_report_nth_finding (view->report, i)->severity);
  show_icon (cell, studio_severity_icon (worst), studio_severity_class (worst));
  show (cell, NULL, words);
}

static void
studio_status_strip_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  static const struct
  {
    StudioChange when;
    void       (*show) (StudioStatusStrip *self, const StudioView *view);
  } parts[] = {
    { STUDIO_GRAPH | STUDIO_REPORT | STUDIO_WEIGHTS, show_document },
    { STUDIO_PROFILE | STUDIO_STALE, show_latency },
    { STUDIO_PLAN | STUDIO_WEIGHTS | STUDIO_REPORT, show_estimate },
    { STUDIO_PLAN, show_segments },
    { STUDIO_GATES | STUDIO_STALE | STUDIO_GRAPH, show_gates },
    { STUDIO_REPORT, show_problems },
  };
  StudioStatusStrip *self = STUDIO_STATUS_STRIP (panel);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (changed & parts[i].when)
      parts[i].show (self, view);
  if (changed & STUDIO_ZOOM)
    {
      g_autofree char *zoom = g_strdup_printf ("%.0f %%", view->zoom * 100);

      show (&self->cell[ZOOM], zoom, "");
    }
}

static void
add_cell (StudioStatusStrip *self, Cell id)
{
  static const char *const tips[N_CELLS] = {
    [NODES] = N_("Nodes of the graph"),
    [PARAMS] = N_("Numbers in all weights that are used"),
    [WEIGHTS] = N_("Bytes of these weights in the encodings chosen"),
    [LATENCY] = N_("Median time of the last run, measured on the CPU device"),
    [ESTIMATE] = N_("Time of a run that a model expects of the target, and the range it is in "
                    "8 times of 10; nothing was measured there"),
    [SEGMENTS] = N_("Programs that the graph is cut into"),
    [GATES] = N_("Accuracy gates of the document"),
    [PROBLEMS] = N_("What the check found; F8 goes to the next problem"),
    [ZOOM] = N_("Zoom of the canvas"),
  };
  StudioCell *cell = &self->cell[id];

  cell->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 5);
  cell->icon = gtk_image_new ();
  cell->value = studio_label_new (NULL, "numeric", NULL);
  cell->words = studio_label_new (NULL, NULL);
  cell->tag = studio_label_new (_("measured"), "tag", "measured", NULL);
  gtk_label_set_ellipsize (GTK_LABEL (cell->words), PANGO_ELLIPSIZE_END);
  gtk_widget_set_valign (cell->tag, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (cell->icon, FALSE);
  gtk_widget_set_visible (cell->tag, FALSE);
  gtk_widget_set_tooltip_text (cell->box, _(tips[id]));
  gtk_widget_add_css_class (cell->box, "cell");
  gtk_box_append (GTK_BOX (cell->box), cell->icon);
  gtk_box_append (GTK_BOX (cell->box), cell->value);
  gtk_box_append (GTK_BOX (cell->box), cell->tag);
  gtk_box_append (GTK_BOX (cell->box), cell->words);
  gtk_box_append (GTK_BOX (self), cell->box);
}

static void
studio_status_strip_class_init (StudioStatusStripClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_status_strip_update;
}

static void
studio_status_strip_init (StudioStatusStrip *self)
{
  GtkWidget *space = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_HORIZONTAL);
  gtk_widget_add_css_class (GTK_WIDGET (self), "status-strip");
  for (guint i = 0; i < N_CELLS; i++)
    add_cell (self, i);
  gtk_widget_set_hexpand (space, TRUE);
  gtk_box_insert_child_after (GTK_BOX (self), space, self->cell[GATES].box);
  studio_status_strip_update (STUDIO_PANEL (self), studio_panel_view (STUDIO_PANEL (self)),
                              ~(StudioChange) 0);
}

GtkWidget *
studio_status_strip_new (void)
{
  return g_object_new (STUDIO_TYPE_STATUS_STRIP, NULL);
}
