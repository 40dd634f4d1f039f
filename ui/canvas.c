/* canvas.c - shows a graph, and asks for a new one: never changes the one it has. */
#include "canvas-private.h"

#include <math.h>
#include <string.h>

G_DEFINE_FINAL_TYPE (StudioCanvas, studio_canvas, GTK_TYPE_WIDGET)

enum
{
  PROP_0, PROP_GRAPH, PROP_REPORT, PROP_PLAN, PROP_PROFILE, PROP_STALE, PROP_SELECTION, PROP_ZOOM,
  PROP_SNAP, N_PROPS
};
static GParamSpec *props[N_PROPS];

enum { EDIT, PICK_OP, N_SIGNALS };
static guint signals[N_SIGNALS];

/* ---- what it shows */

StudioScene *
studio_canvas_scene (StudioCanvas *self)
{
  if (self->scene == NULL && self->graph != NULL)
    {
      self->style.like = self->last;
      self->scene = studio_scene_new_in (self->graph, self->report, self->plan, self->profile,
                                         self->stale, self->scope, &self->style);
      g_clear_pointer (&self->last, studio_scene_free);
      self->hover_wire = self->hover_cut = self->selected_wire = -1;
    }
  return self->scene;
}

void
studio_canvas_invalidate (StudioCanvas *self)
{
  /* A drag has moved parts of the scene: what it shows now stays until the drag ends. */
  self->outdated = self->drag != STUDIO_DRAG_NONE;
  if (!self->outdated && self->scene != NULL)
    {
      g_clear_pointer (&self->last, studio_scene_free);
      self->last = g_steal_pointer (&self->scene);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

AnfGraph *
studio_canvas_get_graph (StudioCanvas *self)
{
  g_return_val_if_fail (STUDIO_IS_CANVAS (self), NULL);

  return self->graph;
}

/* Another document rather than another state of this one: no node of the same id and name. */
static gboolean
is_other_document (const AnfGraph *a, const AnfGraph *b)
{
  if (a == NULL || b == NULL || anf_graph_n_nodes (a) == 0 || anf_graph_n_nodes (b) == 0)
    return FALSE;
  for (guint i = 0; i < anf_graph_n_nodes (a); i++)
    {
      const AnfNode *node = anf_graph_nth (a, i), *same = anf_graph_find (b, anf_node_id (node));

      if (same != NULL && g_str_equal (anf_node_name (node), anf_node_name (same)))
        return FALSE;
    }
  return TRUE;
}

void
studio_canvas_set_graph (StudioCanvas *self,
                         AnfGraph     *graph)
{
  g_autoptr(AnfGraph) before = NULL;

  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (self->graph == graph)
    return;

  studio_canvas_cancel_drag (self);
  if (is_other_document (self->graph, graph))
    self->fitted = FALSE;
  if (graph != NULL)
    anf_graph_ref (graph);
  before = g_steal_pointer (&self->graph);
  self->graph = graph;
  studio_canvas_keep_scope (self, before);
  studio_canvas_invalidate (self);
  studio_canvas_update_actions (self);
  if (!self->fitted)
    studio_canvas_fit (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_GRAPH]);
}

void
studio_canvas_set_report (StudioCanvas *self,
                          AnfReport    *report)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (self->report == report)
    return;

  if (report != NULL)
    anf_report_ref (report);
  g_clear_pointer (&self->report, anf_report_unref);
  self->report = report;
  studio_canvas_invalidate (self);
  studio_canvas_tell (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REPORT]);
}

void
studio_canvas_set_plan (StudioCanvas *self,
                        AnfPlan      *plan)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (self->plan == plan)
    return;

  if (plan != NULL)
    anf_plan_ref (plan);
  g_clear_pointer (&self->plan, anf_plan_unref);
  self->plan = plan;
  studio_canvas_invalidate (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLAN]);
}

void
studio_canvas_set_profile (StudioCanvas *self,
                           AnfProfile   *profile)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (self->profile == profile)
    return;

  if (profile != NULL)
    anf_profile_ref (profile);
  g_clear_pointer (&self->profile, anf_profile_unref);
  self->profile = profile;
  studio_canvas_invalidate (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROFILE]);
}

void
studio_canvas_set_stale (StudioCanvas *self,
                         gboolean      stale)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (self->stale == !!stale)
    return;

  self->stale = !!stale;
  studio_canvas_invalidate (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STALE]);
}

/* ---- selection */

