/* trial.c - one picture through a model: the window that asks for it and shows the answer. */
#include "trial.h"

#include <glib/gi18n-lib.h>

#include "classify.h"
#include "picture.h"
#include "worker.h"

/* What the window holds, and what a thread works on; it sees values only. */
typedef struct
{
  gatomicrefcount count;
  AnfGraph       *graph;
  AnfId           input;
  AnfProgram     *program;         /* compiled once */
} Model;

typedef struct
{
  Model      *model;
  char       *path;
  GdkPixbuf  *picture;
  AnfTensors *outputs;
} Trial;

static Model *
model_ref (Model *model)
{
  g_atomic_ref_count_inc (&model->count);
  return model;
}

static void
model_unref (gpointer data)
{
  Model *model = data;

  if (!g_atomic_ref_count_dec (&model->count))
    return;
  anf_graph_unref (model->graph);
  g_clear_pointer (&model->program, anf_program_unref);
  g_free (model);
}

static void
trial_free (gpointer data)
{
  Trial *trial = data;

  model_unref (trial->model);
  g_free (trial->path);
  g_clear_object (&trial->picture);
  g_clear_pointer (&trial->outputs, anf_tensors_unref);
  g_free (trial);
}

AnfId
studio_trial_input (AnfGraph *graph, AnfId input)
{
  const AnfNode *node = input != 0 ? anf_graph_find (graph, input) : NULL;

  if (node != NULL && studio_picture_fits (graph, node, NULL, NULL))
    return input;
  for (guint i = 0; i < anf_graph_n_nodes (graph); i++)
    if (studio_picture_fits (graph, anf_graph_nth (graph, i), NULL, NULL))
      return anf_node_id (anf_graph_nth (graph, i));
  return 0;
}

/* ---- in a thread, one at a time for a window ---- */

static gboolean
run (Trial *trial, const AnfProgress *progress, GError **error)
{
  Model *model = trial->model;
  const AnfNode *node = anf_graph_find (model->graph, model->input);
  g_autoptr(AnfTensors) given = anf_tensors_new (), inputs = NULL;
  g_autoptr(AnfTensor) tensor = NULL;
  AnfOptions options;
  int width, height;

  if (!studio_picture_fits (model->graph, node, &width, &height)
      || (trial->picture = studio_picture_load (trial->path, width, height, error)) == NULL
      || (tensor = studio_picture_tensor (model->graph, node, trial->picture, error)) == NULL)
    return FALSE;
  anf_options_init (&options, model->graph);
  if (model->program == NULL
      && (model->program = anf_compile (model->graph, &options, progress, error)) == NULL)
    return FALSE;
  anf_tensors_add (given, anf_node_name (node), tensor);
  if ((inputs = anf_feed (model->program, given, TRUE, 0, error)) != NULL)
    trial->outputs = anf_program_run (model->program, inputs, NULL, progress, error);
  return trial->outputs != NULL;
}

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  AnfProgress progress = { cancellable, NULL, NULL };
  GError *error = NULL;

  if (run (data, &progress, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* ---- the window ---- */

/* The first output that could be scores of classes: more than one number, all along the last axis.
 * (transfer full) (nullable) */
static AnfTensor *
scores_of (AnfTensors *outputs, const char **name)
{
  for (guint i = 0; i < anf_tensors_n (outputs); i++)
    {
      g_autoptr(AnfTensor) tensor = NULL;
      guint rank;

      *name = anf_tensors_nth_name (outputs, i);
      tensor = anf_tensors_get (outputs, *name, NULL);
      rank = tensor != NULL ? anf_tensor_rank (tensor) : 0;
      if (rank > 0 && anf_tensor_elements (tensor) > 1
          && anf_tensor_elements (tensor) == (gsize) anf_tensor_dim (tensor, rank - 1))
        return g_steal_pointer (&tensor);
    }
  return NULL;
}

static void
show_answer (StudioClassify *classify, const Trial *trial)
{
  const AnfNode *node = anf_graph_find (trial->model->graph, trial->model->input);
  g_autofree char *base = g_path_get_basename (trial->path);
  g_autofree char *words = NULL;
  const char *output = NULL;
  g_autoptr(AnfTensor) scores = scores_of (trial->outputs, &output);

  words = g_strdup_printf ("%s · %d×%d · %s", anf_node_name (node),
                           gdk_pixbuf_get_width (trial->picture),
                           gdk_pixbuf_get_height (trial->picture), base);
  studio_classify_set (classify, trial->picture, words, output, scores);
  studio_classify_say (classify, scores != NULL ? NULL
                       : _("No output of this model is a list of classes."), FALSE);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  StudioClassify *classify = STUDIO_CLASSIFY (source);
  Trial *trial = g_task_get_task_data (G_TASK (result));
  g_autoptr(GError) error = NULL;

  gtk_widget_set_sensitive (GTK_WIDGET (classify), TRUE);
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      studio_classify_set (classify, trial->picture, NULL, NULL, NULL);
      studio_classify_say (classify, error->message, FALSE);
    }
  else
    show_answer (classify, trial);
}

static void
on_picture (StudioClassify *classify, const char *path, Model *model)
{
  GCancellable *cancellable = g_object_get_data (G_OBJECT (classify), "cancellable");
  Trial *trial = g_new0 (Trial, 1);

  trial->model = model_ref (model);
  trial->path = g_strdup (path);
  studio_classify_say (classify, _("The picture goes through the model…"), TRUE);
  gtk_widget_set_sensitive (GTK_WIDGET (classify), FALSE);
  studio_work_async (G_OBJECT (classify), run_in_thread, trial, trial_free, cancellable, on_done,
                     NULL);
}

static void
add_escape (GtkWidget *window)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut
    (GTK_SHORTCUT_CONTROLLER (keys),
     gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                       gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, keys);
}

void
studio_trial_show (GtkWindow *parent, AnfGraph *graph, AnfId input, const char *path)
{
  GtkWidget *window = gtk_window_new (), *classify = studio_classify_new ();
  GCancellable *cancellable = g_cancellable_new ();
  Model *model = g_new0 (Model, 1);

  g_atomic_ref_count_init (&model->count);
  model->graph = anf_graph_ref (graph);
  model->input = studio_trial_input (graph, input);
  g_object_set_data_full (G_OBJECT (classify), "model", model, model_unref);
  g_object_set_data_full (G_OBJECT (classify), "cancellable", cancellable, g_object_unref);
  g_signal_connect_object (window, "destroy", G_CALLBACK (g_cancellable_cancel), cancellable,
                           G_CONNECT_SWAPPED);
  g_signal_connect (classify, "picture", G_CALLBACK (on_picture), model);
  gtk_widget_set_margin_start (classify, 24);
  gtk_widget_set_margin_end (classify, 24);
  gtk_widget_set_margin_top (classify, 24);
  gtk_widget_set_margin_bottom (classify, 24);
  add_escape (window);
  gtk_window_set_title (GTK_WINDOW (window), _("Try a Picture"));
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  gtk_window_set_destroy_with_parent (GTK_WINDOW (window), TRUE);
  gtk_window_set_default_size (GTK_WINDOW (window), 680, -1);
  gtk_window_set_child (GTK_WINDOW (window), classify);
  gtk_widget_add_css_class (window, "anf");
  if (model->input == 0)
    {
      studio_classify_say (STUDIO_CLASSIFY (classify),
                           _("No input of this model takes a picture."), FALSE);
      gtk_widget_set_sensitive (classify, FALSE);
    }
  else if (path != NULL)
    g_signal_emit_by_name (classify, "picture", path);
  gtk_window_present (GTK_WINDOW (window));
}
