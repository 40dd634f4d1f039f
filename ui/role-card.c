/* role-card.c - one weight of a node: where it comes from, how it looks, how it is stored. */
#include "role-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "encoding-list.h"
#include "format.h"
#include "histogram.h"
#include "init-popover.h"
#include "inspector-sections.h"
#include "tensor-chooser.h"

struct _StudioRoleCard
{
  StudioPanel parent_instance;

  AnfId          node;
  const AnfPort *port;
  AnfTensor     *tensor;           /* whose statistics are shown (nullable) */
  GtkWidget     *shape, *state, *source, *problem, *remove, *picture, *histogram;
  GtkWidget     *range, *moments, *zeros, *broken, *overflow, *sampled;
  GtkWidget     *encoding_line, *encoding, *verdict;
};

G_DEFINE_FINAL_TYPE (StudioRoleCard, studio_role_card, STUDIO_TYPE_PANEL)

const char *
studio_role_card_role (StudioRoleCard *self)
{
  return self->port->name;
}

static const AnfNode *
node_of (StudioRoleCard *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));

  return view->graph != NULL ? anf_graph_find (view->graph, self->node) : NULL;
}

/* ------------------------------------------------------------------------ attach and remove */

static gboolean
is_shared (const AnfGraph *graph, const AnfNode *owner, const char *weight)
{
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    {
      const AnfNode *node = anf_graph_nth (graph, i);
      const AnfPort *role;

      for (guint j = 0; (role = anf_op_role (anf_node_op (node), j)) != NULL; j++)
        if (node != owner && g_strcmp0 (anf_node_weight (node, role->name), weight) == 0)
          return TRUE;
    }
  return FALSE;
}

/* The name the new weight goes by: the one this role has, unless other nodes use it too. */
static char *
weight_name (StudioRoleCard *self, AnfGraphBuilder *b)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  const AnfNode *node = node_of (self);
  const char *had = anf_node_weight (node, self->port->name);
  g_autofree char *stem = g_strdup_printf ("%s.%s", anf_node_name (node), self->port->name);

  if (had != NULL && !is_shared (view->graph, node, had))
    return g_strdup (had);
  return anf_graph_builder_fresh_weight_name (b, stem);
}

static void
ask (StudioRoleCard *self, AnfGraphBuilder *b, const char *verb)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *label = g_strdup_printf (verb, self->port->name,
                                            anf_node_name (node_of (self)));

  if (!studio_panel_edit (STUDIO_PANEL (self), b, label, NULL, &error))
    studio_label_show (self->problem, error->message);
}

static void
attach_tensor (StudioRoleCard *self, const char *path, const char *tensor)
{
  AnfGraphBuilder *b;
  g_autoptr(AnfWeight) weight = NULL;
  g_autofree char *name = NULL;

  if (node_of (self) == NULL)
    return;
  b = anf_graph_builder_new (studio_panel_view (STUDIO_PANEL (self))->graph);
  name = weight_name (self, b);
  weight = anf_weight_new_file (name, path, *tensor != '\0' ? tensor : NULL);
  anf_graph_builder_put_weight (b, weight);
  anf_graph_builder_set_weight (b, self->node, self->port->name, name);
  ask (self, b, _("Attach %s of %s"));
}

static void
on_tensor_chosen (StudioTensorChooser *chooser, const char *tensor, StudioRoleCard *self)
{
  attach_tensor (self, g_object_get_data (G_OBJECT (chooser), "studio-path"), tensor);
}

void
studio_role_card_attach (StudioRoleCard *self, const char *path)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfTensors) file = NULL;
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *chooser;

  g_return_if_fail (STUDIO_IS_ROLE_CARD (self));

  if (node_of (self) == NULL)
    return;
  if ((file = anf_tensors_open (path, &error)) == NULL)
    {
      studio_label_show (self->problem, error->message);
      return;
    }
  if (anf_tensors_n (file) == 0)
    {
      studio_label_show (self->problem, _("This file holds no tensors"));
      return;
    }
  if (anf_tensors_n (file) == 1)
    {
      attach_tensor (self, path, anf_tensors_nth_name (file, 0));
      return;
    }
  chooser = studio_tensor_chooser_new (file, path, view->graph, view->report, self->node,
                                       self->port->name);
  g_object_set_data_full (G_OBJECT (chooser), "studio-path", g_strdup (path), g_free);
  g_signal_connect_object (chooser, "chosen", G_CALLBACK (on_tensor_chosen), self, 0);
  if (GTK_IS_WINDOW (root))
    gtk_window_set_transient_for (GTK_WINDOW (chooser), GTK_WINDOW (root));
  gtk_window_present (GTK_WINDOW (chooser));
}

