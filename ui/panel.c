/* panel.c - engine values as properties of a widget that shows them. */
#include "panel.h"

typedef struct { StudioView view; StudioChange waiting; } StudioPanelPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StudioPanel, studio_panel, GTK_TYPE_BOX)

enum
{
  PROP_0, PROP_GRAPH, PROP_REPORT, PROP_PLAN, PROP_WEIGHTS, PROP_PROFILE, PROP_GATES,
  PROP_SELECTION, PROP_STALE, PROP_ZOOM, PROP_ERRORS, N_PROPS
};
static GParamSpec *props[N_PROPS];

enum { EDIT, N_SIGNALS };
static guint signals[N_SIGNALS];

G_STATIC_ASSERT (STUDIO_GRAPH == 1 << PROP_GRAPH && STUDIO_ERRORS == 1 << PROP_ERRORS);

static const gsize boxed_at[N_PROPS] = {
  [PROP_GRAPH] = G_STRUCT_OFFSET (StudioView, graph),
  [PROP_REPORT] = G_STRUCT_OFFSET (StudioView, report),
  [PROP_PLAN] = G_STRUCT_OFFSET (StudioView, plan),
  [PROP_WEIGHTS] = G_STRUCT_OFFSET (StudioView, weights),
  [PROP_PROFILE] = G_STRUCT_OFFSET (StudioView, profile),
  [PROP_GATES] = G_STRUCT_OFFSET (StudioView, gates),
  [PROP_SELECTION] = G_STRUCT_OFFSET (StudioView, selection),
  [PROP_ERRORS] = G_STRUCT_OFFSET (StudioView, errors),
};

const StudioView *
studio_panel_view (StudioPanel *self)
{
  StudioPanelPrivate *priv = studio_panel_get_instance_private (self);

  return &priv->view;
}

const AnfNode *
studio_panel_active (StudioPanel *self)
{
  const StudioView *view = studio_panel_view (self);
  GArray *selection = view->selection;

  if (view->graph == NULL || selection == NULL || selection->len == 0)
    return NULL;
  return anf_graph_find (view->graph, g_array_index (selection, AnfId, selection->len - 1));
}

guint
studio_panel_n_selected (StudioPanel *self)
{
  const StudioView *view = studio_panel_view (self);
  guint n = 0;

  for (guint i = 0; view->graph != NULL && view->selection != NULL && i < view->selection->len; i++)
    if (anf_graph_find (view->graph, g_array_index (view->selection, AnfId, i)) != NULL)
      n++;
  return n;
}

void
studio_panel_select (StudioPanel *self, AnfId id)
{
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));

  if (id != 0)
    g_array_append_val (selection, id);
  g_object_set (self, "selection", selection, NULL);
}

gboolean
studio_panel_edit (StudioPanel *self, AnfGraphBuilder *builder, const char *label,
                   const char *merge, GError **error)
{
  g_autoptr(AnfGraph) edited = anf_graph_builder_end (builder, error);

  if (edited == NULL)
    return FALSE;

  g_signal_emit (self, signals[EDIT], 0, edited, label, merge);
  return TRUE;
}

static void
pass_edit_on (StudioPanel *child, AnfGraph *graph, const char *label, const char *merge,
              StudioPanel *self)
{
  g_signal_emit (self, signals[EDIT], 0, graph, label, merge);
}

void
studio_panel_adopt (StudioPanel *self, StudioPanel *child)
{
  for (guint i = PROP_GRAPH; i < N_PROPS; i++)
    g_object_bind_property (self, props[i]->name, child, props[i]->name,
                            i == PROP_SELECTION ? G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL
                            : G_BINDING_SYNC_CREATE);
  g_signal_connect_object (child, "edit", G_CALLBACK (pass_edit_on), self, 0);
}

static void
studio_panel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (object));

  if (id == PROP_STALE)
    g_value_set_boolean (value, view->stale);
  else if (id == PROP_ZOOM)
    g_value_set_double (value, view->zoom);
  else
    g_value_set_boxed (value, *(gpointer *) G_STRUCT_MEMBER_P (view, boxed_at[id]));
}

