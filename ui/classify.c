/* classify.c - a picture as a model sees it, and what the model takes it for. */
#include "classify.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "edits.h"
#include "format.h"

#define TOP  5
#define SIDE 240                   /* px of the picture */

struct _StudioClassify
{
  GtkWidget parent_instance;

  GtkWidget *picture, *caption, *message, *spinner, *grid, *note, *labels_button;
  GtkWidget *place[TOP], *name[TOP], *bar[TOP], *share[TOP];
  char      *output;
  AnfTensor *scores;
  char     **labels;               /* (nullable) */
};

enum { PICTURE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StudioClassify, studio_classify, GTK_TYPE_WIDGET)

/* ---- numbers ---- */

guint
studio_classify_top (const float *scores, guint n, guint k, guint *at, double *share,
                     gboolean *softmax)
{
  double sum = 0, max = -INFINITY, whole = 0;
  gboolean shares = TRUE;
  guint found = 0;

  for (guint i = 0; i < n; i++)
    {
      sum += scores[i];
      shares &= scores[i] >= 0;
      max = MAX (max, scores[i]);
    }
  *softmax = !shares || !(fabs (sum - 1) < 0.02);
  for (guint i = 0; i < n && *softmax; i++)
    whole += exp (scores[i] - max);
  for (; found < MIN (n, k); found++)
    {
      guint best = G_MAXUINT;

      for (guint i = 0; i < n; i++)
        {
          gboolean taken = FALSE;

          for (guint t = 0; t < found; t++)
            taken |= at[t] == i;
          if (!taken && (best == G_MAXUINT || scores[i] > scores[best]))
            best = i;
        }
      at[found] = best;
      share[found] = *softmax ? exp (scores[best] - max) / whole : scores[best];
    }
  return found;
}

/* ---- showing ---- */

static char *
class_name (StudioClassify *self, guint i)
{
  if (self->labels != NULL && i < g_strv_length (self->labels))
    return g_strdup (self->labels[i]);
  return g_strdup_printf (_("Class %u"), i);
}

static void
show_row (StudioClassify *self, guint row, guint class, double share)
{
  g_autofree char *name = class_name (self, class);
  g_autofree char *percent = studio_format_percent (share);

  gtk_label_set_text (GTK_LABEL (self->name[row]), name);
  gtk_label_set_text (GTK_LABEL (self->share[row]), percent);
  gtk_level_bar_set_value (GTK_LEVEL_BAR (self->bar[row]), isfinite (share) ? share : 0);
  studio_name_widget (self->bar[row], name);
}

static void
show_scores (StudioClassify *self)
{
  gsize n = self->scores != NULL ? anf_tensor_elements (self->scores) : 0;
  g_autofree float *scores = g_new0 (float, n + 1);
  g_autofree char *words = NULL;
  guint at[TOP], rows = 0;
  double share[TOP];
  gboolean softmax = FALSE;

  if (n > 0)
    {
      anf_tensor_read (self->scores, 0, n, scores);
      rows = studio_classify_top (scores, n, TOP, at, share, &softmax);
    }
  for (guint i = 0; i < TOP; i++)
    {
      GtkWidget *const cells[] = { self->place[i], self->name[i], self->bar[i], self->share[i] };

      for (guint k = 0; k < G_N_ELEMENTS (cells); k++)
        gtk_widget_set_visible (cells[k], i < rows);
      if (i < rows)
        show_row (self, i, at[i], share[i]);
    }
  if (rows > 0)
    words = g_strdup_printf (softmax ? _("Softmax of “%s”, %u classes") : _("“%s”, %u classes"),
                             self->output, (guint) n);
  studio_label_show (self->note, words);
  gtk_widget_set_sensitive (self->labels_button, rows > 0);
}

void
studio_classify_say (StudioClassify *self, const char *words, gboolean working)
{
  g_return_if_fail (STUDIO_IS_CLASSIFY (self));

  studio_label_show (self->message, words);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), working);
  gtk_widget_set_visible (self->spinner, working);
}

