/* pipeline-panel.c - one row per step: state, name, how far, how long. */
#include "pipeline-panel.h"

#include <glib/gi18n-lib.h>

#include "format.h"
#include "stage.h"

struct _StudioPipelinePanel
{
  GtkWidget   parent_instance;

  GtkWidget  *pages;               /* "empty", "list" */
  GtkWidget  *list;
  GListModel *stages;
};

G_DEFINE_FINAL_TYPE (StudioPipelinePanel, studio_pipeline_panel, GTK_TYPE_WIDGET)

enum { PROP_0, PROP_STAGES, N_PROPS };
static GParamSpec *props[N_PROPS];

static const struct { const char *icon, *css, *title; } states[] = {
  [STUDIO_STAGE_RUNNING] = { "media-playback-start-symbolic", "accent", N_("running") },
  [STUDIO_STAGE_DONE]    = { "object-select-symbolic", "good", N_("done") },
  [STUDIO_STAGE_STOPPED] = { "media-playback-stop-symbolic", "warn", N_("stopped") },
  [STUDIO_STAGE_FAILED]  = { "dialog-error-symbolic", "bad", N_("failed") },
};

typedef struct { GtkWidget *icon, *title, *brief, *bar, *time, *detail; } Row;

static void
show_stage (StudioStage *stage, GParamSpec *pspec, GtkWidget *widget)
{
  Row *row = g_object_get_data (G_OBJECT (widget), "row");
  StudioStageState state = studio_stage_get_state (stage);
  g_autofree char *time = studio_format_time_us (studio_stage_get_us (stage));
  const char *brief = studio_stage_get_brief (stage), *detail = studio_stage_get_detail (stage);
  g_autofree char *words = g_strdup_printf ("%s, %s, %s%s%s", studio_stage_get_title (stage),
                                            _(states[state].title), time,
                                            brief != NULL ? ", " : "", brief != NULL ? brief : "");

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    gtk_widget_remove_css_class (row->icon, states[i].css);
  gtk_widget_add_css_class (row->icon, states[state].css);
  gtk_image_set_from_icon_name (GTK_IMAGE (row->icon), states[state].icon);
  gtk_label_set_label (GTK_LABEL (row->title), studio_stage_get_title (stage));
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (row->bar), studio_stage_get_fraction (stage));
  gtk_label_set_label (GTK_LABEL (row->time), time);
  gtk_label_set_label (GTK_LABEL (row->brief), brief != NULL ? brief : "");
  gtk_label_set_label (GTK_LABEL (row->detail), detail != NULL ? detail : "");
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (widget), detail != NULL && *detail != '\0');
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, words,
                                  -1);
}

static GtkWidget *
row_new (gpointer item, gpointer data)
{
  GtkWidget *widget = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *all = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  Row *row = g_new0 (Row, 1);

  row->icon = gtk_image_new ();
  row->title = gtk_label_new (NULL);
  row->brief = gtk_label_new (NULL);
  row->detail = gtk_label_new (NULL);
  row->bar = gtk_progress_bar_new ();
  row->time = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (row->title), 0);
  gtk_label_set_width_chars (GTK_LABEL (row->title), 24);
  gtk_label_set_max_width_chars (GTK_LABEL (row->title), 24);
  gtk_label_set_ellipsize (GTK_LABEL (row->title), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (row->brief), 0);
  gtk_label_set_width_chars (GTK_LABEL (row->brief), 28);
  gtk_label_set_ellipsize (GTK_LABEL (row->brief), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (row->brief, "dim");
  gtk_widget_set_hexpand (row->bar, TRUE);
  gtk_widget_set_valign (row->bar, GTK_ALIGN_CENTER);
  gtk_label_set_xalign (GTK_LABEL (row->time), 1);
  gtk_label_set_width_chars (GTK_LABEL (row->time), 10);
  gtk_widget_add_css_class (row->time, "numeric");
  gtk_label_set_xalign (GTK_LABEL (row->detail), 0);
  gtk_label_set_wrap (GTK_LABEL (row->detail), TRUE);
  gtk_label_set_selectable (GTK_LABEL (row->detail), TRUE);
  gtk_widget_set_margin_start (row->detail, 28);
  gtk_widget_add_css_class (row->detail, "caption");
  gtk_widget_set_visible (row->detail, FALSE);
  gtk_box_append (GTK_BOX (box), row->icon);
  gtk_box_append (GTK_BOX (box), row->title);
  gtk_box_append (GTK_BOX (box), row->brief);
  gtk_box_append (GTK_BOX (box), row->bar);
  gtk_box_append (GTK_BOX (box), row->time);
  gtk_box_append (GTK_BOX (all), box);
  gtk_box_append (GTK_BOX (all), row->detail);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (widget), all);

  g_object_set_data_full (G_OBJECT (widget), "row", row, g_free);
  g_signal_connect_object (item, "notify", G_CALLBACK (show_stage), widget, 0);
  show_stage (item, NULL, widget);
  return widget;
}

