/* banner.c - one line on a coloured bar, buttons at its end. */
#include "banner.h"

struct _StudioBanner
{
  GtkWidget  parent_instance;

  GtkWidget *revealer, *bar, *icon, *words, *buttons, *close;
};

G_DEFINE_FINAL_TYPE (StudioBanner, studio_banner, GTK_TYPE_WIDGET)

static const struct { const char *css, *icon; } kinds[] = {
  [STUDIO_BANNER_INFO]    = { "info", "dialog-information-symbolic" },
  [STUDIO_BANNER_WARNING] = { "warning", "anf-stale-symbolic" },
  [STUDIO_BANNER_ERROR]   = { "error", "dialog-error-symbolic" },
};

static void
clear_buttons (StudioBanner *self)
{
  GtkWidget *button;

  while ((button = gtk_widget_get_first_child (self->buttons)) != NULL)
    gtk_box_remove (GTK_BOX (self->buttons), button);
}

void
studio_banner_show (StudioBanner *self, StudioBannerKind kind, const char *words, gboolean closable)
{
  clear_buttons (self);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    gtk_widget_remove_css_class (self->bar, kinds[i].css);
  gtk_widget_add_css_class (self->bar, kinds[kind].css);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->icon), kinds[kind].icon);
  gtk_label_set_label (GTK_LABEL (self->words), words);
  gtk_widget_set_visible (self->close, closable);
  gtk_widget_show (GTK_WIDGET (self));
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), TRUE);
}

void
studio_banner_add (StudioBanner *self, const char *label, const char *action)
{
  GtkWidget *button = gtk_button_new_with_label (label);

  gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (button), action);
  gtk_widget_add_css_class (button, "small");
  /* After, so that the action runs while the button still is in the window. */
  g_signal_connect_object (button, "clicked", G_CALLBACK (studio_banner_hide), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  gtk_box_append (GTK_BOX (self->buttons), button);
}

void
studio_banner_hide (StudioBanner *self)
{
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), FALSE);
}

gboolean
studio_banner_get_shown (StudioBanner *self)
{
  return gtk_revealer_get_reveal_child (GTK_REVEALER (self->revealer));
}

const char *
studio_banner_get_words (StudioBanner *self)
{
  return gtk_label_get_label (GTK_LABEL (self->words));
}

/* Invisible once the movement is over, so that neither Tab nor a screen reader finds it. */
static void
on_revealed (GtkRevealer *revealer, GParamSpec *pspec, StudioBanner *self)
{
  if (!gtk_revealer_get_child_revealed (revealer) && !gtk_revealer_get_reveal_child (revealer))
    gtk_widget_hide (GTK_WIDGET (self));
}

static void
studio_banner_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), STUDIO_TYPE_BANNER);
  G_OBJECT_CLASS (studio_banner_parent_class)->dispose (object);
}

static void
studio_banner_class_init (StudioBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_banner_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/banner.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, StudioBanner, bar);
  gtk_widget_class_bind_template_child (widget_class, StudioBanner, icon);
  gtk_widget_class_bind_template_child (widget_class, StudioBanner, words);
  gtk_widget_class_bind_template_child (widget_class, StudioBanner, buttons);
  gtk_widget_class_bind_template_child (widget_class, StudioBanner, close);
  gtk_widget_class_bind_template_callback (widget_class, studio_banner_hide);
}

static void
studio_banner_init (StudioBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (self->revealer, "notify::child-revealed", G_CALLBACK (on_revealed),
                           self, 0);
  gtk_widget_hide (GTK_WIDGET (self));
}

GtkWidget *
studio_banner_new (void)
{
  return g_object_new (STUDIO_TYPE_BANNER, NULL);
}