static void
on_file (GtkNativeDialog *dialog, int response, StudioRoleCard *self)
{
  g_autoptr(GFile) file = NULL;

  if (response != GTK_RESPONSE_ACCEPT)
    return;
  file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (file != NULL && g_file_peek_path (file) != NULL)
    studio_role_card_attach (self, g_file_peek_path (file));
}

static void
on_attach (GtkButton *button, StudioRoleCard *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkFileChooserNative *dialog =
    gtk_file_chooser_native_new (_("Attach Weights"),
                                 GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
                                 GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("Weight files"));
  gtk_file_filter_add_pattern (filter, "*.safetensors");
  gtk_file_filter_add_pattern (filter, "*.npy");
  gtk_file_filter_add_pattern (filter, "*.npz");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  if (view->graph != NULL && anf_graph_folder (view->graph) != NULL)
    {
      g_autoptr(GFile) folder = g_file_new_for_path (anf_graph_folder (view->graph));

      gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (dialog), folder, NULL);
    }
  /* The dialog lives until the next one is opened, or the card goes. */
  g_object_set_data_full (G_OBJECT (self), "studio-dialog", dialog, g_object_unref);
  g_signal_connect (dialog, "response", G_CALLBACK (on_file), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
on_remove (GtkButton *button, StudioRoleCard *self)
{
  AnfGraphBuilder *b;

  if (node_of (self) == NULL)
    return;
  b = anf_graph_builder_new (studio_panel_view (STUDIO_PANEL (self))->graph);
  anf_graph_builder_set_weight (b, self->node, self->port->name, NULL);
  ask (self, b, _("Detach %s of %s"));
}

static void
on_init (StudioInitPopover *popover, const char *init, guint rank, const gint64 *shape,
         double scale, guint64 seed, StudioRoleCard *self)
{
  AnfGraphBuilder *b;
  g_autoptr(AnfWeight) weight = NULL;
  g_autofree char *name = NULL;

  if (node_of (self) == NULL)
    return;
  b = anf_graph_builder_new (studio_panel_view (STUDIO_PANEL (self))->graph);
  name = weight_name (self, b);
  weight = anf_weight_new_init (name, init, rank, shape, scale, seed);
  anf_graph_builder_put_weight (b, weight);
  anf_graph_builder_set_weight (b, self->node, self->port->name, name);
  ask (self, b, _("Initialise %s of %s"));
}

static void
on_init_shown (GtkPopover *popover, StudioRoleCard *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));

  if (node_of (self) != NULL)
    studio_init_popover_begin (STUDIO_INIT_POPOVER (popover), view->graph, view->report,
                               self->node, self->port->name);
}

/* ------------------------------------------------------------------------ showing */

static void
show_stats (StudioRoleCard *self, AnfTensor *tensor)
{
  StudioTensorStats stats;
  g_autofree char *low = NULL, *high = NULL, *mean = NULL, *std = NULL, *zeros = NULL;
  g_autofree char *range = NULL, *moments = NULL, *broken = NULL, *overflow = NULL, *n = NULL;
  g_autofree char *sampled = NULL;

  if (tensor == self->tensor)
    return;
  g_clear_pointer (&self->tensor, anf_tensor_unref);
  self->tensor = tensor != NULL ? anf_tensor_ref (tensor) : NULL;
  gtk_widget_set_visible (self->picture, tensor != NULL);
  if (tensor == NULL)
    return;

  studio_tensor_stats (tensor, &stats);
  low = studio_format_real (stats.min);
  high = studio_format_real (stats.max);
  mean = studio_format_real (stats.mean);
  std = studio_format_real (stats.std);
  range = g_strdup_printf ("%s … %s", low, high);
  moments = g_strdup_printf ("%s, %s", mean, std);
  zeros = studio_format_percent (stats.n > 0 ? (double) stats.zeros / stats.n : NAN);
  broken = g_strdup_printf ("%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT, stats.nans, stats.infs);
  overflow = g_strdup_printf ("%" G_GSIZE_FORMAT, stats.overflow);
  n = studio_format_count (stats.n);
  sampled = stats.sampled ? g_strdup_printf (_("sampled: %s elements"), n) : NULL;
  gtk_widget_set_visible (self->histogram, stats.n >= 64 && stats.n_bins > 1);
  studio_histogram_show (STUDIO_HISTOGRAM (self->histogram), &stats);
  gtk_label_set_text (GTK_LABEL (self->range), range);
  gtk_label_set_text (GTK_LABEL (self->moments), moments);
  gtk_label_set_text (GTK_LABEL (self->zeros), zeros);
  gtk_label_set_text (GTK_LABEL (self->broken), broken);
  gtk_label_set_text (GTK_LABEL (self->overflow), overflow);
  studio_label_show (self->sampled, sampled);
  gtk_widget_set_css_classes (self->broken, (const char *[])
    { "numeric", stats.nans + stats.infs > 0 ? "bad" : "plain", NULL });
  gtk_widget_set_css_classes (self->overflow, (const char *[])
    { "numeric", stats.overflow > 0 ? "bad" : "plain", NULL });
}

static const AnfWeightFacts *
facts_of (const AnfWeights *weights, AnfId node, const char *role)
{
  for (guint i = 0; weights != NULL && i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);

      if (facts->node == node && g_str_equal (facts->role, role))
        return facts;
    }
  return NULL;
}

