/* test-trial.c - a picture through a model: what the window shows is what the model says. With
 * STUDIO_TRIAL_PICTURES a folder gets what the window looks like. */
#include "trial.h"

#include <glib/gstdio.h>
#include <math.h>

#include "classify.h"
#include "look.h"
#include "support.h"

typedef struct { GtkWidget *window, *classify; const char *words; } Trial;

static void
collect (GtkWidget *widget, GString *text)
{
  if (!gtk_widget_get_visible (widget))
    return;
  if (GTK_IS_LABEL (widget))
    g_string_append_printf (text, "%s\n", gtk_label_get_text (GTK_LABEL (widget)));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    collect (child, text);
}

static char *
words_of (GtkWidget *widget)
{
  GString *text = g_string_new (NULL);

  collect (widget, text);
  return g_string_free (text, FALSE);
}

static gboolean
is_there (gpointer data)
{
  const Trial *self = data;
  g_autofree char *words = words_of (self->classify);

  return strstr (words, self->words) != NULL;
}

static AnfGraph *
load (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("STUDIO_EXAMPLES"), name, NULL);
  AnfGraph *graph = anf_document_load (path, NULL);

  g_assert_nonnull (graph);
  return graph;
}

static void
open_trial (Trial *self, AnfGraph *graph, const char *path)
{
  g_autoptr(GList) windows = NULL;

  studio_trial_show (NULL, graph, 0, path);
  windows = gtk_window_list_toplevels ();
  self->window = windows->data;
  self->classify = gtk_window_get_child (GTK_WINDOW (self->window));
}

static void
close_trial (Trial *self)
{
  gpointer gone = self->classify;

  g_object_add_weak_pointer (G_OBJECT (self->classify), &gone);
  gtk_window_destroy (GTK_WINDOW (self->window));
  test_wait_gone (&gone);
}

/* Digit number @i of the examples as a grey PNG, twice as large; its label. */
static guint
write_digit (guint i, const char *path)
{
  g_autofree char *file = g_build_filename (g_getenv ("STUDIO_EXAMPLES"), "mnist-digits.npz", NULL);
  g_autoptr(AnfTensors) digits = anf_tensors_open (file, NULL);
  g_autoptr(AnfTensor) images = anf_tensors_get (digits, "image", NULL);
  g_autoptr(AnfTensor) labels = anf_tensors_get (digits, "label", NULL);
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 56, 56);
  float numbers[28 * 28], label;
  guchar *pixels = gdk_pixbuf_get_pixels (pixbuf);

  anf_tensor_read (images, i * 28 * 28, 28 * 28, numbers);
  anf_tensor_read (labels, i, 1, &label);
  for (guint y = 0; y < 56; y++)
    for (guint x = 0; x < 56 * 3; x++)
      pixels[y * gdk_pixbuf_get_rowstride (pixbuf) + x]
        = lround (255 * numbers[y / 2 * 28 + x / 3 / 2]);
  g_assert_true (gdk_pixbuf_save (pixbuf, path, "png", NULL, NULL));
  return label;
}

static void
keep_picture (GtkWidget *window, const char *name)
{
  const char *folder = g_getenv ("STUDIO_TRIAL_PICTURES");
  g_autofree char *path = folder != NULL ? g_build_filename (folder, name, NULL) : NULL;
  g_autoptr(GdkPaintable) paintable = NULL;
  g_autoptr(GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr(GskRenderNode) node = NULL;
  g_autoptr(GdkTexture) texture = NULL;

  if (folder == NULL)
    return;
  for (gint64 until = g_get_monotonic_time () + 500000; g_get_monotonic_time () < until;)
    g_main_context_iteration (NULL, FALSE);
  paintable = gtk_widget_paintable_new (window);
  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (window),
                          gtk_widget_get_height (window));
  if ((node = gtk_snapshot_to_node (snapshot)) == NULL)
    return;
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, NULL);
  gdk_texture_save_to_png (texture, path);
}

