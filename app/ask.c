/* ask.c - file choosers and the question before unsaved changes are lost. */
#include "ask.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  GObject           *owner;
  StudioPathAnswer   path_answer;
  StudioCloseAnswer  close_answer;
  gpointer           data;
} Question;

static Question *
question_new (GObject *owner, gpointer data)
{
  Question *question = g_new0 (Question, 1);

  question->owner = g_object_ref (owner);
  question->data = data;
  return question;
}

static void
question_free (Question *question)
{
  g_object_unref (question->owner);
  g_free (question);
}

static void
on_path (GtkNativeDialog *dialog, int response, Question *question)
{
  g_autoptr(GFile) file = NULL;
  g_autofree char *path = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (file != NULL)
    path = g_file_get_path (file);
  g_object_unref (dialog);
  question->path_answer (question->owner, path, question->data);
  question_free (question);
}

static GtkFileChooserNative *
chooser_new (GtkWindow *window, const char *title, GtkFileChooserAction action, const char *accept,
             Question *question)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (title, window, action, accept,
                                                              _("_Cancel"));

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect (dialog, "response", G_CALLBACK (on_path), question);
  return dialog;
}

void
studio_ask_save_path (GtkWindow *window, const char *title, const char *folder, const char *name,
                      StudioPathAnswer answer, GObject *owner, gpointer data)
{
  Question *question = question_new (owner, data);
  GtkFileChooserNative *dialog = chooser_new (window, title, GTK_FILE_CHOOSER_ACTION_SAVE,
                                              _("_Save"), question);

  question->path_answer = answer;
  if (folder != NULL)
    {
      g_autoptr(GFile) file = g_file_new_for_path (folder);

      gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (dialog), file, NULL);
    }
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
add_filter (GtkFileChooserNative *dialog, const char *name, const char *const *patterns)
{
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  for (guint i = 0; patterns[i] != NULL; i++)
    gtk_file_filter_add_pattern (filter, patterns[i]);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
}

void
studio_ask_open_path (GtkWindow *window, StudioPathAnswer answer, GObject *owner)
{
  static const char *const documents[] = { "*.anf", "*.mlpackage", "*.mil", "*.onnx",
                                           "Manifest.json", NULL };
  static const char *const all[] = { "*", NULL };
  Question *question = question_new (owner, NULL);
  GtkFileChooserNative *dialog = chooser_new (window, _("Open"), GTK_FILE_CHOOSER_ACTION_OPEN,
                                              _("_Open"), question);

  question->path_answer = answer;
  add_filter (dialog, _("Documents and models"), documents);
  add_filter (dialog, _("All files"), all);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
on_close (GtkDialog *dialog, int response, Question *question)
{
  StudioCloseChoice choice = response == GTK_RESPONSE_ACCEPT ? STUDIO_CLOSE_SAVE
                             : response == GTK_RESPONSE_REJECT ? STUDIO_CLOSE_DISCARD
                             : STUDIO_CLOSE_CANCEL;

  gtk_window_destroy (GTK_WINDOW (dialog));
  question->close_answer (question->owner, choice);
  question_free (question);
}

static void
dress_button (GtkDialog *dialog, int response, const char *css)
{
  gtk_widget_add_css_class (gtk_dialog_get_widget_for_response (dialog, response), css);
}

void
studio_ask_close (GtkWindow *window, const char *title, StudioCloseAnswer answer, GObject *owner)
{
  Question *question = question_new (owner, NULL);
  GtkWidget *dialog = gtk_message_dialog_new (window, GTK_DIALOG_MODAL, GTK_MESSAGE_QUESTION,
                                              GTK_BUTTONS_NONE, _("Save the changes to “%s”?"),
                                              title);

  question->close_answer = answer;
  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog),
                                            _("Changes that are not saved are lost."));
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _("_Discard"), GTK_RESPONSE_REJECT,
                          _("_Cancel"), GTK_RESPONSE_CANCEL, _("_Save"), GTK_RESPONSE_ACCEPT, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  gtk_widget_add_css_class (dialog, "anf");
  dress_button (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT, "suggested-action");
  dress_button (GTK_DIALOG (dialog), GTK_RESPONSE_REJECT, "destructive-action");
  g_signal_connect (dialog, "response", G_CALLBACK (on_close), question);
  gtk_window_present (GTK_WINDOW (dialog));
}
