/* stage.c - one step of a job, as an item of a list. */
#include "stage.h"

struct _StudioStage
{
  GObject          parent_instance;

  char            *title, *brief, *detail;
  StudioStageState state;
  double           fraction;
  double           us;
};

G_DEFINE_FINAL_TYPE (StudioStage, studio_stage, G_TYPE_OBJECT)

enum { PROP_0, PROP_TITLE, PROP_STATE, PROP_FRACTION, PROP_US, PROP_BRIEF, PROP_DETAIL, N_PROPS };
static GParamSpec *props[N_PROPS];

const char *
studio_stage_get_title (StudioStage *self)
{
  return self->title;
}

StudioStageState
studio_stage_get_state (StudioStage *self)
{
  return self->state;
}

double
studio_stage_get_fraction (StudioStage *self)
{
  return self->fraction;
}

double
studio_stage_get_us (StudioStage *self)
{
  return self->us;
}

const char *
studio_stage_get_brief (StudioStage *self)
{
  return self->brief;
}

const char *
studio_stage_get_detail (StudioStage *self)
{
  return self->detail;
}

void
studio_stage_describe (StudioStage *self, const char *brief, const char *detail)
{
  g_free (self->brief);
  g_free (self->detail);
  self->brief = g_strdup (brief);
  self->detail = g_strdup (detail);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BRIEF]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DETAIL]);
}

void
studio_stage_update (StudioStage *self, StudioStageState state, double fraction, double us)
{
  GObject *object = G_OBJECT (self);

  if (state == self->state && fraction == self->fraction && us == self->us)
    return;

  self->state = state;
  self->fraction = fraction;
  self->us = us;
  g_object_freeze_notify (object);
  g_object_notify_by_pspec (object, props[PROP_STATE]);
  g_object_notify_by_pspec (object, props[PROP_FRACTION]);
  g_object_notify_by_pspec (object, props[PROP_US]);
  g_object_thaw_notify (object);
}

static void
studio_stage_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StudioStage *self = STUDIO_STAGE (object);

  switch (id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;

    case PROP_STATE:
      g_value_set_uint (value, self->state);
      break;

    case PROP_FRACTION:
      g_value_set_double (value, self->fraction);
      break;

    case PROP_US:
      g_value_set_double (value, self->us);
      break;

    case PROP_BRIEF:
      g_value_set_string (value, self->brief);
      break;

    case PROP_DETAIL:
      g_value_set_string (value, self->detail);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
studio_stage_finalize (GObject *object)
{
  g_free (STUDIO_STAGE (object)->title);
  g_free (STUDIO_STAGE (object)->brief);
  g_free (STUDIO_STAGE (object)->detail);
  G_OBJECT_CLASS (studio_stage_parent_class)->finalize (object);
}

static void
studio_stage_class_init (StudioStageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = studio_stage_finalize;
  object_class->get_property = studio_stage_get_property;

  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  props[PROP_STATE] = g_param_spec_uint ("state", NULL, NULL, 0, STUDIO_STAGE_FAILED, 0, flags);
  props[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, flags);
  props[PROP_US] = g_param_spec_double ("us", NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  props[PROP_BRIEF] = g_param_spec_string ("brief", NULL, NULL, NULL, flags);
  props[PROP_DETAIL] = g_param_spec_string ("detail", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
studio_stage_init (StudioStage *self)
{
}

StudioStage *
studio_stage_new (const char *title)
{
  StudioStage *self = g_object_new (STUDIO_TYPE_STAGE, NULL);

  self->title = g_strdup (title);
  return self;
}
