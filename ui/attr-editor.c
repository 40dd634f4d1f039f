/* attr-editor.c - one attribute of a node: its name, a control of its kind, what is wrong. */
#include "attr-editor.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "attr-value.h"
#include "edits.h"

struct _StudioAttrEditor
{
  GtkBox parent_instance;

  const AnfAttr *attr;
  GVariant      *value;            /* as shown last (nullable) */
  GtkWidget     *name, *control, *reset, *reason;
  gboolean       filling;          /* the control is being set by us */
  gboolean       shown;            /* at least once */
};

G_DEFINE_FINAL_TYPE (StudioAttrEditor, studio_attr_editor, GTK_TYPE_BOX)

enum { SET, N_SIGNALS };
static guint signals[N_SIGNALS];

static gboolean
is_typed (const AnfAttr *attr)
{
  return attr->kind != ANF_ATTR_FLAG && attr->kind != ANF_ATTR_CHOICE;
}

static gboolean
is_number (const AnfAttr *attr)
{
  return is_typed (attr) && attr->kind != ANF_ATTR_TEXT;
}

static void
complain (StudioAttrEditor *self, const char *reason)
{
  studio_label_show (self->reason, reason);
  if (reason != NULL)
    gtk_widget_add_css_class (self->control, "error");
  else
    gtk_widget_remove_css_class (self->control, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->control), GTK_ACCESSIBLE_STATE_INVALID,
                               reason != NULL ? GTK_ACCESSIBLE_INVALID_TRUE
                               : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

/* Asks for @value unless it is what there is. */
static void
want (StudioAttrEditor *self, GVariant *value, gboolean spinning)
{
  g_autoptr(GVariant) held = g_variant_ref_sink (value);

  complain (self, NULL);
  if (self->value == NULL || !g_variant_equal (self->value, held))
    g_signal_emit (self, signals[SET], 0, held, spinning);
}

static void
put_text (StudioAttrEditor *self)
{
  g_autofree char *text = studio_attr_text (self->value);

  if (g_str_equal (text, gtk_editable_get_text (GTK_EDITABLE (self->control))))
    return;                        /* the caret stays where it is */
  self->filling = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->control), text);
  gtk_editable_set_position (GTK_EDITABLE (self->control), -1);
  self->filling = FALSE;
}

static gboolean
shows_value (StudioAttrEditor *self)
{
  g_autofree char *text = studio_attr_text (self->value);

  return g_str_equal (text, gtk_editable_get_text (GTK_EDITABLE (self->control)));
}

static void
commit (StudioAttrEditor *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->control));
  g_autofree char *reason = NULL;
  GVariant *value;

  if (shows_value (self))
    {
      complain (self, NULL);
      return;
    }
  if (*text == '\0' && self->attr->preset != NULL)
    {
      complain (self, NULL);
      g_signal_emit (self, signals[SET], 0, NULL, FALSE);
      put_text (self);             /* where the default was there already */
      return;
    }
  value = studio_attr_parse (self->attr, text, &reason);
  if (value == NULL)
    complain (self, reason);
  else
    want (self, value, FALSE);
}

static void
on_entry_activate (GtkEntry *entry, StudioAttrEditor *self)
{
  commit (self);
}

static void
on_focus_leave (GtkEventControllerFocus *focus, StudioAttrEditor *self)
{
  commit (self);
}

static void
step (StudioAttrEditor *self, int direction)
{
  g_autofree char *reason = NULL;
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->control));
  g_autoptr(GVariant) from = studio_attr_parse (self->attr, text, &reason);
  GVariant *next;

  if (from == NULL)
    {
      complain (self, reason);
      return;
    }
  g_variant_ref_sink (from);
  if ((next = studio_attr_step (self->attr, from, direction)) != NULL)
    want (self, next, TRUE);
}

static void
on_less (GtkButton *button, StudioAttrEditor *self)
{
  step (self, -1);
}

static void
on_more (GtkButton *button, StudioAttrEditor *self)
{
  step (self, 1);
}

