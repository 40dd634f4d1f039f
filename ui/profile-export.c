/* profile-export.c - a profile as files for other programs: a table of numbers, a trace. */
#include "profile-export.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "edits.h"

/* ------------------------------------------------------------------------ CSV */

static void
add_number (GString *text, double number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (text, ",%s", g_ascii_dtostr (digits, sizeof digits, number));
}

/* Names of nodes and operators hold nothing that would have to be quoted. */
static void
add_op (GString *text, const AnfProfile *profile, const AnfSegment *segment, AnfId id)
{
  const AnfNode *node = anf_graph_find (anf_program_graph (anf_profile_program (profile)), id);
  const AnfOpProfile *op = anf_profile_op (profile, id);

  if (node == NULL || op == NULL)
    return;
  g_string_append_printf (text, "%s,%s,%s,%s", segment->name,
                          anf_segment_kind_name (segment->kind), anf_node_name (node),
                          anf_node_op_name (node));
  add_number (text, op->us.median_us);
  add_number (text, op->us.p10_us);
  add_number (text, op->us.p90_us);
  add_number (text, op->us.p99_us);
  add_number (text, op->us.min_us);
  add_number (text, op->flops);
  g_string_append_printf (text, ",%" G_GSIZE_FORMAT "\n", op->bytes);
}

char *
studio_profile_csv (const AnfProfile *profile)
{
  const AnfPlan *plan = anf_program_plan (anf_profile_program (profile));
  GString *text = g_string_new ("segment,kind,node,op,median_us,p10_us,p90_us,p99_us,min_us,"
                                "flops,bytes\n");

  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);

      for (guint j = 0; j < segment->n_nodes; j++)
        add_op (text, profile, segment, segment->nodes[j]);
    }
  return g_string_free (text, FALSE);
}

/* ------------------------------------------------------------------------ files */

static const struct { const char *action, *title, *name; } files[] = {
  { "csv", N_("Save the Numbers"), "profile.csv" },
  { "trace", N_("Save a Perfetto Trace"), "profile-trace.json" },
};

static gboolean
write_file (const AnfProfile *profile, const char *path, gboolean trace, GError **error)
{
  g_autofree char *text = NULL;

  if (trace)
    return anf_profile_save_trace (profile, path, error);
  text = studio_profile_csv (profile);
  return g_file_set_contents (path, text, -1, error);
}

static void
on_response (GtkNativeDialog *dialog, int response, GtkWidget *button)
{
  AnfProfile *profile = g_object_get_data (G_OBJECT (button), "studio-profile");
  gboolean trace = g_object_get_data (G_OBJECT (dialog), "studio-trace") != NULL;
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT && profile != NULL
    ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autoptr(GError) error = NULL;

  if (path != NULL && !write_file (profile, path, trace, &error))
    {
      GtkWidget *alert = gtk_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (button)),
                                                 GTK_DIALOG_MODAL, GTK_MESSAGE_ERROR,
                                                 GTK_BUTTONS_CLOSE, "%s", error->message);

      g_signal_connect (alert, "response", G_CALLBACK (gtk_window_destroy), NULL);
      gtk_window_present (GTK_WINDOW (alert));
    }
  gtk_native_dialog_destroy (dialog);
  g_object_unref (dialog);
}

static void
activate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWidget *button = data;
  guint at = g_str_equal (g_action_get_name (G_ACTION (action)), files[1].action);
  GtkFileChooserNative *dialog =
    gtk_file_chooser_native_new (_(files[at].title), GTK_WINDOW (gtk_widget_get_root (button)),
                                 GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);

  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), files[at].name);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  if (at == 1)
    g_object_set_data (G_OBJECT (dialog), "studio-trace", dialog);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_response), button, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

void
studio_export_button_show (GtkWidget *button, AnfProfile *profile)
{
  g_object_set_data_full (G_OBJECT (button), "studio-profile",
                          profile != NULL ? anf_profile_ref (profile) : NULL,
                          (GDestroyNotify) anf_profile_unref);
  gtk_widget_set_sensitive (button, profile != NULL);
}

GtkWidget *
studio_export_button_new (void)
{
  const GActionEntry entries[] = { { files[0].action, activate }, { files[1].action, activate } };
  GtkWidget *button = gtk_menu_button_new ();
  g_autoptr(GSimpleActionGroup) actions = g_simple_action_group_new ();
  g_autoptr(GMenu) menu = g_menu_new ();

  g_action_map_add_action_entries (G_ACTION_MAP (actions), entries, G_N_ELEMENTS (entries),
                                   button);
  gtk_widget_insert_action_group (button, "profile", G_ACTION_GROUP (actions));
  g_menu_append (menu, _("Save as CSV…"), "profile.csv");
  g_menu_append (menu, _("Save Perfetto Trace…"), "profile.trace");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "anf-export-symbolic");
  gtk_widget_set_tooltip_text (button, _("Writes the profile for other programs"));
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "small");
  studio_name_widget (button, _("Export the profile"));
  return button;
}
