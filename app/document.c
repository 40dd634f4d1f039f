/* document.c - a place in a list of graphs: editing appends, undo steps back. */
#include "document.h"

/* Far more than anybody steps back, and at 20,000 nodes still no more than 80 MB. */
#define MAX_STEPS 500

typedef struct
{
  AnfGraph *graph;
  char     *label;                 /* what led here; NULL: the beginning */
  char     *merge;                 /* an edit with the same key replaces this step (nullable) */
  GVariant *view;                  /* when it was left last (nullable) */
} Step;

struct _StudioDocument
{
  GObject   parent_instance;

  GArray   *steps;                 /* Step; never empty */
  guint     now;
  AnfGraph *saved;                 /* as in the file; NULL: no state of it is */
  char     *path;
};

G_DEFINE_FINAL_TYPE (StudioDocument, studio_document, G_TYPE_OBJECT)

enum { PROP_0, PROP_GRAPH, PROP_PATH, PROP_MODIFIED, PROP_UNDO_LABEL, PROP_REDO_LABEL, N_PROPS };
static GParamSpec *props[N_PROPS];

static void
step_clear (gpointer data)
{
  Step *step = data;

  anf_graph_unref (step->graph);
  g_free (step->label);
  g_free (step->merge);
  g_clear_pointer (&step->view, g_variant_unref);
}

static Step *
nth_step (StudioDocument *self, guint i)
{
  return &g_array_index (self->steps, Step, i);
}

AnfGraph *
studio_document_get_graph (StudioDocument *self)
{
  return nth_step (self, self->now)->graph;
}

const char *
studio_document_get_path (StudioDocument *self)
{
  return self->path;
}

gboolean
studio_document_get_modified (StudioDocument *self)
{
  return studio_document_get_graph (self) != self->saved;
}

const char *
studio_document_get_undo_label (StudioDocument *self)
{
  return self->now > 0 ? nth_step (self, self->now)->label : NULL;
}

const char *
studio_document_get_redo_label (StudioDocument *self)
{
  return self->now + 1 < self->steps->len ? nth_step (self, self->now + 1)->label : NULL;
}

static void
notify_place (StudioDocument *self)
{
  GObject *object = G_OBJECT (self);

  g_object_freeze_notify (object);
  g_object_notify_by_pspec (object, props[PROP_GRAPH]);
  g_object_notify_by_pspec (object, props[PROP_MODIFIED]);
  g_object_notify_by_pspec (object, props[PROP_UNDO_LABEL]);
  g_object_notify_by_pspec (object, props[PROP_REDO_LABEL]);
  g_object_thaw_notify (object);
}

void
studio_document_apply (StudioDocument *self, AnfGraph *graph, const char *label, const char *merge)
{
  Step *last = nth_step (self, self->now);

  if (graph == last->graph)
    return;

  if (self->now + 1 == self->steps->len && merge != NULL && g_strcmp0 (merge, last->merge) == 0)
    {
      anf_graph_ref (graph);
      anf_graph_unref (last->graph);
      last->graph = graph;
    }
  else
    {
      Step step = { anf_graph_ref (graph), g_strdup (label), g_strdup (merge) };

      g_array_set_size (self->steps, self->now + 1);
      g_array_append_val (self->steps, step);
      self->now++;
      if (self->steps->len > MAX_STEPS)
        {
          g_array_remove_index (self->steps, 0);
          self->now--;
        }
    }
  notify_place (self);
}

void
studio_document_jump (StudioDocument *self, guint step)
{
  g_return_if_fail (step < self->steps->len);

  if (step == self->now)
    return;

  self->now = step;
  g_clear_pointer (&nth_step (self, step)->merge, g_free);
  notify_place (self);
}

void
studio_document_note_view (StudioDocument *self, GVariant *view)
{
  Step *step = nth_step (self, self->now);

  g_clear_pointer (&step->view, g_variant_unref);
  step->view = g_variant_ref_sink (view);
}

GVariant *
studio_document_get_view (StudioDocument *self)
{
  return nth_step (self, self->now)->view;
}