static gboolean
on_key (GtkEventControllerKey *keys, guint keyval, guint code, GdkModifierType state,
        StudioAttrEditor *self)
{
  if (keyval == GDK_KEY_Escape && gtk_widget_get_visible (self->reason))
    {
      put_text (self);
      complain (self, NULL);
      return GDK_EVENT_STOP;
    }
  if (!is_number (self->attr) || (keyval != GDK_KEY_Up && keyval != GDK_KEY_Down))
    return GDK_EVENT_PROPAGATE;
  step (self, keyval == GDK_KEY_Up ? 1 : -1);
  return GDK_EVENT_STOP;
}

static void
on_switch (GtkSwitch *control, GParamSpec *pspec, StudioAttrEditor *self)
{
  if (!self->filling)
    want (self, g_variant_new_boolean (gtk_switch_get_active (control)), FALSE);
}

static void
on_choice (GtkDropDown *control, GParamSpec *pspec, StudioAttrEditor *self)
{
  guint at = gtk_drop_down_get_selected (control);

  if (!self->filling && at < g_strv_length ((char **) self->attr->choices))
    want (self, g_variant_new_string (self->attr->choices[at]), FALSE);
}

static void
on_reset (GtkButton *button, StudioAttrEditor *self)
{
  complain (self, NULL);
  g_signal_emit (self, signals[SET], 0, NULL, FALSE);
}

/* ------------------------------------------------------------------------ showing */

static void
fill_control (StudioAttrEditor *self)
{
  self->filling = TRUE;
  if (self->attr->kind == ANF_ATTR_FLAG)
    gtk_switch_set_active (GTK_SWITCH (self->control),
                           self->value != NULL && g_variant_get_boolean (self->value));
  else if (self->attr->kind == ANF_ATTR_CHOICE)
    {
      guint at = GTK_INVALID_LIST_POSITION;

      for (guint i = 0; self->value != NULL && self->attr->choices[i] != NULL; i++)
        if (g_str_equal (self->attr->choices[i], g_variant_get_string (self->value, NULL)))
          at = i;
      gtk_drop_down_set_selected (GTK_DROP_DOWN (self->control), at);
    }
  else
    put_text (self);
  self->filling = FALSE;
}

void
studio_attr_editor_show (StudioAttrEditor *self, GVariant *value, gboolean is_set,
                         const char *problem)
{
  gboolean same = (value == NULL) == (self->value == NULL)
                  && (value == NULL || g_variant_equal (value, self->value));

  g_return_if_fail (STUDIO_IS_ATTR_EDITOR (self));

  if (!same || !self->shown)
    {
      self->shown = TRUE;
      g_clear_pointer (&self->value, g_variant_unref);
      self->value = value != NULL ? g_variant_ref_sink (value) : NULL;
      fill_control (self);
    }
  /* Keeps its place while there is nothing to reset, so that the controls stay in line. */
  gtk_widget_set_opacity (self->reset, is_set && self->attr->preset != NULL ? 1 : 0);
  gtk_widget_set_sensitive (self->reset, is_set && self->attr->preset != NULL);
  if (is_set)
    {
      gtk_widget_remove_css_class (self->name, "dim");
      gtk_widget_remove_css_class (self->control, "dim");
    }
  else
    {
      gtk_widget_add_css_class (self->name, "dim");
      gtk_widget_add_css_class (self->control, "dim");
    }
  /* What was typed and refused keeps its own reason until it is mended. */
  if (!same || problem != NULL || !is_typed (self->attr) || shows_value (self))
    complain (self, problem);
}

GtkWidget *
studio_attr_editor_control (StudioAttrEditor *self)
{
  return self->control;
}

const AnfAttr *
studio_attr_editor_attr (StudioAttrEditor *self)
{
  return self->attr;
}

const char *
studio_attr_editor_reason (StudioAttrEditor *self)
{
  return gtk_widget_get_visible (self->reason) ? gtk_label_get_text (GTK_LABEL (self->reason))
    : NULL;
}

/* ------------------------------------------------------------------------ making */

