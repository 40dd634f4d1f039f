/* lens-bar.c - a chip for each way in which fp16 numbers go wrong: how far it is, and a rewrite. */
#include "lens-bar.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"

#define LARGEST_HALF 65504.0
#define CLIFF 32768.0              /* of sums of products */
#define NEAR 4.0                   /* a margin below this is a hazard */
#define SUBNORMAL 0.01             /* and so is a share above this */

struct _StudioLensBar
{
  StudioPanel parent_instance;

  GtkWidget *chip[STUDIO_N_LENSES], *icon[STUDIO_N_LENSES], *words[STUDIO_N_LENSES];
  GtkWidget *mend;
  AnfId      node[STUDIO_N_LENSES];
  int        finding;              /* that the button mends, -1: none */
};

G_DEFINE_FINAL_TYPE (StudioLensBar, studio_lens_bar, STUDIO_TYPE_PANEL)

static const struct { const char *name, *tip; const char *codes[3]; } lenses[] = {
  [STUDIO_LENS_RANGE] = { N_("fp16 range"), N_("The largest value of a run, and how far it is from "
                          "65504, where fp16 ends"), { "NUM203" } },
  [STUDIO_LENS_PRODUCT] = { N_("product"), N_("The largest result of a product: from 32768 on the "
                            "engine gives an infinity"), { "NUM303" } },
  [STUDIO_LENS_SUBNORMAL] = { N_("subnormal"), N_("Values below 2^-14 have fewer digits, and older "
                              "chips make them 0"), { NULL } },
  [STUDIO_LENS_CANCELLING] = { N_("cancelling subtract"), N_("The difference of two near values "
                               "keeps their errors, and little else"), { "NUM302" } },
  [STUDIO_LENS_SUM] = { N_("signed sum"), N_("A long sum of numbers of both signs"),
                        { "NUM301" } },
  [STUDIO_LENS_SLICE] = { N_("slice ×16"), N_("M1 and M2 lose what is above 4094 where a slice of "
                          "the last axis does not begin at 0"), { "NUM201", "NUM202" } },
  [STUDIO_LENS_INFINITE] = { N_("NaN, Inf"), N_("Values of a run that are no numbers"), { NULL } },
};

/* ------------------------------------------------------------------------ what is known */

void
studio_lens_state_clear (StudioLensState *state)
{
  g_clear_pointer (&state->words, g_free);
}

/* TRUE: there is one; the first is where it begins. */
static gboolean
look_for_findings (StudioLens lens, const AnfReport *report, StudioLensState *state)
{
  guint n = 0;

  for (guint i = 0; report != NULL && i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);

      for (guint k = 0; k < 3 && lenses[lens].codes[k] != NULL; k++)
        if (g_str_equal (finding->code, lenses[lens].codes[k]))
          {
            state->finding = n == 0 ? (int) i : state->finding;
            state->node = n == 0 ? finding->node : state->node;
            n++;
          }
    }
  if (n == 0)
    return FALSE;
  state->known = state->hazard = TRUE;
  if (state->words == NULL)
    state->words = n == 1 && anf_graph_find (anf_report_graph (report), state->node) != NULL
      ? g_strdup (anf_node_name (anf_graph_find (anf_report_graph (report), state->node)))
      : g_strdup_printf (ngettext ("%u place", "%u places", n), n);
  return TRUE;
}

/* The largest value, of all operators or of those that sum products. */
static void
look_at_margin (const AnfErrors *errors, gboolean products, StudioLensState *state)
{
  double most = 0, end = products ? CLIFF : LARGEST_HALF;
  AnfGraph *graph = anf_errors_graph (errors);

  for (guint i = 0; i < anf_errors_n (errors); i++)
    {
      const AnfValueError *value = anf_errors_nth (errors, i);
      const AnfNode *node = anf_graph_find (graph, value->value.node);

      if ((products && (node == NULL || !anf_microscope_knows (node))) || value->largest <= most)
        continue;
      most = value->largest;
      state->node = value->value.node;
    }
  state->known = TRUE;
  state->hazard = most > 0 && end / most < NEAR;
  if (most == 0)
    state->words = g_strdup ("–");
  else
    {
      g_autofree char *margin = end / most >= 1000 ? studio_format_count (end / most)
        : studio_format_real (end / most);

      state->words = g_strdup_printf (_("×%s below %g"), margin, end);
    }
}

static void
look_at_counts (const AnfErrors *errors, gboolean subnormal, StudioLensState *state)
{
  gsize all = 0, n = 0, worst = 0;

  for (guint i = 0; i < anf_errors_n (errors); i++)
    {
      const AnfValueError *value = anf_errors_nth (errors, i);
      gsize here = subnormal ? value->n_subnormal : value->n_nan + value->n_inf;

      all += value->n;
      n += here;
      /* Of infinities the first is where they come from. */
      if (here > worst && (subnormal || worst == 0))
        {
          worst = here;
          state->node = value->value.node;
        }
    }
  state->known = TRUE;
  state->hazard = subnormal ? n > SUBNORMAL * all : n > 0;
  state->words = subnormal ? studio_format_percent (all > 0 ? (double) n / all : 0)
                           : studio_format_count (n);
}

void
studio_lens_state_of (StudioLens lens, const AnfReport *report, const AnfErrors *errors,
                      StudioLensState *state)
{
  *state = (StudioLensState) { .finding = -1 };
  if (errors != NULL && (lens == STUDIO_LENS_RANGE || lens == STUDIO_LENS_PRODUCT))
    look_at_margin (errors, lens == STUDIO_LENS_PRODUCT, state);
  if (errors != NULL && (lens == STUDIO_LENS_SUBNORMAL || lens == STUDIO_LENS_INFINITE))
    look_at_counts (errors, lens == STUDIO_LENS_SUBNORMAL, state);
  if (!look_for_findings (lens, report, state) && !state->known && report != NULL
      && lenses[lens].codes[0] != NULL)
    {
      state->known = TRUE;
      state->words = g_strdup (_("none"));
    }
  if (state->words == NULL)
    state->words = g_strdup (_("run to see"));
}