/* FALSE: it was so already. */
static gboolean
store (StudioView *view, guint id, const GValue *value)
{
  gpointer *slot = G_STRUCT_MEMBER_P (view, boxed_at[id]);

  if (id == PROP_STALE)
    {
      gboolean before = view->stale;

      return (view->stale = g_value_get_boolean (value)) != before;
    }
  if (id == PROP_ZOOM)
    {
      double before = view->zoom;

      return (view->zoom = g_value_get_double (value)) != before;
    }
  if (*slot == g_value_get_boxed (value))
    return FALSE;
  if (*slot != NULL)
    g_boxed_free (G_VALUE_TYPE (value), *slot);
  *slot = g_value_dup_boxed (value);
  return TRUE;
}

static void
studio_panel_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StudioPanel *self = STUDIO_PANEL (object);
  StudioPanelPrivate *priv = studio_panel_get_instance_private (self);

  if (!store (&priv->view, id, value))
    return;

  if (STUDIO_PANEL_GET_CLASS (self)->lazy && !gtk_widget_get_mapped (GTK_WIDGET (self)))
    priv->waiting |= 1 << id;
  else
    STUDIO_PANEL_GET_CLASS (self)->update (self, &priv->view, 1 << id);
  g_object_notify_by_pspec (object, pspec);
}

static void
studio_panel_map (GtkWidget *widget)
{
  StudioPanel *self = STUDIO_PANEL (widget);
  StudioPanelPrivate *priv = studio_panel_get_instance_private (self);
  StudioChange waiting = priv->waiting;

  GTK_WIDGET_CLASS (studio_panel_parent_class)->map (widget);
  priv->waiting = 0;
  if (waiting != 0)
    STUDIO_PANEL_GET_CLASS (self)->update (self, &priv->view, waiting);
}

static void
studio_panel_finalize (GObject *object)
{
  StudioPanelPrivate *priv = studio_panel_get_instance_private (STUDIO_PANEL (object));

  for (guint i = 0; i < N_PROPS; i++)
    if (props[i] != NULL && G_IS_PARAM_SPEC_BOXED (props[i]))
      {
        gpointer *slot = G_STRUCT_MEMBER_P (&priv->view, boxed_at[i]);

        if (*slot != NULL)
          g_boxed_free (G_PARAM_SPEC_VALUE_TYPE (props[i]), *slot);
      }
  G_OBJECT_CLASS (studio_panel_parent_class)->finalize (object);
}

static void
studio_panel_class_init (StudioPanelClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const struct { guint id; const char *name; GType type; } boxed[] = {
    { PROP_GRAPH, "graph", ANF_TYPE_GRAPH }, { PROP_REPORT, "report", ANF_TYPE_REPORT },
    { PROP_PLAN, "plan", ANF_TYPE_PLAN }, { PROP_WEIGHTS, "weights", ANF_TYPE_WEIGHTS },
    { PROP_PROFILE, "profile", ANF_TYPE_PROFILE }, { PROP_GATES, "gates", ANF_TYPE_GATES },
    { PROP_SELECTION, "selection", G_TYPE_ARRAY }, { PROP_ERRORS, "errors", ANF_TYPE_ERRORS },
  };
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = studio_panel_finalize;
  GTK_WIDGET_CLASS (klass)->map = studio_panel_map;
  object_class->get_property = studio_panel_get_property;
  object_class->set_property = studio_panel_set_property;

  for (guint i = 0; i < G_N_ELEMENTS (boxed); i++)
    props[boxed[i].id] = g_param_spec_boxed (boxed[i].name, NULL, NULL, boxed[i].type, flags);
  props[PROP_STALE] = g_param_spec_boolean ("stale", NULL, NULL, FALSE, flags);
  props[PROP_ZOOM] = g_param_spec_double ("zoom", NULL, NULL, 0, G_MAXDOUBLE, 1, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[EDIT] = g_signal_new ("edit", STUDIO_TYPE_PANEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 3, ANF_TYPE_GRAPH, G_TYPE_STRING, G_TYPE_STRING);
}

static void
studio_panel_init (StudioPanel *self)
{
  StudioPanelPrivate *priv = studio_panel_get_instance_private (self);

  priv->view.zoom = 1;
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
}