GArray *
studio_canvas_get_selection (StudioCanvas *self)
{
  g_return_val_if_fail (STUDIO_IS_CANVAS (self), NULL);

  return self->selection;
}

static gboolean
is_same_selection (const GArray *a, const GArray *b)
{
  guint na = a != NULL ? a->len : 0, nb = b != NULL ? b->len : 0;

  return na == nb && (na == 0 || memcmp (a->data, b->data, na * sizeof (AnfId)) == 0);
}

void
studio_canvas_set_selection (StudioCanvas *self,
                             GArray       *selection)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (is_same_selection (self->selection, selection))
    return;

  if (selection != NULL)
    g_array_ref (selection);
  g_clear_pointer (&self->selection, g_array_unref);
  self->selection = selection;
  g_hash_table_remove_all (self->chosen);
  for (guint i = 0; selection != NULL && i < selection->len; i++)
    g_hash_table_add (self->chosen, GSIZE_TO_POINTER (g_array_index (selection, AnfId, i)));
  self->selected_wire = -1;
  self->frame = 0;
  if (studio_canvas_active (self) != 0)
    self->cursor = studio_canvas_active (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  studio_canvas_update_actions (self);
  studio_canvas_tell (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTION]);
}

gboolean
studio_canvas_is_selected (StudioCanvas *self,
                           AnfId         id)
{
  return g_hash_table_contains (self->chosen, GSIZE_TO_POINTER (id));
}

AnfId
studio_canvas_active (StudioCanvas *self)
{
  guint n = self->selection != NULL ? self->selection->len : 0;

  return n > 0 ? g_array_index (self->selection, AnfId, n - 1) : 0;
}

GArray *
studio_canvas_dup_chosen (StudioCanvas *self)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (AnfId));
  StudioScene *scene = g_hash_table_size (self->chosen) > 0 ? studio_canvas_scene (self) : NULL;

  for (guint i = 0; scene != NULL && i < anf_graph_n_nodes (self->graph); i++)
    {
      AnfId id = anf_node_id (anf_graph_nth (self->graph, i));

      if (studio_canvas_is_selected (self, id) && studio_scene_box (scene, id) != NULL)
        g_array_append_val (ids, id);
    }
  return ids;
}

void
studio_canvas_take_selection (StudioCanvas *self,
                              GArray       *ids)
{
  studio_canvas_set_selection (self, ids);
  g_array_unref (ids);
}

void
studio_canvas_select (StudioCanvas *self,
                      AnfId         id)
{
  studio_canvas_take_selection (self, studio_canvas_expand (self, id));
}

void
studio_canvas_show_node (StudioCanvas *self,
                         AnfId         id)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  studio_canvas_select (self, id);
  studio_canvas_reveal (self, id);
}

/* ---- the rest of its state */

double
studio_canvas_get_zoom (StudioCanvas *self)
{
  g_return_val_if_fail (STUDIO_IS_CANVAS (self), 1);

  return self->zoom;
}

void
studio_canvas_notify_zoom (StudioCanvas *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ZOOM]);
}

gboolean
studio_canvas_get_snap (StudioCanvas *self)
{
  g_return_val_if_fail (STUDIO_IS_CANVAS (self), FALSE);

  return self->snap;
}

void
studio_canvas_set_snap (StudioCanvas *self,
                        gboolean      snap)
{
  g_return_if_fail (STUDIO_IS_CANVAS (self));

  if (self->snap == !!snap)
    return;

  self->snap = !!snap;
  studio_canvas_update_actions (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SNAP]);
}

GActionGroup *
studio_canvas_get_actions (StudioCanvas *self)
{
  g_return_val_if_fail (STUDIO_IS_CANVAS (self), NULL);

  return G_ACTION_GROUP (self->actions);
}

gboolean
studio_canvas_ask (StudioCanvas    *self,
                   AnfGraphBuilder *b,
                   const char      *label,
                   const char      *merge)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) edited = anf_graph_builder_end (b, &error);

  if (edited == NULL)
    return FALSE;
  edited = studio_canvas_into_scope (self, g_steal_pointer (&edited));
  g_signal_emit (self, signals[EDIT], 0, edited, label, merge);
  return TRUE;
}

/* ---- widget */