static void
show_encoding (StudioRoleCard *self, const StudioView *view, const AnfNode *node)
{
  const AnfWeightFacts *facts = facts_of (view->weights, self->node, self->port->name);
  const char *verdict_class = "dim";
  g_autofree char *verdict = NULL;

  gtk_widget_set_visible (self->encoding_line, self->port->flags & ANF_ENCODABLE);
  if (!(self->port->flags & ANF_ENCODABLE))
    return;
  studio_encoding_list_show (STUDIO_ENCODING_LIST (self->encoding), node, self->port->name,
                             anf_graph_settings (view->graph)->compress, facts);
  if (facts != NULL)
    verdict = studio_encoding_verdict (facts, view->report, &verdict_class);
  studio_label_show (self->verdict, verdict);
  gtk_widget_set_css_classes (self->verdict,
                              (const char *[]) { "caption", verdict_class, NULL });
}

static void
on_encoding (StudioEncodingList *list, int encoding, StudioRoleCard *self)
{
  studio_encoding_edit (STUDIO_PANEL (self), self->node, self->port->name, encoding);
}

static void
show_source (StudioRoleCard *self, const StudioView *view, const AnfNode *node)
{
  const char *name = anf_node_weight (node, self->port->name);
  AnfWeight *weight = name != NULL ? anf_graph_find_weight (view->graph, name) : NULL;
  AnfTensor *tensor = weight != NULL ? anf_weight_tensor (weight) : NULL;
  const AnfFinding *finding = studio_worst_finding (view->report, self->node, self->port->name);
  const char *problem = weight != NULL ? anf_weight_problem (weight) : NULL;
  gboolean optional = self->port->flags & ANF_OPTIONAL;
  g_autofree char *from = weight != NULL ? anf_weight_source (weight) : NULL;
  g_autofree char *source = NULL, *shape = tensor != NULL ? anf_tensor_shape_text (tensor) : NULL;

  if (problem == NULL && finding != NULL)
    problem = finding->message;
  if (weight != NULL)
    source = g_strdup_printf ("%s › %s", name, from);
  else
    source = g_strdup (name != NULL ? _("The weight table has no such weight")
                       : optional ? _("none (optional)") : _("none yet: attach or initialise one"));
  studio_label_show (self->shape, shape);
  gtk_label_set_text (GTK_LABEL (self->source), source);
  studio_set_tip (self->source, source);
  studio_label_show (self->problem, problem);
  gtk_widget_set_visible (self->remove, name != NULL);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->state), problem != NULL ? "dialog-error-symbolic"
                                : tensor != NULL ? "object-select-symbolic" : NULL);
  gtk_widget_set_css_classes (self->state, (const char *[])
    { problem != NULL ? "bad" : "good", NULL });
  show_stats (self, tensor);
}

static void
studio_role_card_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioRoleCard *self = STUDIO_ROLE_CARD (panel);
  const AnfNode *node = node_of (self);

  if (node == NULL)
    return;
  if (changed & (STUDIO_GRAPH | STUDIO_REPORT))
    show_source (self, view, node);
  if (changed & (STUDIO_GRAPH | STUDIO_REPORT | STUDIO_WEIGHTS))
    show_encoding (self, view, node);
}

/* ------------------------------------------------------------------------ making */

static void
make_title (StudioRoleCard *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *name = studio_label_new (self->port->name, "heading", NULL);

  self->shape = studio_label_new (NULL, "numeric", "dim", NULL);
  self->state = gtk_image_new ();
  gtk_widget_set_tooltip_text (name, self->port->doc);
  gtk_widget_set_hexpand (self->shape, TRUE);
  gtk_box_append (GTK_BOX (line), gtk_image_new_from_icon_name ("anf-weights-symbolic"));
  gtk_box_append (GTK_BOX (line), name);
  gtk_box_append (GTK_BOX (line), self->shape);
  gtk_box_append (GTK_BOX (line), self->state);
  gtk_box_append (GTK_BOX (self), line);

  self->source = studio_label_new (NULL, "caption", "dim", NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->source), PANGO_ELLIPSIZE_MIDDLE);
  self->problem = studio_label_new (NULL, "caption", "bad", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_box_append (GTK_BOX (self), self->source);
  gtk_box_append (GTK_BOX (self), self->problem);
}