/* ------------------------------------------------------------------------ showing */

static void
show_chip (StudioLensBar *self, StudioLens lens, const StudioLensState *state)
{
  g_autofree char *name = g_strdup_printf ("%s: %s", _(lenses[lens].name), state->words);

  gtk_label_set_text (GTK_LABEL (self->words[lens]), state->words);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->icon[lens]), state->hazard
                                ? "dialog-warning-symbolic" : state->known
                                ? "object-select-symbolic" : "content-loading-symbolic");
  gtk_widget_set_css_classes (self->icon[lens], (const char *[])
    { state->hazard ? "warn" : state->known ? "good" : "faint", NULL });
  gtk_widget_set_css_classes (self->chip[lens], (const char *[])
    { "flat", "chip", state->hazard ? "hazard" : "calm", NULL });
  gtk_widget_set_sensitive (self->chip[lens], state->node != 0);
  studio_name_widget (self->chip[lens], name);
  self->node[lens] = state->node;
}

static void
studio_lens_bar_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioLensBar *self = STUDIO_LENS_BAR (panel);
  g_autofree char *label = NULL;

  if (!(changed & (STUDIO_REPORT | STUDIO_ERRORS | STUDIO_GRAPH)))
    return;
  self->finding = -1;
  for (guint i = 0; i < STUDIO_N_LENSES; i++)
    {
      StudioLensState state;

      studio_lens_state_of (i, view->report, view->errors, &state);
      show_chip (self, i, &state);
      if (self->finding < 0 && state.finding >= 0 && label == NULL
          && (label = anf_fix_label (view->report, state.finding, NULL)) != NULL)
        self->finding = state.finding;
      studio_lens_state_clear (&state);
    }
  gtk_widget_set_visible (self->mend, self->finding >= 0);
  gtk_button_set_label (GTK_BUTTON (self->mend), label != NULL ? label : "");
}

static void
on_chip (GtkButton *button, StudioLensBar *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;

  for (guint i = 0; i < STUDIO_N_LENSES; i++)
    if (self->chip[i] == GTK_WIDGET (button) && graph != NULL
        && anf_graph_find (graph, self->node[i]) != NULL)
      studio_panel_select (STUDIO_PANEL (self), self->node[i]);
}

static void
on_mend (GtkButton *button, StudioLensBar *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) fixed = NULL;

  if (self->finding < 0 || view->report == NULL || anf_report_graph (view->report) != view->graph)
    return;
  if ((fixed = anf_fix_apply (view->report, self->finding, &error)) == NULL)
    {
      gtk_widget_error_bell (GTK_WIDGET (button));
      studio_set_tip (GTK_WIDGET (button), error->message);
      return;
    }
  g_signal_emit_by_name (self, "edit", fixed, gtk_button_get_label (button), NULL);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_lens_bar_class_init (StudioLensBarClass *klass)
{
  STUDIO_PANEL_CLASS (klass)->update = studio_lens_bar_update;
  STUDIO_PANEL_CLASS (klass)->lazy = TRUE;
}

static GtkWidget *
make_chip (StudioLensBar *self, StudioLens lens)
{
  GtkWidget *button = gtk_button_new (), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 5);

  self->icon[lens] = gtk_image_new ();
  self->words[lens] = studio_label_new (NULL, "numeric", NULL);
  gtk_image_set_pixel_size (GTK_IMAGE (self->icon[lens]), 12);
  gtk_box_append (GTK_BOX (line), self->icon[lens]);
  gtk_box_append (GTK_BOX (line), studio_label_new (_(lenses[lens].name), NULL));
  gtk_box_append (GTK_BOX (line), self->words[lens]);
  gtk_button_set_child (GTK_BUTTON (button), line);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, _(lenses[lens].tip));
  g_signal_connect (button, "clicked", G_CALLBACK (on_chip), self);
  return self->chip[lens] = button;
}

static void
studio_lens_bar_init (StudioLensBar *self)
{
  GtkWidget *icon = gtk_image_new_from_icon_name ("anf-lens-symbolic");
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_box_set_spacing (GTK_BOX (self), 8);
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_HORIZONTAL);
  gtk_box_append (GTK_BOX (self), icon);
  gtk_box_append (GTK_BOX (self), studio_label_new (_("Numerics lens"), "heading", NULL));
  for (guint i = 0; i < STUDIO_N_LENSES; i++)
    gtk_box_append (GTK_BOX (line), make_chip (self, i));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_EXTERNAL,
                                  GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), line);
  gtk_widget_set_hexpand (scrolled, TRUE);
  gtk_box_append (GTK_BOX (self), scrolled);
  self->mend = gtk_button_new ();
  gtk_widget_add_css_class (self->mend, "small");
  gtk_widget_set_valign (self->mend, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (self->mend, FALSE);
  gtk_widget_set_tooltip_text (self->mend, _("Rewrites the first hazard that can be; one step to "
                                             "undo"));
  g_signal_connect (self->mend, "clicked", G_CALLBACK (on_mend), self);
  gtk_box_append (GTK_BOX (self), self->mend);
  studio_name_widget (GTK_WIDGET (self), _("Numerics lens"));
  self->finding = -1;
}

GtkWidget *
studio_lens_bar_new (void)
{
  return g_object_new (STUDIO_TYPE_LENS_BAR, NULL);
}
