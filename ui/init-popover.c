/* init-popover.c - how a weight that has no file begins: initialiser, shape, seed. */
#include "init-popover.h"

#include <glib/gi18n-lib.h>

#include "attr-value.h"
#include "edits.h"
#include "weight-fit.h"

static const char *const inits[] = { "he", "xavier", "normal", "uniform", "zeros", "ones", NULL };

/* The document's rule: only these take a scale. */
#define TAKES_SCALE(at) ((at) == 2 || (at) == 3)

struct _StudioInitPopover
{
  GtkPopover parent_instance;

  GtkWidget *init, *shape, *seed, *scale, *scale_line, *reason, *apply;
  AnfGraph  *graph;
  AnfReport *report;
  AnfId      node;
  char      *role;
};

G_DEFINE_FINAL_TYPE (StudioInitPopover, studio_init_popover, GTK_TYPE_POPOVER)

enum { INITIALISE, N_SIGNALS };
static guint signals[N_SIGNALS];

static const char *
text_of (GtkWidget *entry)
{
  return gtk_editable_get_text (GTK_EDITABLE (entry));
}

static void
on_changed (StudioInitPopover *self)
{
  gint64 shape[ANF_MAX_TENSOR_RANK];
  guint rank = studio_shape_parse (text_of (self->shape), ANF_MAX_TENSOR_RANK, shape);
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->init));
  g_autofree char *why = NULL;
  char *end;
  double scale;

  gtk_widget_set_visible (self->scale_line, TAKES_SCALE (at));
  g_ascii_strtoull (text_of (self->seed), &end, 10);
  if (rank == 0)
    why = g_strdup (_("A shape is numbers, as in 16, 1, 3, 3"));
  else if (*text_of (self->seed) == '\0' || *end != '\0')
    why = g_strdup (_("The seed is a whole number"));
  else if (TAKES_SCALE (at) && (!studio_real_parse (text_of (self->scale), &scale) || scale <= 0))
    why = g_strdup (_("The scale is a number above zero"));

  gtk_widget_set_sensitive (self->apply, why == NULL);
  /* A shape that does not fit may be meant: other edits may follow. It is said, not forbidden. */
  if (why == NULL && self->graph != NULL && anf_graph_find (self->graph, self->node) != NULL)
    studio_weight_fit (self->graph, self->report, anf_graph_find (self->graph, self->node),
                       self->role, rank, shape, &why);
  studio_label_show (self->reason, why);
}

static void
on_apply (StudioInitPopover *self)
{
  gint64 shape[ANF_MAX_TENSOR_RANK];
  guint rank = studio_shape_parse (text_of (self->shape), ANF_MAX_TENSOR_RANK, shape);
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->init));
  double scale = 1;

  if (!gtk_widget_get_sensitive (self->apply))
    return;
  if (TAKES_SCALE (at))
    studio_real_parse (text_of (self->scale), &scale);
  gtk_popover_popdown (GTK_POPOVER (self));
  g_signal_emit (self, signals[INITIALISE], 0, inits[at], rank, shape, scale,
                 g_ascii_strtoull (text_of (self->seed), NULL, 10));
}

void
studio_init_popover_begin (StudioInitPopover *self, AnfGraph *graph, AnfReport *report, AnfId id,
                           const char *role)
{
  const AnfNode *node = anf_graph_find (graph, id);
  AnfTensor *tensor = node != NULL ? anf_graph_tensor_of (graph, node, role) : NULL;
  g_autoptr(GString) shape = g_string_new (NULL);

  g_return_if_fail (STUDIO_IS_INIT_POPOVER (self));

  anf_graph_ref (graph);
  g_clear_pointer (&self->graph, anf_graph_unref);
  self->graph = graph;
  if (report != NULL)
    anf_report_ref (report);
  g_clear_pointer (&self->report, anf_report_unref);
  self->report = report;
  self->node = id;
  g_free (self->role);
  self->role = g_strdup (role);
  for (guint i = 0; tensor != NULL && i < anf_tensor_rank (tensor); i++)
    g_string_append_printf (shape, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "",
                            anf_tensor_dim (tensor, i));
  if (shape->len > 0)
    gtk_editable_set_text (GTK_EDITABLE (self->shape), shape->str);
  on_changed (self);
}

static GtkWidget *
add_line (GtkWidget *box, const char *name, GtkWidget *control)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *label = studio_label_new (name, NULL);

  gtk_label_set_width_chars (GTK_LABEL (label), 9);
  gtk_widget_set_hexpand (control, TRUE);
  studio_name_widget (control, name);
  gtk_box_append (GTK_BOX (line), label);
  gtk_box_append (GTK_BOX (line), control);
  gtk_box_append (GTK_BOX (box), line);
  return line;
}

static GtkWidget *
make_entry (StudioInitPopover *self, const char *text, const char *placeholder)
{
  GtkWidget *entry = gtk_entry_new ();

  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), placeholder);
  gtk_widget_add_css_class (entry, "numeric");
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (entry, "activate", G_CALLBACK (on_apply), self);
  return entry;
}

static void
studio_init_popover_finalize (GObject *object)
{
  StudioInitPopover *self = STUDIO_INIT_POPOVER (object);

  g_clear_pointer (&self->graph, anf_graph_unref);
  g_clear_pointer (&self->report, anf_report_unref);
  g_free (self->role);
  G_OBJECT_CLASS (studio_init_popover_parent_class)->finalize (object);
}

static void
studio_init_popover_class_init (StudioInitPopoverClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_init_popover_finalize;

  signals[INITIALISE] = g_signal_new ("initialise", STUDIO_TYPE_INIT_POPOVER, G_SIGNAL_RUN_LAST, 0,
                                      NULL, NULL, NULL, G_TYPE_NONE, 5, G_TYPE_STRING, G_TYPE_UINT,
                                      G_TYPE_POINTER, G_TYPE_DOUBLE, G_TYPE_UINT64);
}

static void
studio_init_popover_init (StudioInitPopover *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  self->reason = studio_label_new (NULL, "caption", "warn", NULL);
  self->apply = gtk_button_new_with_label (_("Initialise"));
  self->init = gtk_drop_down_new_from_strings ((const char **) inits);
  self->shape = make_entry (self, "", "16, 1, 3, 3");
  self->seed = make_entry (self, "0", NULL);
  self->scale = make_entry (self, "1", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->reason), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (self->reason), 32);
  gtk_widget_add_css_class (self->apply, "suggested-action");
  gtk_widget_set_tooltip_text (self->apply, _("Makes this weight anew"));
  gtk_widget_add_css_class (box, "dense");
  add_line (box, _("values"), self->init);
  add_line (box, _("shape"), self->shape);
  add_line (box, _("seed"), self->seed);
  self->scale_line = add_line (box, _("scale"), self->scale);
  gtk_box_append (GTK_BOX (box), self->reason);
  gtk_box_append (GTK_BOX (box), self->apply);
  gtk_popover_set_child (GTK_POPOVER (self), box);
  g_signal_connect_swapped (self->init, "notify::selected", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (self->apply, "clicked", G_CALLBACK (on_apply), self);
  on_changed (self);
}

GtkWidget *
studio_init_popover_new (void)
{
  return g_object_new (STUDIO_TYPE_INIT_POPOVER, NULL);
}