static void
studio_canvas_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  StudioCanvas *self = STUDIO_CANVAS (widget);
  graphene_rect_t bounds = GRAPHENE_RECT_INIT (0, 0, gtk_widget_get_width (widget),
                                               gtk_widget_get_height (widget));
  /* Not gtk_snapshot_append_cairo (): that misplaces its content in GTK 4.8. */
  GskRenderNode *node = gsk_cairo_node_new (&bounds);
  cairo_t *cr = gsk_cairo_node_get_draw_context (node);
  StudioView view;

  studio_painter_set_factor (self->painter, gtk_widget_get_scale_factor (widget));
  studio_canvas_get_view (self, &view);
  studio_draw (studio_canvas_scene (self), &view, cr);
  studio_canvas_draw_overlay (self, &view, cr);
  cairo_destroy (cr);
  gtk_snapshot_append_node (snapshot, node);
  gsk_render_node_unref (node);
  gtk_widget_snapshot_child (widget, self->crumbs, snapshot);
}

static void
studio_canvas_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                       int *natural, int *minimum_baseline, int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 200 : 120;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 640 : 420;
}

static void
studio_canvas_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  StudioCanvas *self = STUDIO_CANVAS (widget);
  GtkWidget *popovers[] = { self->add, self->rename, self->menu };
  GtkRequisition size;

  for (guint i = 0; i < G_N_ELEMENTS (popovers); i++)
    if (popovers[i] != NULL && gtk_widget_get_visible (popovers[i]))
      gtk_popover_present (GTK_POPOVER (popovers[i]));
  gtk_widget_get_preferred_size (self->crumbs, NULL, &size);
  gtk_widget_size_allocate (self->crumbs, &(GtkAllocation) { 10, 10, MIN (size.width, width),
                                                             size.height }, -1);
  if (!self->fitted && width > 0)
    studio_canvas_fit (self);
}

static void
studio_canvas_css_changed (GtkWidget         *widget,
                           GtkCssStyleChange *change)
{
  StudioCanvas *self = STUDIO_CANVAS (widget);
  GtkStyleContext *context = gtk_widget_get_style_context (widget);

  GTK_WIDGET_CLASS (studio_canvas_parent_class)->css_changed (widget, change);
  for (int i = 0; i < STUDIO_N_COLORS; i++)
    {
      GdkRGBA color;

      if (gtk_style_context_lookup_color (context, studio_color_css_name (i), &color))
        self->colors.of[i] = (StudioColor) { color.red, color.green, color.blue, color.alpha };
    }
  gtk_widget_queue_draw (widget);
}

