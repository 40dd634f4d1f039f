/* toast.c - a queue of short messages; each stays 5 s, longer while the pointer is on it. */
#include "toast.h"

#define SHOWN_S 5

typedef struct { char *words, *label, *action; } Message;

struct _StudioToast
{
  GtkWidget           parent_instance;

  GtkWidget          *revealer, *words, *button;
  GtkEventController *motion;
  GQueue              waiting;     /* Message */
  guint               timer;
};

G_DEFINE_FINAL_TYPE (StudioToast, studio_toast, GTK_TYPE_WIDGET)

static void
message_free (gpointer data)
{
  Message *message = data;

  g_free (message->words);
  g_free (message->label);
  g_free (message->action);
  g_free (message);
}

static void
dismiss (StudioToast *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), FALSE);
}

static gboolean
on_timeout (gpointer data)
{
  StudioToast *self = data;

  if (gtk_event_controller_motion_contains_pointer (GTK_EVENT_CONTROLLER_MOTION (self->motion)))
    return G_SOURCE_CONTINUE;

  self->timer = 0;
  dismiss (self);
  return G_SOURCE_REMOVE;
}

/* As gtk_actionable_set_detailed_action_name (), which warns where it finds the action before it
 * has set the target. */
static void
set_action (GtkActionable *button, const char *detailed)
{
  g_autofree char *name = NULL;
  g_autoptr(GVariant) target = NULL;

  gtk_actionable_set_action_name (button, NULL);
  if (!g_action_parse_detailed_name (detailed, &name, &target, NULL))
    return;
  gtk_actionable_set_action_target_value (button, target);
  gtk_actionable_set_action_name (button, name);
}

static void
show_next (StudioToast *self)
{
  Message *message;

  if (gtk_widget_get_visible (GTK_WIDGET (self)))
    return;
  message = g_queue_pop_head (&self->waiting);
  if (message == NULL)
    return;

  gtk_label_set_label (GTK_LABEL (self->words), message->words);
  gtk_widget_set_tooltip_text (self->words, message->words);
  gtk_widget_set_visible (self->button, message->label != NULL);
  if (message->label != NULL)
    {
      gtk_button_set_label (GTK_BUTTON (self->button), message->label);
      set_action (GTK_ACTIONABLE (self->button), message->action);
    }
  message_free (message);
  gtk_widget_show (GTK_WIDGET (self));
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), TRUE);
  self->timer = g_timeout_add_seconds (SHOWN_S, on_timeout, self);
}

void
studio_toast_add (StudioToast *self, const char *words, const char *label, const char *action)
{
  Message *message = g_new0 (Message, 1);

  message->words = g_strdup (words);
  message->label = g_strdup (label);
  message->action = g_strdup (action);
  g_queue_push_tail (&self->waiting, message);
  show_next (self);
}

void
studio_toast_clear (StudioToast *self)
{
  g_queue_clear_full (&self->waiting, message_free);
  dismiss (self);
  gtk_widget_hide (GTK_WIDGET (self));
}

const char *
studio_toast_get_words (StudioToast *self)
{
  return gtk_revealer_get_reveal_child (GTK_REVEALER (self->revealer))
         ? gtk_label_get_label (GTK_LABEL (self->words)) : NULL;
}

static void
on_dismiss (GtkButton *button, StudioToast *self)
{
  dismiss (self);
}

static void
on_revealed (GtkRevealer *revealer, GParamSpec *pspec, StudioToast *self)
{
  if (gtk_revealer_get_child_revealed (revealer) || gtk_revealer_get_reveal_child (revealer))
    return;

  gtk_widget_hide (GTK_WIDGET (self));
  show_next (self);
}

static void
studio_toast_dispose (GObject *object)
{
  StudioToast *self = STUDIO_TOAST (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_queue_clear_full (&self->waiting, message_free);
  gtk_widget_dispose_template (GTK_WIDGET (object), STUDIO_TYPE_TOAST);
  G_OBJECT_CLASS (studio_toast_parent_class)->dispose (object);
}

static void
studio_toast_class_init (StudioToastClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_toast_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/toast.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioToast, revealer);
  gtk_widget_class_bind_template_child (widget_class, StudioToast, words);
  gtk_widget_class_bind_template_child (widget_class, StudioToast, button);
  gtk_widget_class_bind_template_callback (widget_class, on_dismiss);
  gtk_widget_class_bind_template_callback (widget_class, on_revealed);
}

static void
studio_toast_init (StudioToast *self)
{
  g_queue_init (&self->waiting);
  gtk_widget_init_template (GTK_WIDGET (self));
  self->motion = gtk_event_controller_motion_new ();
  gtk_widget_add_controller (GTK_WIDGET (self), self->motion);
}

GtkWidget *
studio_toast_new (void)
{
  return g_object_new (STUDIO_TYPE_TOAST, NULL);
}