gboolean
studio_document_undo (StudioDocument *self)
{
  if (self->now == 0)
    return FALSE;

  studio_document_jump (self, self->now - 1);
  return TRUE;
}

gboolean
studio_document_redo (StudioDocument *self)
{
  if (self->now + 1 == self->steps->len)
    return FALSE;

  studio_document_jump (self, self->now + 1);
  return TRUE;
}

guint
studio_document_n_steps (StudioDocument *self)
{
  return self->steps->len;
}

guint
studio_document_now (StudioDocument *self)
{
  return self->now;
}

const char *
studio_document_nth_label (StudioDocument *self, guint step)
{
  g_return_val_if_fail (step < self->steps->len, NULL);

  return nth_step (self, step)->label;
}

gboolean
studio_document_nth_is_saved (StudioDocument *self, guint step)
{
  g_return_val_if_fail (step < self->steps->len, FALSE);

  return nth_step (self, step)->graph == self->saved;
}

void
studio_document_mark_saved (StudioDocument *self, AnfGraph *graph, const char *path)
{
  anf_graph_ref (graph);
  g_clear_pointer (&self->saved, anf_graph_unref);
  self->saved = graph;

  /* A saved state stays a state of its own: the next edit may not replace it. */
  for (guint i = 0; i < self->steps->len; i++)
    if (nth_step (self, i)->graph == graph)
      g_clear_pointer (&nth_step (self, i)->merge, g_free);

  if (g_strcmp0 (path, self->path) != 0)
    {
      g_free (self->path);
      self->path = g_strdup (path);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PATH]);
    }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MODIFIED]);
}

void
studio_document_mark_unsaved (StudioDocument *self)
{
  g_clear_pointer (&self->saved, anf_graph_unref);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MODIFIED]);
}

static void
studio_document_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioDocument *self = STUDIO_DOCUMENT (object);

  switch (id)
    {
    case PROP_GRAPH:
      g_value_set_boxed (value, studio_document_get_graph (self));
      break;

    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;

    case PROP_MODIFIED:
      g_value_set_boolean (value, studio_document_get_modified (self));
      break;

    case PROP_UNDO_LABEL:
      g_value_set_string (value, studio_document_get_undo_label (self));
      break;

    case PROP_REDO_LABEL:
      g_value_set_string (value, studio_document_get_redo_label (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_document_finalize (GObject *object)
{
  StudioDocument *self = STUDIO_DOCUMENT (object);

  g_array_unref (self->steps);
  g_clear_pointer (&self->saved, anf_graph_unref);
  g_free (self->path);
  G_OBJECT_CLASS (studio_document_parent_class)->finalize (object);
}

static void
studio_document_class_init (StudioDocumentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = studio_document_finalize;
  object_class->get_property = studio_document_get_property;

  props[PROP_GRAPH] = g_param_spec_boxed ("graph", NULL, NULL, ANF_TYPE_GRAPH, flags);
  props[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, flags);
  props[PROP_MODIFIED] = g_param_spec_boolean ("modified", NULL, NULL, FALSE, flags);
  props[PROP_UNDO_LABEL] = g_param_spec_string ("undo-label", NULL, NULL, NULL, flags);
  props[PROP_REDO_LABEL] = g_param_spec_string ("redo-label", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
studio_document_init (StudioDocument *self)
{
  self->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  g_array_set_clear_func (self->steps, step_clear);
}

StudioDocument *
studio_document_new (AnfGraph *graph, const char *path)
{
  StudioDocument *self = g_object_new (STUDIO_TYPE_DOCUMENT, NULL);
  Step first = { NULL };

  /* An empty graph breaks no rule, so it can always be made. */
  first.graph = graph != NULL ? anf_graph_ref (graph)
                              : anf_graph_builder_end (anf_graph_builder_new (NULL), NULL);
  g_array_append_val (self->steps, first);
  self->saved = anf_graph_ref (first.graph);
  self->path = g_strdup (path);
  return self;
}
