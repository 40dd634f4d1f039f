/* reference-button.c - values of another framework, to hold this document's against. */
#include "reference-button.h"

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "lane.h"

typedef struct
{
  StudioErrorsPanel *panel;        /* borrowed: it is beside the button */
  GtkWidget         *button;
  StudioLane        *lane;
} Reference;

typedef struct { char *path; AnfErrors *run, *against; GError *error; } Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->path);
  anf_errors_unref (job->run);
  g_clear_pointer (&job->against, anf_errors_unref);
  g_clear_error (&job->error);
  g_free (job);
}

static void
ask (gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  g_autoptr(AnfTensors) reference = anf_tensors_open (job->path, &job->error);

  if (reference != NULL)
    job->against = anf_errors_against (job->run, reference, &job->error);
}

static void
answer (gpointer owner, gpointer data)
{
  Reference *self = owner;
  Job *job = data;
  g_autofree char *name = g_path_get_basename (job->path);
  GtkWidget *alert;

  if (job->against != NULL)
    {
      studio_errors_panel_against (self->panel, job->against, name);
      return;
    }
  alert = gtk_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (self->button)), GTK_DIALOG_MODAL,
                                  GTK_MESSAGE_ERROR, GTK_BUTTONS_CLOSE, "%s", job->error->message);
  g_signal_connect (alert, "response", G_CALLBACK (gtk_window_destroy), NULL);
  gtk_window_present (GTK_WINDOW (alert));
}

void
studio_reference_button_open (GtkWidget *button, const char *path)
{
  Reference *self = g_object_get_data (G_OBJECT (button), "studio-reference");
  AnfErrors *errors = studio_panel_view (STUDIO_PANEL (self->panel))->errors;
  Job *job;

  if (errors == NULL)
    return;
  job = g_new0 (Job, 1);
  job->path = g_strdup (path);
  job->run = anf_errors_ref (errors);
  studio_lane_ask (self->lane, job, job_free, ask, answer);
}

static void
on_response (GtkNativeDialog *dialog, int response, GtkWidget *button)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT
    ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path != NULL)
    studio_reference_button_open (button, path);
  gtk_native_dialog_destroy (dialog);
  g_object_unref (dialog);
}

static void
on_clicked (GtkWidget *button)
{
  GtkFileChooserNative *dialog =
    gtk_file_chooser_native_new (_("Values of Another Framework"),
                                 GTK_WINDOW (gtk_widget_get_root (button)),
                                 GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("Arrays by name (.npz, .safetensors)"));
  gtk_file_filter_add_suffix (filter, "npz");
  gtk_file_filter_add_suffix (filter, "safetensors");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_response), button, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
reference_free (gpointer data)
{
  Reference *self = data;

  studio_lane_free (self->lane);
  g_free (self);
}

static void
on_errors (StudioErrorsPanel *panel, GParamSpec *pspec, GtkWidget *button)
{
  gtk_widget_set_sensitive (button, studio_panel_view (STUDIO_PANEL (panel))->errors != NULL);
}

GtkWidget *
studio_reference_button_new (StudioErrorsPanel *errors)
{
  GtkWidget *button = gtk_button_new_with_label (_("Reference…"));
  Reference *self = g_new0 (Reference, 1);

  self->panel = errors;
  self->button = button;
  self->lane = studio_lane_new (self);
  g_object_set_data_full (G_OBJECT (button), "studio-reference", self, reference_free);
  gtk_widget_set_tooltip_text (button, _("Compares with activations of another framework: arrays "
                                         "called like nodes or outputs"));
  gtk_widget_set_sensitive (button, FALSE);
  g_signal_connect (button, "clicked", G_CALLBACK (on_clicked), NULL);
  g_signal_connect_object (errors, "notify::errors", G_CALLBACK (on_errors), button, 0);
  return button;
}