void
studio_classify_set (StudioClassify *self, GdkPixbuf *picture, const char *words,
                     const char *output, AnfTensor *scores)
{
  g_autoptr(GdkTexture) texture = NULL;

  g_return_if_fail (STUDIO_IS_CLASSIFY (self));

  if (picture != NULL)
    texture = gdk_texture_new_for_pixbuf (picture);
  gtk_picture_set_paintable (GTK_PICTURE (self->picture), GDK_PAINTABLE (texture));
  gtk_picture_set_alternative_text (GTK_PICTURE (self->picture), words);
  studio_label_show (self->caption, words);
  g_free (self->output);
  self->output = g_strdup (output);
  g_clear_pointer (&self->scores, anf_tensor_unref);
  self->scores = scores != NULL ? anf_tensor_ref (scores) : NULL;
  show_scores (self);
}

gboolean
studio_classify_labels (StudioClassify *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  gsize size, n;

  g_return_val_if_fail (STUDIO_IS_CLASSIFY (self), FALSE);

  if (!g_file_get_contents (path, &text, &size, error))
    return FALSE;
  if (!g_utf8_validate (text, size, NULL))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, _("%s is not text in UTF-8"), path);
      return FALSE;
    }
  lines = g_strsplit (text, "\n", -1);
  for (n = 0; lines[n] != NULL; n++)
    g_strchomp (lines[n]);
  while (n > 0 && lines[n - 1][0] == '\0')
    g_clear_pointer (&lines[--n], g_free);
  if (self->scores != NULL && n != anf_tensor_elements (self->scores))
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE,
                   _("%s has %u lines; the model has %u classes"), path, (guint) n,
                   (guint) anf_tensor_elements (self->scores));
      return FALSE;
    }
  g_strfreev (self->labels);
  self->labels = g_steal_pointer (&lines);
  show_scores (self);
  return TRUE;
}

/* ---- choosing ---- */

static void
on_chosen (GtkNativeDialog *dialog, int response, StudioClassify *self)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT
                          ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;
  const char *path = file != NULL ? g_file_peek_path (file) : NULL;
  gboolean labels = g_object_get_data (G_OBJECT (dialog), "labels") != NULL;
  g_autoptr(GError) error = NULL;

  if (path != NULL && !labels)
    g_signal_emit (self, signals[PICTURE], 0, path);
  else if (path != NULL && !studio_classify_labels (self, path, &error))
    studio_classify_say (self, error->message, FALSE);
  g_object_unref (dialog);
}

static void
choose (StudioClassify *self, const char *title, gboolean labels)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (title, GTK_WINDOW (root),
                                                              GTK_FILE_CHOOSER_ACTION_OPEN, NULL,
                                                              NULL);
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();

  if (labels)
    gtk_file_filter_add_mime_type (filter, "text/plain");
  else
    gtk_file_filter_add_pixbuf_formats (filter);
  gtk_file_filter_set_name (filter, labels ? _("Text") : _("Pictures"));
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  if (labels)
    g_object_set_data (G_OBJECT (dialog), "labels", self);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_chosen), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
on_choose_picture (StudioClassify *self)
{
  choose (self, _("Choose a Picture"), FALSE);
}

static void
on_choose_labels (StudioClassify *self)
{
  choose (self, _("Choose Names of the Classes"), TRUE);
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, StudioClassify *self)
{
  GFile *file = g_value_get_object (value);
  const char *path = file != NULL ? g_file_peek_path (file) : NULL;

  if (path != NULL)
    g_signal_emit (self, signals[PICTURE], 0, path);
  return path != NULL;
}

/* ---- putting it together ---- */

static GtkWidget *
picture_column (StudioClassify *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *button = gtk_button_new_with_mnemonic (_("Choose _Picture…"));

  self->picture = gtk_picture_new ();
  gtk_widget_set_size_request (self->picture, SIDE, SIDE);
  gtk_widget_set_valign (self->picture, GTK_ALIGN_START);
  gtk_widget_add_css_class (self->picture, "card");
  gtk_widget_set_overflow (self->picture, GTK_OVERFLOW_HIDDEN);
  self->caption = studio_label_new (NULL, "caption", "dim", NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->caption), PANGO_ELLIPSIZE_MIDDLE);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (on_choose_picture), self);
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  gtk_box_append (GTK_BOX (box), self->picture);
  gtk_box_append (GTK_BOX (box), self->caption);
  gtk_box_append (GTK_BOX (box), button);
  return box;
}

