/* accuracy-panel.c - the document's gates, measured against their limits. */
#include "accuracy-panel.h"

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "errors-panel.h"
#include "gate-card.h"
#include "gate-editor.h"
#include "lens-bar.h"
#include "microscope-card.h"
#include "reference-button.h"

struct _StudioAccuracyPanel
{
  StudioPanel parent_instance;

  GtkWidget *stack, *banner, *empty_add, *bar, *summary, *basis, *tag, *measure, *cards;
  GtkWidget *errors, *lens, *microscope, *page;
  GPtrArray *card;                 /* flow box children, borrowed */
};

G_DEFINE_FINAL_TYPE (StudioAccuracyPanel, studio_accuracy_panel, STUDIO_TYPE_PANEL)

enum { RUN, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
on_measure (GtkButton *button, StudioAccuracyPanel *self)
{
  g_signal_emit (self, signals[RUN], 0);
}

/* A card for each gate; those there are stay, with the keyboard focus in them. */
static void
show_cards (StudioAccuracyPanel *self, guint n)
{
  while (self->card->len > n)
    {
      gtk_flow_box_remove (GTK_FLOW_BOX (self->cards),
                           g_ptr_array_index (self->card, self->card->len - 1));
      g_ptr_array_set_size (self->card, self->card->len - 1);
    }
  while (self->card->len < n)
    {
      GtkWidget *card = studio_gate_card_new (self->card->len);
      GtkWidget *child = gtk_flow_box_child_new ();

      gtk_widget_set_size_request (card, 290, -1);
      gtk_widget_set_focusable (child, FALSE);
      gtk_flow_box_child_set_child (GTK_FLOW_BOX_CHILD (child), card);
      gtk_flow_box_append (GTK_FLOW_BOX (self->cards), child);
      g_ptr_array_add (self->card, child);
      studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (card));
    }
}

static void
show_summary (StudioAccuracyPanel *self, const StudioView *view)
{
  const AnfSettings *settings = anf_graph_settings (view->graph);
  guint n = view->gates != NULL ? anf_gates_n (view->gates) : 0, passed = 0;
  g_autofree char *summary = NULL, *basis = NULL;

  for (guint i = 0; i < n; i++)
    passed += anf_gates_nth (view->gates, i)->ok;
  if (n > 0)
    summary = g_strdup_printf (_("%u of %u gates passed"), passed, n);
  else
    summary = g_strdup_printf (ngettext ("%u gate", "%u gates", anf_graph_n_gates (view->graph)),
                               anf_graph_n_gates (view->graph));
  basis = g_strdup_printf (_("CPU device, ane numerics, weights as %s, against fp32 with the "
                             "original weights"), anf_encoding_name (settings->compress));
  gtk_label_set_text (GTK_LABEL (self->summary), summary);
  gtk_label_set_text (GTK_LABEL (self->basis), basis);
  gtk_widget_set_visible (self->tag, n > 0);
}

static void
studio_accuracy_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioAccuracyPanel *self = STUDIO_ACCURACY_PANEL (panel);
  guint n = view->graph != NULL ? anf_graph_n_gates (view->graph) : 0;

  if (changed & STUDIO_GRAPH)
    {
      show_cards (self, n);
      gtk_stack_set_visible_child_name (GTK_STACK (self->stack), n > 0 ? "gates" : "empty");
    }
  if (changed & (STUDIO_GRAPH | STUDIO_GATES) && view->graph != NULL)
    show_summary (self, view);
  gtk_widget_set_visible (self->banner, n > 0 && view->gates != NULL
                          && anf_gates_n (view->gates) > 0 && view->stale);
}

static GtkWidget *
make_add (StudioAccuracyPanel *self)
{
  GtkWidget *button = studio_gate_button_new (STUDIO_PANEL (self), STUDIO_NEW_GATE);

  gtk_menu_button_set_label (GTK_MENU_BUTTON (button), _("Add Gate"));
  gtk_widget_set_css_classes (gtk_widget_get_first_child (button), (const char *[]) { NULL });
  return button;
}

static void
studio_accuracy_panel_dispose (GObject *object)
{
  StudioAccuracyPanel *self = STUDIO_ACCURACY_PANEL (object);

  g_clear_pointer (&self->card, g_ptr_array_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), STUDIO_TYPE_ACCURACY_PANEL);
  G_OBJECT_CLASS (studio_accuracy_panel_parent_class)->dispose (object);
}

static void
studio_accuracy_panel_class_init (StudioAccuracyPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_accuracy_panel_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_accuracy_panel_update;

  signals[RUN] = g_signal_new ("run", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/accuracy-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, stack);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, banner);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, empty_add);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, bar);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, summary);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, basis);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, tag);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, measure);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, cards);
  gtk_widget_class_bind_template_child (widget_class, StudioAccuracyPanel, page);
  gtk_widget_class_bind_template_callback (widget_class, on_measure);
}

static void
studio_accuracy_panel_init (StudioAccuracyPanel *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *below = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->card = g_ptr_array_new ();
  gtk_box_append (GTK_BOX (self->empty_add), make_add (self));
  gtk_box_append (GTK_BOX (self->bar), make_add (self));
  self->lens = studio_lens_bar_new ();
  gtk_widget_set_margin_start (self->lens, 12);
  gtk_widget_set_margin_end (self->lens, 12);
  gtk_widget_set_margin_bottom (self->lens, 8);
  gtk_box_append (GTK_BOX (self->page), self->lens);
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (self->lens));
  self->errors = studio_errors_panel_new ();
  gtk_widget_set_margin_start (self->errors, 8);
  gtk_widget_set_margin_end (self->errors, 8);
  gtk_widget_set_margin_bottom (self->errors, 8);
  gtk_widget_set_vexpand (self->errors, TRUE);
  gtk_box_append (GTK_BOX (below), self->errors);
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (self->errors));
  self->microscope = studio_microscope_card_new ();
  gtk_widget_set_margin_start (self->microscope, 8);
  gtk_widget_set_margin_end (self->microscope, 8);
  gtk_widget_set_margin_bottom (self->microscope, 8);
  gtk_box_append (GTK_BOX (below), self->microscope);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), below);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_box_append (GTK_BOX (self->page), scrolled);
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (self->microscope));
  gtk_box_append (GTK_BOX (self->bar),
                  studio_reference_button_new (STUDIO_ERRORS_PANEL (self->errors)));
}

GtkWidget *
studio_accuracy_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_ACCURACY_PANEL, NULL);
}