static void
make_buttons (StudioRoleCard *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *attach = gtk_button_new_with_label (_("Attach…")), *init = gtk_menu_button_new ();
  GtkWidget *popover = studio_init_popover_new ();
  g_autofree char *attach_words = g_strdup_printf (_("Attach %s from a file"), self->port->name);
  g_autofree char *init_words = g_strdup_printf (_("Initialise %s"), self->port->name);
  g_autofree char *remove_words = g_strdup_printf (_("Detach %s"), self->port->name);

  gtk_widget_add_css_class (attach, "small");
  gtk_widget_set_tooltip_text (attach, attach_words);
  studio_name_widget (attach, attach_words);
  gtk_menu_button_set_label (GTK_MENU_BUTTON (init), _("Initialise"));
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (init), popover);
  gtk_widget_add_css_class (gtk_widget_get_first_child (init), "small");
  gtk_widget_set_tooltip_text (init, init_words);
  studio_name_widget (init, init_words);
  self->remove = studio_button_new ("list-remove-symbolic", remove_words);
  gtk_box_append (GTK_BOX (line), attach);
  gtk_box_append (GTK_BOX (line), init);
  gtk_box_append (GTK_BOX (line), self->remove);
  gtk_box_append (GTK_BOX (self), line);
  g_signal_connect (attach, "clicked", G_CALLBACK (on_attach), self);
  g_signal_connect (self->remove, "clicked", G_CALLBACK (on_remove), self);
  g_signal_connect (popover, "show", G_CALLBACK (on_init_shown), self);
  g_signal_connect (popover, "initialise", G_CALLBACK (on_init), self);
}

static void
make_picture (StudioRoleCard *self)
{
  self->picture = gtk_box_new (GTK_ORIENTATION_VERTICAL, 1);
  self->histogram = studio_histogram_new (76);
  gtk_widget_set_margin_top (self->histogram, 4);
  gtk_box_append (GTK_BOX (self->picture), self->histogram);
  self->range = studio_section_value (self->picture, _("min … max"));
  self->moments = studio_section_value (self->picture, _("mean, σ"));
  self->zeros = studio_section_value (self->picture, _("zeros"));
  self->broken = studio_section_value (self->picture, _("NaN, inf"));
  self->overflow = studio_section_value (self->picture, _("beyond fp16"));
  self->sampled = studio_label_new (NULL, "caption", "faint", NULL);
  gtk_box_append (GTK_BOX (self->picture), self->sampled);
  gtk_widget_set_visible (self->picture, FALSE);
  gtk_box_append (GTK_BOX (self), self->picture);
}

static void
make_encoding (StudioRoleCard *self)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  g_autofree char *words = g_strdup_printf (_("Encoding of %s"), self->port->name);

  self->encoding_line = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  self->encoding = studio_encoding_list_new (words);
  self->verdict = studio_label_new (NULL, "caption", "dim", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->verdict), TRUE);
  gtk_widget_set_hexpand (self->encoding, TRUE);
  gtk_box_append (GTK_BOX (line), studio_label_new (_("encoding"), NULL));
  gtk_box_append (GTK_BOX (line), self->encoding);
  gtk_box_append (GTK_BOX (self->encoding_line), line);
  gtk_box_append (GTK_BOX (self->encoding_line), self->verdict);
  gtk_box_append (GTK_BOX (self), self->encoding_line);
  g_signal_connect (self->encoding, "choose", G_CALLBACK (on_encoding), self);
}

GtkWidget *
studio_role_card_new (AnfId node, const AnfPort *role)
{
  StudioRoleCard *self = g_object_new (STUDIO_TYPE_ROLE_CARD, NULL);

  self->node = node;
  self->port = role;
  gtk_box_set_spacing (GTK_BOX (self), 3);
  gtk_widget_set_margin_bottom (GTK_WIDGET (self), 8);
  make_title (self);
  make_buttons (self);
  make_picture (self);
  make_encoding (self);
  return GTK_WIDGET (self);
}

static void
studio_role_card_finalize (GObject *object)
{
  g_clear_pointer (&STUDIO_ROLE_CARD (object)->tensor, anf_tensor_unref);
  G_OBJECT_CLASS (studio_role_card_parent_class)->finalize (object);
}

static void
studio_role_card_class_init (StudioRoleCardClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_role_card_finalize;
  STUDIO_PANEL_CLASS (klass)->update = studio_role_card_update;
}

static void
studio_role_card_init (StudioRoleCard *self)
{
}
