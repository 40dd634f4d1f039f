/* preferences.c - three settings, each bound to its key. */
#include "preferences.h"

#include <glib/gi18n-lib.h>

static GtkWidget *
row_new (const char *title, const char *words, GtkWidget *control)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *label = gtk_label_new_with_mnemonic (title);
  GtkWidget *hint = gtk_label_new (words);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), control);
  gtk_label_set_xalign (GTK_LABEL (hint), 0);
  gtk_widget_add_css_class (hint, "caption");
  gtk_widget_add_css_class (hint, "dim");
  gtk_box_append (GTK_BOX (texts), label);
  gtk_box_append (GTK_BOX (texts), hint);
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (row), texts);
  gtk_box_append (GTK_BOX (row), control);
  gtk_accessible_update_relation (GTK_ACCESSIBLE (control), GTK_ACCESSIBLE_RELATION_LABELLED_BY,
                                  label, NULL, -1);
  return row;
}

static GtkWidget *
switch_new (GSettings *settings, const char *key)
{
  GtkWidget *control = gtk_switch_new ();

  g_settings_bind (settings, key, control, "active", G_SETTINGS_BIND_DEFAULT);
  return control;
}

static gboolean
scheme_to_row (GValue *value, GVariant *variant, gpointer data)
{
  const char *nick = g_variant_get_string (variant, NULL);

  g_value_set_uint (value, g_str_equal (nick, "light") ? 1 : g_str_equal (nick, "dark") ? 2 : 0);
  return TRUE;
}

static GVariant *
scheme_of_row (const GValue *value, const GVariantType *type, gpointer data)
{
  static const char *const nicks[] = { "system", "light", "dark" };

  return g_variant_new_string (nicks[MIN (g_value_get_uint (value), 2)]);
}

void
studio_preferences_show (GtkWindow *parent, GSettings *settings)
{
  const char *const looks[] = { _("As the Desktop"), _("Light"), _("Dark"), NULL };
  GtkWidget *window = gtk_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 16);
  GtkEventController *keys = gtk_shortcut_controller_new ();
  GtkWidget *look = gtk_drop_down_new_from_strings (looks);

  g_settings_bind_with_mapping (settings, "color-scheme", look, "selected", G_SETTINGS_BIND_DEFAULT,
                                scheme_to_row, scheme_of_row, NULL, NULL);
  gtk_box_append (GTK_BOX (box), row_new (_("_Appearance"), _("Light or dark, canvas too"), look));
  gtk_box_append (GTK_BOX (box), row_new (_("_Snap to Grid"), _("Nodes that are moved rest on it"),
                                          switch_new (settings, "snap-to-grid")));
  gtk_widget_set_margin_start (box, 24);
  gtk_widget_set_margin_end (box, 24);
  gtk_widget_set_margin_top (box, 24);
  gtk_widget_set_margin_bottom (box, 24);

  gtk_shortcut_controller_add_shortcut
    (GTK_SHORTCUT_CONTROLLER (keys),
     gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                       gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, keys);
  gtk_window_set_title (GTK_WINDOW (window), _("Preferences"));
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  gtk_window_set_modal (GTK_WINDOW (window), TRUE);
  gtk_window_set_resizable (GTK_WINDOW (window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (window), 420, -1);
  gtk_window_set_child (GTK_WINDOW (window), box);
  gtk_widget_add_css_class (window, "anf");
  gtk_window_present (GTK_WINDOW (window));
}