static void
studio_canvas_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioCanvas *self = STUDIO_CANVAS (object);

  switch (id)
    {
    case PROP_GRAPH: g_value_set_boxed (value, self->graph); break;
    case PROP_REPORT: g_value_set_boxed (value, self->report); break;
    case PROP_PLAN: g_value_set_boxed (value, self->plan); break;
    case PROP_PROFILE: g_value_set_boxed (value, self->profile); break;
    case PROP_STALE: g_value_set_boolean (value, self->stale); break;
    case PROP_SELECTION: g_value_set_boxed (value, self->selection); break;
    case PROP_ZOOM: g_value_set_double (value, self->zoom); break;
    case PROP_SNAP: g_value_set_boolean (value, self->snap); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_canvas_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StudioCanvas *self = STUDIO_CANVAS (object);

  switch (id)
    {
    case PROP_GRAPH: studio_canvas_set_graph (self, g_value_get_boxed (value)); break;
    case PROP_REPORT: studio_canvas_set_report (self, g_value_get_boxed (value)); break;
    case PROP_PLAN: studio_canvas_set_plan (self, g_value_get_boxed (value)); break;
    case PROP_PROFILE: studio_canvas_set_profile (self, g_value_get_boxed (value)); break;
    case PROP_STALE: studio_canvas_set_stale (self, g_value_get_boolean (value)); break;
    case PROP_SELECTION: studio_canvas_set_selection (self, g_value_get_boxed (value)); break;
    case PROP_SNAP: studio_canvas_set_snap (self, g_value_get_boolean (value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_canvas_dispose (GObject *object)
{
  StudioCanvas *self = STUDIO_CANVAS (object);

  studio_canvas_cancel_drag (self);
  studio_canvas_stop_glide (self);
  studio_canvas_stop_coast (self);
  studio_canvas_end_wire (self);
  g_clear_pointer (&self->add, gtk_widget_unparent);
  g_clear_pointer (&self->rename, gtk_widget_unparent);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  g_clear_pointer (&self->crumbs, gtk_widget_unparent);
  g_clear_pointer (&self->scene, studio_scene_free);
  g_clear_pointer (&self->last, studio_scene_free);
  g_clear_pointer (&self->graph, anf_graph_unref);
  g_clear_pointer (&self->report, anf_report_unref);
  g_clear_pointer (&self->plan, anf_plan_unref);
  g_clear_pointer (&self->profile, anf_profile_unref);
  g_clear_pointer (&self->selection, g_array_unref);
  g_clear_pointer (&self->band_before, g_array_unref);
  g_clear_pointer (&self->carried, g_array_unref);
  g_clear_object (&self->actions);
  G_OBJECT_CLASS (studio_canvas_parent_class)->dispose (object);
}

static void
studio_canvas_finalize (GObject *object)
{
  StudioCanvas *self = STUDIO_CANVAS (object);

  studio_painter_free (self->painter);
  g_hash_table_unref (self->chosen);
  g_free (self->scope);
  g_free (self->refusal_title);
  g_free (self->refusal_why);
  g_clear_pointer (&self->heat, studio_heat_free);
  G_OBJECT_CLASS (studio_canvas_parent_class)->finalize (object);
}

static GParamSpec *
boxed (const char *name, GType type)
{
  return g_param_spec_boxed (name, NULL, NULL, type, G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY
                                                     | G_PARAM_STATIC_STRINGS);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  props[PROP_GRAPH] = boxed ("graph", ANF_TYPE_GRAPH);
  props[PROP_REPORT] = boxed ("report", ANF_TYPE_REPORT);
  props[PROP_PLAN] = boxed ("plan", ANF_TYPE_PLAN);
  props[PROP_PROFILE] = boxed ("profile", ANF_TYPE_PROFILE);
  props[PROP_SELECTION] = boxed ("selection", G_TYPE_ARRAY);
  props[PROP_STALE] = g_param_spec_boolean ("stale", NULL, NULL, FALSE, flags);
  props[PROP_SNAP] = g_param_spec_boolean ("snap", NULL, NULL, TRUE, flags);
  props[PROP_ZOOM] = g_param_spec_double ("zoom", NULL, NULL, 0.01, 4, 1,
                                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
studio_canvas_class_init (StudioCanvasClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = studio_canvas_dispose;
  object_class->finalize = studio_canvas_finalize;
  object_class->get_property = studio_canvas_get_property;
  object_class->set_property = studio_canvas_set_property;
  widget_class->snapshot = studio_canvas_snapshot;
  widget_class->measure = studio_canvas_measure;
  widget_class->size_allocate = studio_canvas_size_allocate;
  widget_class->css_changed = studio_canvas_css_changed;
  install_properties (object_class);

  /* edit (graph, label, merge): the user wants the document to become @graph. */
  signals[EDIT] =
    g_signal_new ("edit", STUDIO_TYPE_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 3, ANF_TYPE_GRAPH, G_TYPE_STRING, G_TYPE_STRING);
  /* pick-op (x, y): an operator is wanted at this place of the widget, px. */
  signals[PICK_OP] =
    g_signal_new_class_handler ("pick-op", STUDIO_TYPE_CANVAS,
                                G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
                                G_CALLBACK (studio_canvas_open_add), NULL, NULL, NULL,
                                G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  gtk_widget_class_set_css_name (widget_class, "canvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
studio_canvas_init (StudioCanvas *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  self->zoom = 1;
  self->renamed_group = STUDIO_NO_GROUP;
  self->chosen = g_hash_table_new (NULL, NULL);
  self->crumbs = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_add_css_class (self->crumbs, "linked");
  gtk_widget_set_visible (self->crumbs, FALSE);
  gtk_widget_set_parent (self->crumbs, widget);
  self->guide = (StudioPoint) { NAN, NAN };
  self->level = STUDIO_LEVEL_FULL;
  self->snap = self->minimap = TRUE;
  self->hover_wire = self->hover_cut = self->selected_wire = -1;
  self->wiring.held = self->wiring.doomed = -1;
  self->painter = studio_painter_new ();
  studio_colors_load (&self->colors, STUDIO_THEME_LIGHT);
  gtk_widget_add_css_class (widget, "canvas");
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_hexpand (widget, TRUE);
  gtk_widget_set_vexpand (widget, TRUE);
  gtk_widget_set_has_tooltip (widget, TRUE);
  studio_canvas_add_actions (self);
  studio_canvas_add_pointer (self);
  studio_canvas_add_keys (self);
  studio_canvas_tell (self);
}

GtkWidget *
studio_canvas_new (void)
{
  return g_object_new (STUDIO_TYPE_CANVAS, NULL);
}