static void
test_digit_is_recognised (void)
{
  g_autoptr(AnfGraph) graph = load ("mnist-cnn.anf");
  g_autofree char *folder = g_dir_make_tmp ("aneforge-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "digit.png", NULL);
  g_autofree char *names = g_build_filename (folder, "names.txt", NULL);
  guint label = write_digit (0, path);
  g_autofree char *class = g_strdup_printf ("1\nClass %u\n", label);
  g_autofree char *named = g_strdup_printf ("1\ndigit %u\n", label);
  g_autoptr(GString) lines = g_string_new (NULL);
  g_autoptr(StudioLook) look = studio_look_new ();
  g_autoptr(GError) error = NULL;
  Trial self = { .words = class };

  open_trial (&self, graph, path);
  test_wait (is_there, &self);
  self.words = "10 classes";
  g_assert_true (is_there (&self));
  self.words = "28×28 · digit.png";
  g_assert_true (is_there (&self));
  for (guint i = 0; i < 10; i++)
    g_string_append_printf (lines, "digit %u\n", i);
  g_assert_true (g_file_set_contents (names, lines->str, -1, NULL));
  g_assert_true (studio_classify_labels (STUDIO_CLASSIFY (self.classify), names, &error));
  self.words = named;
  g_assert_true (is_there (&self));
  for (guint i = 0; i < 2; i++)
    {
      studio_look_set_choice (look, i == 0 ? STUDIO_LOOK_LIGHT : STUDIO_LOOK_DARK);
      keep_picture (self.window, i == 0 ? "light.png" : "dark.png");
    }
  g_assert_true (g_file_set_contents (names, "one\ntwo\n", -1, NULL));
  g_assert_false (studio_classify_labels (STUDIO_CLASSIFY (self.classify), names, &error));
  g_assert_nonnull (strstr (error->message, "2"));
  close_trial (&self);
  g_unlink (path);
  g_unlink (names);
  g_rmdir (folder);
}

static void
test_failure_is_told (void)
{
  g_autoptr(AnfGraph) graph = load ("mnist-cnn.anf"), encoder = load ("encoder-block.anf");
  g_autofree char *path = g_build_filename (g_getenv ("STUDIO_EXAMPLES"), "README.md", NULL);
  Trial self = { .words = "no picture that can be read" };

  open_trial (&self, graph, path);
  test_wait (is_there, &self);
  close_trial (&self);
  self.words = "No input";
  open_trial (&self, encoder, NULL);
  test_wait (is_there, &self);
  close_trial (&self);
}

static void
test_closing_stops_it (void)
{
  g_autoptr(AnfGraph) graph = load ("mnist-cnn.anf");
  g_autofree char *folder = g_dir_make_tmp ("aneforge-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "digit.png", NULL);
  Trial self = { NULL };

  write_digit (1, path);
  open_trial (&self, graph, path);
  close_trial (&self);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_shares (void)
{
  const float shares[] = { 0.1, 0.6, 0.05, 0.25 }, logits[] = { 1, 3, -2 };
  guint at[3];
  double share[3];
  gboolean softmax;

  g_assert_cmpuint (studio_classify_top (shares, 4, 3, at, share, &softmax), ==, 3);
  g_assert_false (softmax);
  g_assert_cmpuint (at[0], ==, 1);
  g_assert_cmpuint (at[1], ==, 3);
  g_assert_cmpuint (at[2], ==, 0);
  g_assert_cmpfloat_with_epsilon (share[0], 0.6, 1e-6);
  g_assert_cmpuint (studio_classify_top (logits, 3, 5, at, share, &softmax), ==, 3);
  g_assert_true (softmax);
  g_assert_cmpfloat_with_epsilon (share[0], exp (3) / (exp (1) + exp (3) + exp (-2)), 1e-12);
}

int
main (int argc, char **argv)
{
  test_own_folders ();
  gtk_test_init (&argc, &argv);
  g_test_add_func ("/trial/digit-is-recognised", test_digit_is_recognised);
  g_test_add_func ("/trial/failure-is-told", test_failure_is_told);
  g_test_add_func ("/trial/closing-stops-it", test_closing_stops_it);
  g_test_add_func ("/trial/scores-become-shares", test_shares);
  return g_test_run ();
}