static void
add_row (StudioClassify *self, guint i)
{
  g_autofree char *number = g_strdup_printf ("%u", i + 1);

  self->place[i] = studio_label_new (number, "dim", "numeric", NULL);
  self->name[i] = studio_label_new (NULL, NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->name[i]), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (self->name[i]), 14);
  gtk_label_set_max_width_chars (GTK_LABEL (self->name[i]), 24);
  gtk_widget_set_hexpand (self->name[i], TRUE);
  if (i == 0)
    gtk_widget_add_css_class (self->name[i], "heading");
  self->bar[i] = gtk_level_bar_new ();
  gtk_widget_set_size_request (self->bar[i], 120, -1);
  gtk_widget_set_valign (self->bar[i], GTK_ALIGN_CENTER);
  /* Its usual colours are warnings about a fill level. */
  gtk_level_bar_remove_offset_value (GTK_LEVEL_BAR (self->bar[i]), GTK_LEVEL_BAR_OFFSET_LOW);
  gtk_level_bar_remove_offset_value (GTK_LEVEL_BAR (self->bar[i]), GTK_LEVEL_BAR_OFFSET_HIGH);
  gtk_level_bar_remove_offset_value (GTK_LEVEL_BAR (self->bar[i]), GTK_LEVEL_BAR_OFFSET_FULL);
  self->share[i] = studio_label_new (NULL, "numeric", NULL);
  gtk_label_set_xalign (GTK_LABEL (self->share[i]), 1);
  gtk_label_set_width_chars (GTK_LABEL (self->share[i]), 7);
  gtk_grid_attach (GTK_GRID (self->grid), self->place[i], 0, i, 1, 1);
  gtk_grid_attach (GTK_GRID (self->grid), self->name[i], 1, i, 1, 1);
  gtk_grid_attach (GTK_GRID (self->grid), self->bar[i], 2, i, 1, 1);
  gtk_grid_attach (GTK_GRID (self->grid), self->share[i], 3, i, 1, 1);
}

static GtkWidget *
answer_column (StudioClassify *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->grid = gtk_grid_new ();
  gtk_grid_set_column_spacing (GTK_GRID (self->grid), 12);
  gtk_grid_set_row_spacing (GTK_GRID (self->grid), 8);
  for (guint i = 0; i < TOP; i++)
    add_row (self, i);
  self->note = studio_label_new (NULL, "caption", "dim", NULL);
  self->spinner = gtk_spinner_new ();
  self->message = studio_label_new (NULL, "dim", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->message), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (self->message), 40);
  gtk_box_append (GTK_BOX (line), self->spinner);
  gtk_box_append (GTK_BOX (line), self->message);
  self->labels_button = gtk_button_new_with_mnemonic (_("_Names of Classes…"));
  gtk_widget_set_tooltip_text (self->labels_button,
                               _("A text file with a line per class, in the model's order"));
  g_signal_connect_swapped (self->labels_button, "clicked", G_CALLBACK (on_choose_labels), self);
  gtk_widget_set_halign (self->labels_button, GTK_ALIGN_START);
  gtk_box_append (GTK_BOX (box), self->grid);
  gtk_box_append (GTK_BOX (box), self->note);
  gtk_box_append (GTK_BOX (box), line);
  gtk_box_append (GTK_BOX (box), self->labels_button);
  gtk_widget_set_hexpand (box, TRUE);
  return box;
}

static void
studio_classify_dispose (GObject *object)
{
  StudioClassify *self = STUDIO_CLASSIFY (object);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  g_clear_pointer (&self->output, g_free);
  g_clear_pointer (&self->scores, anf_tensor_unref);
  g_clear_pointer (&self->labels, g_strfreev);
  G_OBJECT_CLASS (studio_classify_parent_class)->dispose (object);
}

static void
studio_classify_class_init (StudioClassifyClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_classify_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BOX_LAYOUT);
  signals[PICTURE] = g_signal_new ("picture", STUDIO_TYPE_CLASSIFY, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
studio_classify_init (StudioClassify *self)
{
  GtkLayoutManager *layout = gtk_widget_get_layout_manager (GTK_WIDGET (self));
  GtkDropTarget *drop = gtk_drop_target_new (G_TYPE_FILE, GDK_ACTION_COPY);

  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (layout), 24);
  gtk_widget_set_parent (picture_column (self), GTK_WIDGET (self));
  gtk_widget_set_parent (answer_column (self), GTK_WIDGET (self));
  g_signal_connect (drop, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drop));
  studio_classify_say (self, _("Choose a picture, or drop one here."), FALSE);
  show_scores (self);
}

GtkWidget *
studio_classify_new (void)
{
  return g_object_new (STUDIO_TYPE_CLASSIFY, NULL);
}
