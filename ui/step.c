/* step.c - one state of a document, as an item of a list. */
#include "step.h"

struct _StudioStep
{
  GObject         parent_instance;

  char           *title;
  StudioStepPlace place;
  gboolean        saved;
};

G_DEFINE_FINAL_TYPE (StudioStep, studio_step, G_TYPE_OBJECT)

enum { PROP_0, PROP_TITLE, PROP_PLACE, PROP_SAVED, N_PROPS };
static GParamSpec *props[N_PROPS];

const char *
studio_step_get_title (StudioStep *self)
{
  return self->title;
}

StudioStepPlace
studio_step_get_place (StudioStep *self)
{
  return self->place;
}

gboolean
studio_step_get_saved (StudioStep *self)
{
  return self->saved;
}

void
studio_step_update (StudioStep *self, const char *title, StudioStepPlace place, gboolean saved)
{
  GObject *object = G_OBJECT (self);

  g_object_freeze_notify (object);
  if (g_strcmp0 (title, self->title) != 0)
    {
      g_free (self->title);
      self->title = g_strdup (title);
      g_object_notify_by_pspec (object, props[PROP_TITLE]);
    }
  if (place != self->place)
    {
      self->place = place;
      g_object_notify_by_pspec (object, props[PROP_PLACE]);
    }
  if (saved != self->saved)
    {
      self->saved = saved;
      g_object_notify_by_pspec (object, props[PROP_SAVED]);
    }
  g_object_thaw_notify (object);
}

static void
studio_step_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioStep *self = STUDIO_STEP (object);

  switch (id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;

    case PROP_PLACE:
      g_value_set_uint (value, self->place);
      break;

    case PROP_SAVED:
      g_value_set_boolean (value, self->saved);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_step_finalize (GObject *object)
{
  g_free (STUDIO_STEP (object)->title);
  G_OBJECT_CLASS (studio_step_parent_class)->finalize (object);
}

static void
studio_step_class_init (StudioStepClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = studio_step_finalize;
  object_class->get_property = studio_step_get_property;
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  props[PROP_PLACE] = g_param_spec_uint ("place", NULL, NULL, 0, STUDIO_STEP_UNDONE, 0, flags);
  props[PROP_SAVED] = g_param_spec_boolean ("saved", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
studio_step_init (StudioStep *self)
{
}

StudioStep *
studio_step_new (void)
{
  return g_object_new (STUDIO_TYPE_STEP, NULL);
}