/* Enter or a click shows what the stage did, and hides it again. */
static void
on_activated (GtkListBox *list, GtkListBoxRow *widget, gpointer data)
{
  Row *row = g_object_get_data (G_OBJECT (widget), "row");

  gtk_widget_set_visible (row->detail, !gtk_widget_get_visible (row->detail));
}

static void
on_items_changed (StudioPipelinePanel *self)
{
  gboolean empty = self->stages == NULL || g_list_model_get_n_items (self->stages) == 0;

  gtk_stack_set_visible_child_name (GTK_STACK (self->pages), empty ? "empty" : "list");
}

static void
set_stages (StudioPipelinePanel *self, GListModel *stages)
{
  if (stages == self->stages)
    return;

  if (self->stages != NULL)
    g_signal_handlers_disconnect_by_func (self->stages, on_items_changed, self);
  g_set_object (&self->stages, stages);
  if (stages != NULL)
    g_signal_connect_object (stages, "items-changed", G_CALLBACK (on_items_changed), self,
                             G_CONNECT_SWAPPED);
  gtk_list_box_bind_model (GTK_LIST_BOX (self->list), stages, row_new, NULL, NULL);
  on_items_changed (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STAGES]);
}

static void
studio_pipeline_panel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STAGES)
    g_value_set_object (value, STUDIO_PIPELINE_PANEL (object)->stages);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_pipeline_panel_set_property (GObject *object, guint id, const GValue *value,
                                    GParamSpec *pspec)
{
  if (id == PROP_STAGES)
    set_stages (STUDIO_PIPELINE_PANEL (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_pipeline_panel_dispose (GObject *object)
{
  StudioPipelinePanel *self = STUDIO_PIPELINE_PANEL (object);

  g_clear_object (&self->stages);
  g_clear_pointer (&self->pages, gtk_widget_unparent);
  G_OBJECT_CLASS (studio_pipeline_panel_parent_class)->dispose (object);
}

static void
studio_pipeline_panel_class_init (StudioPipelinePanelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = studio_pipeline_panel_dispose;
  object_class->get_property = studio_pipeline_panel_get_property;
  object_class->set_property = studio_pipeline_panel_set_property;

  props[PROP_STAGES] =
    g_param_spec_object ("stages", NULL, NULL, G_TYPE_LIST_MODEL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
studio_pipeline_panel_init (StudioPipelinePanel *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *empty = gtk_label_new (_("Run the graph to see what each step takes."));

  self->list = gtk_list_box_new ();
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->list), GTK_SELECTION_NONE);
  g_signal_connect (self->list, "row-activated", G_CALLBACK (on_activated), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Pipeline"), -1);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->list);
  gtk_widget_add_css_class (empty, "dim");

  self->pages = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->pages), empty, "empty");
  gtk_stack_add_named (GTK_STACK (self->pages), scroller, "list");
  gtk_widget_set_parent (self->pages, GTK_WIDGET (self));
}

GtkWidget *
studio_pipeline_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_PIPELINE_PANEL, NULL);
}
