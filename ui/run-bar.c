/* run-bar.c - target chooser, device, Run that turns into Stop while something is going on. */
#include "run-bar.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What a document compiles for that names no target. */
#define DEFAULT_TARGET "h16s"

struct _StudioRunBar
{
  GtkWidget  parent_instance;

  GtkWidget *target, *state, *stage, *percent, *progress;
  GtkWidget *button, *button_icon, *button_label;
  gboolean   showing;              /* the chooser follows the document, the user did nothing */

  AnfGraph  *graph;
  gboolean   busy;
  gint64     busy_since;           /* monotonic, us */
  char      *stage_name;
  double     fraction;
};

G_DEFINE_FINAL_TYPE (StudioRunBar, studio_run_bar, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_GRAPH, PROP_BUSY, PROP_STAGE, PROP_FRACTION, N_PROPS };
static GParamSpec *props[N_PROPS];
enum { EDIT, N_SIGNALS };
static guint signals[N_SIGNALS];

static const char *
target_of (AnfGraph *graph)
{
  const char *target = graph != NULL ? anf_graph_settings (graph)->target : NULL;

  return target != NULL ? target : DEFAULT_TARGET;
}

static void
show_target (StudioRunBar *self)
{
  const char *target = target_of (self->graph);
  guint selected = GTK_INVALID_LIST_POSITION;

  for (guint i = 0; i < anf_arch_n (); i++)
    if (g_strcmp0 (anf_arch_nth (i), target) == 0)
      selected = i;

  self->showing = TRUE;
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->target), selected);
  self->showing = FALSE;
  gtk_widget_set_sensitive (self->target, self->graph != NULL);
}

static void
on_target (GtkDropDown *target, GParamSpec *pspec, StudioRunBar *self)
{
  guint selected = gtk_drop_down_get_selected (target);
  g_autoptr(AnfGraph) edited = NULL;
  g_autofree char *label = NULL;
  AnfGraphBuilder *builder;
  AnfSettings settings;

  if (self->showing || self->graph == NULL || selected == GTK_INVALID_LIST_POSITION)
    return;
  if (g_strcmp0 (anf_arch_nth (selected), target_of (self->graph)) == 0)
    return;

  settings = *anf_graph_settings (self->graph);
  settings.target = anf_arch_nth (selected);
  builder = anf_graph_builder_new (self->graph);
  anf_graph_builder_set_settings (builder, &settings);
  edited = anf_graph_builder_end (builder, NULL);
  label = g_strdup_printf (_("Compile for %s"), anf_arch_title (settings.target));
  if (edited != NULL)
    g_signal_emit (self, signals[EDIT], 0, edited, label, NULL);
}

/* One button for both: two that took turns would lose the keyboard focus, and in GTK 4.8 also the
 * second of two clicks between which the pointer did not move. */
static void
show_button (StudioRunBar *self)
{
  const char *label = self->busy ? _("Stop") : _("Run");

  gtk_image_set_from_icon_name (GTK_IMAGE (self->button_icon),
                                self->busy ? "media-playback-stop-symbolic"
                                           : "media-playback-start-symbolic");
  gtk_label_set_label (GTK_LABEL (self->button_label), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  label, -1);
  gtk_widget_set_tooltip_text (self->button, self->busy
                                               ? _("Stop the work that is going on (Ctrl+.)")
                                               : _("Compile, measure and test (Ctrl+Enter)"));
  gtk_widget_remove_css_class (self->button, self->busy ? "suggested-action"
                                                        : "destructive-action");
  gtk_widget_add_css_class (self->button, self->busy ? "destructive-action" : "suggested-action");
  gtk_widget_set_sensitive (self->button, self->busy || self->graph != NULL);
}

static void
on_clicked (GtkButton *button, StudioRunBar *self)
{
  int double_click_ms;

  /* The second half of a double-click on Run is not meant to stop what the first began. */
  g_object_get (gtk_widget_get_settings (self->button), "gtk-double-click-time", &double_click_ms,
                NULL);
  if (self->busy && g_get_monotonic_time () - self->busy_since < 1000 * (gint64) double_click_ms)
    return;
  gtk_widget_activate_action (self->button, self->busy ? "win.stop" : "win.run", NULL);
}

static void
show_progress (StudioRunBar *self)
{
  g_autofree char *percent = g_strdup_printf ("%.0f %%", 100 * self->fraction);

  gtk_stack_set_visible_child_name (GTK_STACK (self->state), self->busy ? "busy" : "device");
  gtk_label_set_label (GTK_LABEL (self->stage),
                       self->stage_name != NULL ? self->stage_name : _("Starting"));
  gtk_label_set_label (GTK_LABEL (self->percent), percent);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->progress), self->fraction);
}

/* ---- rows of the chooser: the title in bold, the name of the architecture beside it ---- */

