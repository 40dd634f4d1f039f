/* look.c - loads the stylesheets; light or dark by choice, else as the desktop's portal says. */
#include "look.h"

#include <string.h>

#define BASE   "/io/github/aneforge/Studio/"
#define PORTAL "org.freedesktop.portal.Desktop"
#define SETTINGS_PATH "/org/freedesktop/portal/desktop"
#define SETTINGS "org.freedesktop.portal.Settings"
#define APPEARANCE "org.freedesktop.appearance"

struct _StudioLook
{
  GObject           parent_instance;

  GtkCssProvider   *style, *dark_style, *contrast_style;
  GDBusProxy       *portal;
  GCancellable     *cancellable;
  StudioLookChoice  choice;
  gboolean          desktop_dark;  /* as the portal says, or GTK's own setting at the start */
  gboolean          dark;          /* now */
};

G_DEFINE_FINAL_TYPE (StudioLook, studio_look, G_TYPE_OBJECT)

enum { PROP_0, PROP_CHOICE, N_PROPS };
static GParamSpec *props[N_PROPS];

static GtkCssProvider *
provider_new (const char *name)
{
  GtkCssProvider *provider = gtk_css_provider_new ();
  g_autofree char *path = g_strconcat (BASE, name, NULL);

  gtk_css_provider_load_from_resource (provider, path);
  return provider;
}

static void
wear (GtkCssProvider *provider, guint step)
{
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + step);
}

static void
take_off (GtkCssProvider *provider)
{
  gtk_style_context_remove_provider_for_display (gdk_display_get_default (),
                                                 GTK_STYLE_PROVIDER (provider));
}

static void
update (StudioLook *self)
{
  gboolean dark = self->choice == STUDIO_LOOK_DARK ||
                  (self->choice == STUDIO_LOOK_SYSTEM && self->desktop_dark);

  if (dark == self->dark)
    return;

  self->dark = dark;
  g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", dark, NULL);
  if (dark)
    wear (self->dark_style, 1);
  else
    take_off (self->dark_style);
}

/* GTK's own choice is what nobody has chosen, as where there is no desktop. */
static void
choose_font (void)
{
  GtkSettings *settings = gtk_settings_get_default ();
  g_autofree char *font = NULL;

  g_object_get (settings, "gtk-font-name", &font, NULL);
  if (g_strcmp0 (font, "Sans 10") == 0)
    g_object_set (settings, "gtk-font-name", "Cantarell, Inter, Sans 10", NULL);
}

static void
update_contrast (StudioLook *self)
{
  g_autofree char *theme = NULL;

  g_object_get (gtk_settings_get_default (), "gtk-theme-name", &theme, NULL);
  take_off (self->contrast_style);
  if (theme != NULL && (strstr (theme, "HighContrast") != NULL || strstr (theme, "-hc") != NULL))
    wear (self->contrast_style, 2);
}

/* 0: no preference, 1: dark, 2: light */
static void
take_scheme (StudioLook *self, GVariant *value)
{
  while (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr(GVariant) inner = g_variant_get_variant (value);

      take_scheme (self, inner);
      return;
    }
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return;

  self->desktop_dark = g_variant_get_uint32 (value) == 1;
  update (self);
}

static void
on_portal_signal (GDBusProxy *portal, const char *sender, const char *name, GVariant *parameters,
                  StudioLook *self)
{
  g_autoptr(GVariant) value = NULL;
  const char *group, *key;

  if (!g_str_equal (name, "SettingChanged") ||
      !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(ssv)")))
    return;

  g_variant_get (parameters, "(&s&sv)", &group, &key, &value);
  if (g_str_equal (group, APPEARANCE) && g_str_equal (key, "color-scheme"))
    take_scheme (self, value);
}

static void
on_scheme (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GVariant) answer = g_dbus_proxy_call_finish (G_DBUS_PROXY (source), result, NULL);
  g_autoptr(GVariant) value = NULL;

  /* No answer: there is no portal, or we are gone. Then what GTK says stays. */
  if (answer == NULL || !g_variant_is_of_type (answer, G_VARIANT_TYPE ("(v)")))
    return;
  value = g_variant_get_child_value (answer, 0);
  take_scheme (data, value);
}

static void
on_portal (GObject *source, GAsyncResult *result, gpointer data)
{
  GDBusProxy *portal = g_dbus_proxy_new_for_bus_finish (result, NULL);
  StudioLook *self = data;

  if (portal == NULL)
    return;

  self->portal = portal;
  g_signal_connect_object (portal, "g-signal", G_CALLBACK (on_portal_signal), self, 0);
  g_dbus_proxy_call (portal, "Read", g_variant_new ("(ss)", APPEARANCE, "color-scheme"),
                     G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable, on_scheme, self);
}

void
studio_look_set_choice (StudioLook *self, StudioLookChoice choice)
{
  if (self->choice == choice)
    return;

  self->choice = choice;
  update (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHOICE]);
}

static void
studio_look_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_CHOICE)
    g_value_set_uint (value, STUDIO_LOOK (object)->choice);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_look_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_CHOICE)
    studio_look_set_choice (STUDIO_LOOK (object), g_value_get_uint (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
studio_look_dispose (GObject *object)
{
  StudioLook *self = STUDIO_LOOK (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->portal);
  g_clear_object (&self->style);
  g_clear_object (&self->dark_style);
  g_clear_object (&self->contrast_style);
  G_OBJECT_CLASS (studio_look_parent_class)->dispose (object);
}

static void
studio_look_class_init (StudioLookClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = studio_look_dispose;
  object_class->get_property = studio_look_get_property;
  object_class->set_property = studio_look_set_property;

  props[PROP_CHOICE] =
    g_param_spec_uint ("choice", NULL, NULL, 0, STUDIO_LOOK_DARK, STUDIO_LOOK_SYSTEM,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
studio_look_init (StudioLook *self)
{
  GtkSettings *settings = gtk_settings_get_default ();

  self->cancellable = g_cancellable_new ();
  self->style = provider_new ("style.css");
  self->dark_style = provider_new ("style-dark.css");
  self->contrast_style = provider_new ("style-hc.css");
  wear (self->style, 0);
  g_object_get (settings, "gtk-application-prefer-dark-theme", &self->desktop_dark, NULL);
  choose_font ();
  update (self);
  update_contrast (self);
  g_signal_connect_object (settings, "notify::gtk-theme-name", G_CALLBACK (update_contrast), self,
                           G_CONNECT_SWAPPED);
  g_dbus_proxy_new_for_bus (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, NULL,
                            PORTAL, SETTINGS_PATH, SETTINGS, self->cancellable, on_portal, self);
}

StudioLook *
studio_look_new (void)
{
  return g_object_new (STUDIO_TYPE_LOOK, NULL);
}