static GtkWidget *
make_entry (StudioAttrEditor *self, GtkWidget *line)
{
  GtkWidget *entry = gtk_entry_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_widget_set_hexpand (entry, TRUE);
  gtk_editable_set_width_chars (GTK_EDITABLE (entry), 6);
  gtk_widget_add_css_class (entry, "numeric");
  gtk_box_append (GTK_BOX (line), entry);
  g_signal_connect (entry, "activate", G_CALLBACK (on_entry_activate), self);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key), self);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (entry, keys);
  g_signal_connect (focus, "leave", G_CALLBACK (on_focus_leave), self);
  gtk_widget_add_controller (entry, focus);

  if (is_number (self->attr))
    {
      g_autofree char *less = g_strdup_printf (_("Less %s"), self->attr->name);
      g_autofree char *more = g_strdup_printf (_("More %s"), self->attr->name);
      GtkWidget *minus = studio_button_new ("list-remove-symbolic", less);
      GtkWidget *plus = studio_button_new ("list-add-symbolic", more);

      gtk_box_append (GTK_BOX (line), minus);
      gtk_box_append (GTK_BOX (line), plus);
      g_signal_connect (minus, "clicked", G_CALLBACK (on_less), self);
      g_signal_connect (plus, "clicked", G_CALLBACK (on_more), self);
    }
  return entry;
}

static GtkWidget *
make_control (StudioAttrEditor *self, GtkWidget *line)
{
  GtkWidget *control;

  if (is_typed (self->attr))
    return make_entry (self, line);

  if (self->attr->kind == ANF_ATTR_FLAG)
    {
      control = gtk_switch_new ();
      gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
      gtk_widget_set_halign (control, GTK_ALIGN_START);
      g_signal_connect (control, "notify::active", G_CALLBACK (on_switch), self);
    }
  else
    {
      control = gtk_drop_down_new_from_strings ((const char **) self->attr->choices);
      g_signal_connect (control, "notify::selected", G_CALLBACK (on_choice), self);
    }
  gtk_widget_set_hexpand (control, TRUE);
  gtk_box_append (GTK_BOX (line), control);
  return control;
}

static void
explain (StudioAttrEditor *self)
{
  g_autofree char *range = studio_attr_range (self->attr);
  g_autoptr(GString) tip = g_string_new (self->attr->doc);

  if (range != NULL)
    g_string_append_printf (tip, "%s%s", tip->len > 0 ? "\n" : "", range);
  if (self->attr->preset != NULL && *self->attr->preset != '\0')
    g_string_append_printf (tip, _("%sdefault %s"), tip->len > 0 ? "\n" : "", self->attr->preset);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tip->len > 0 ? tip->str : self->attr->name);
  studio_name_widget (self->control, self->attr->name);
}

GtkWidget *
studio_attr_editor_new (const AnfAttr *attr)
{
  StudioAttrEditor *self = g_object_new (STUDIO_TYPE_ATTR_EDITOR, "orientation",
                                         GTK_ORIENTATION_VERTICAL, NULL);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  g_autofree char *reset = g_strdup_printf (_("Reset %s to its default"), attr->name);

  self->attr = attr;
  self->name = studio_label_new (attr->name, NULL);
  self->reset = studio_button_new ("edit-undo-symbolic", reset);
  self->reason = studio_label_new (NULL, "caption", "bad", NULL);
  gtk_label_set_width_chars (GTK_LABEL (self->name), 11);
  gtk_label_set_max_width_chars (GTK_LABEL (self->name), 11);
  gtk_label_set_ellipsize (GTK_LABEL (self->name), PANGO_ELLIPSIZE_END);
  gtk_label_set_wrap (GTK_LABEL (self->reason), TRUE);
  gtk_widget_set_visible (self->reason, FALSE);
  gtk_box_append (GTK_BOX (self), line);
  gtk_box_append (GTK_BOX (self), self->reason);
  gtk_box_append (GTK_BOX (line), self->name);
  self->control = make_control (self, line);
  gtk_box_append (GTK_BOX (line), self->reset);
  g_signal_connect (self->reset, "clicked", G_CALLBACK (on_reset), self);
  explain (self);
  return GTK_WIDGET (self);
}

static void
studio_attr_editor_finalize (GObject *object)
{
  g_clear_pointer (&STUDIO_ATTR_EDITOR (object)->value, g_variant_unref);
  G_OBJECT_CLASS (studio_attr_editor_parent_class)->finalize (object);
}

static void
studio_attr_editor_class_init (StudioAttrEditorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = studio_attr_editor_finalize;

  signals[SET] = g_signal_new ("set", STUDIO_TYPE_ATTR_EDITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 2, G_TYPE_VARIANT, G_TYPE_BOOLEAN);
}

static void
studio_attr_editor_init (StudioAttrEditor *self)
{
}