static void
on_setup (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer icon)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *name = gtk_label_new (NULL);

  if (icon != NULL)
    {
      GtkWidget *image = gtk_image_new_from_icon_name (icon);

      gtk_box_append (GTK_BOX (box), image);
    }
  gtk_widget_add_css_class (title, "heading");
  gtk_widget_add_css_class (name, "dim");
  gtk_widget_add_css_class (name, "numeric");
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_widget_set_hexpand (title, icon == NULL);
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), name);
  gtk_list_item_set_child (item, box);
}

static void
on_bind (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer icon)
{
  const char *arch = gtk_string_object_get_string (gtk_list_item_get_item (item));
  GtkWidget *name = gtk_widget_get_last_child (gtk_list_item_get_child (item));

  /* Titles of which there are several chips say which one themselves. */
  gtk_label_set_label (GTK_LABEL (name), strstr (anf_arch_title (arch), arch) == NULL ? arch : "");
  gtk_label_set_label (GTK_LABEL (gtk_widget_get_prev_sibling (name)), anf_arch_title (arch));
}

static GtkListItemFactory *
factory_new (const char *icon)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), (gpointer) icon);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), (gpointer) icon);
  return factory;
}

static void
fill_target (StudioRunBar *self)
{
  g_autoptr(GtkStringList) names = gtk_string_list_new (NULL);
  g_autoptr(GtkListItemFactory) shown = factory_new ("anf-chip-symbolic");
  g_autoptr(GtkListItemFactory) listed = factory_new (NULL);

  for (guint i = 0; i < anf_arch_n (); i++)
    gtk_string_list_append (names, anf_arch_nth (i));

  self->showing = TRUE;
  gtk_drop_down_set_factory (GTK_DROP_DOWN (self->target), shown);
  gtk_drop_down_set_list_factory (GTK_DROP_DOWN (self->target), listed);
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->target), G_LIST_MODEL (names));
  self->showing = FALSE;
}

static void
studio_run_bar_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioRunBar *self = STUDIO_RUN_BAR (object);

  switch (id)
    {
    case PROP_GRAPH:
      g_value_set_boxed (value, self->graph);
      break;

    case PROP_BUSY:
      g_value_set_boolean (value, self->busy);
      break;

    case PROP_STAGE:
      g_value_set_string (value, self->stage_name);
      break;

    case PROP_FRACTION:
      g_value_set_double (value, self->fraction);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_run_bar_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StudioRunBar *self = STUDIO_RUN_BAR (object);

  switch (id)
    {
    case PROP_GRAPH:
      if (self->graph == g_value_get_boxed (value))
        return;
      g_clear_pointer (&self->graph, anf_graph_unref);
      self->graph = g_value_dup_boxed (value);
      show_target (self);
      show_button (self);
      break;

    case PROP_BUSY:
      if (self->busy == g_value_get_boolean (value))
        return;
      self->busy = g_value_get_boolean (value);
      self->busy_since = g_get_monotonic_time ();
      show_progress (self);
      show_button (self);
      break;

    case PROP_STAGE:
      g_free (self->stage_name);
      self->stage_name = g_value_dup_string (value);
      show_progress (self);
      break;

    case PROP_FRACTION:
      self->fraction = g_value_get_double (value);
      show_progress (self);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_object_notify_by_pspec (object, pspec);
}

static void
studio_run_bar_dispose (GObject *object)
{
  StudioRunBar *self = STUDIO_RUN_BAR (object);

  gtk_widget_dispose_template (GTK_WIDGET (object), STUDIO_TYPE_RUN_BAR);
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_clear_pointer (&self->stage_name, g_free);
  G_OBJECT_CLASS (studio_run_bar_parent_class)->dispose (object);
}

static void
studio_run_bar_class_init (StudioRunBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = studio_run_bar_dispose;
  object_class->get_property = studio_run_bar_get_property;
  object_class->set_property = studio_run_bar_set_property;

  props[PROP_GRAPH] = g_param_spec_boxed ("graph", NULL, NULL, ANF_TYPE_GRAPH, flags);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, flags);
  props[PROP_STAGE] = g_param_spec_string ("stage", NULL, NULL, NULL, flags);
  props[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[EDIT] = g_signal_new ("edit", STUDIO_TYPE_RUN_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 3, ANF_TYPE_GRAPH, G_TYPE_STRING, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/run-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, target);
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, state);
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, stage);
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, percent);
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, progress);
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, button);
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, button_icon);
  gtk_widget_class_bind_template_child (widget_class, StudioRunBar, button_label);
  gtk_widget_class_bind_template_callback (widget_class, on_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_target);
}

static void
studio_run_bar_init (StudioRunBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  fill_target (self);
  show_target (self);
  show_button (self);
  show_progress (self);
}

GtkWidget *
studio_run_bar_new (void)
{
  return g_object_new (STUDIO_TYPE_RUN_BAR, NULL);
}
