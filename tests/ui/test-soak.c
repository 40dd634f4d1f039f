/* test-soak.c - thousands of things a user may do, at random: every undo gives the same file.
 *
 * test-soak [--actions N] [--start S]; what goes wrong can be had again by its number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "canvas-support.h"
#include "document.h"

typedef struct
{
  StudioDocument *document;
  StudioCanvas   *canvas;
  GRand          *rand;
  GPtrArray      *texts;        /* of the document's steps, as they were made */
  guint           n_edits, n_undos;
} Soak;

static int n_actions = 700;
static int seed = 1;

static char *
text_of (AnfGraph *graph)
{
  return anf_document_text (graph, NULL);
}

static void
follow (Soak *s)
{
  AnfGraph *graph = studio_document_get_graph (s->document);

  studio_canvas_set_graph (s->canvas, graph);
  if (g_rand_int_range (s->rand, 0, 3) == 0)
    {
      g_autoptr(AnfReport) report = anf_check (graph, NULL);

      studio_canvas_set_report (s->canvas, report);
    }
}

static void
on_edit (StudioCanvas *canvas, AnfGraph *graph, const char *label, const char *merge, Soak *s)
{
  g_assert_nonnull (label);
  studio_document_apply (s->document, graph, label, merge);
  /* What followed is gone; a merged edit replaces the step it was made at. */
  g_ptr_array_set_size (s->texts, MIN (s->texts->len, studio_document_now (s->document)));
  g_ptr_array_add (s->texts, text_of (graph));
  g_assert_cmpuint (s->texts->len, ==, studio_document_n_steps (s->document));
  s->n_edits++;
  follow (s);
}

static AnfId
any_node (Soak *s)
{
  AnfGraph *graph = studio_document_get_graph (s->document);
  guint n = anf_graph_n_nodes (graph);

  return n == 0 ? 0 : anf_node_id (anf_graph_nth (graph, g_rand_int_range (s->rand, 0, n)));
}

static void
choose_some (Soak *s)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (AnfId));
  guint n = g_rand_int_range (s->rand, 0, 5);

  for (guint i = 0; i < n; i++)
    {
      AnfId id = any_node (s);
      gboolean there = id == 0;

      for (guint k = 0; k < ids->len; k++)
        there = there || g_array_index (ids, AnfId, k) == id;
      if (!there)
        g_array_append_val (ids, id);
    }
  studio_canvas_take_selection (s->canvas, ids);
}

/* ---- what a user does */

static void
do_action (Soak *s)
{
  static const char *const names[] = {
    "delete", "delete-reconnect", "duplicate", "mute", "mute", "collapse", "add-frame",
    "color-frame", "link", "arrange", "arrange-selection", "add-dot", "select-invert", "delete",
  };

  g_action_group_activate_action (studio_canvas_get_actions (s->canvas),
                                  names[g_rand_int_range (s->rand, 0, G_N_ELEMENTS (names))],
                                  NULL);
}

/* Groups are made of what is selected, folded, entered and unpacked. */
static void
do_group (Soak *s)
{
  static const char *const names[] = { "group", "group", "group", "ungroup", "enter", "enter",
                                       "leave", "find-groups", "pin", "select-between", "delete",
                                       "duplicate" };
  static const char *const how[] = { "this", "this", "like", "all", "none" };
  GActionGroup *actions = studio_canvas_get_actions (s->canvas);
  StudioScene *scene = studio_canvas_scene (s->canvas);

  if (scene->groups->all->len > 0 && g_rand_boolean (s->rand))
    studio_canvas_take_selection (s->canvas, studio_groups_ids (scene->groups,
      g_rand_int_range (s->rand, 0, scene->groups->all->len)));
  if (g_rand_boolean (s->rand))
    g_action_group_activate_action (actions, "fold", g_variant_new_string (
      how[g_rand_int_range (s->rand, 0, G_N_ELEMENTS (how))]));
  else
    g_action_group_activate_action (actions,
                                    names[g_rand_int_range (s->rand, 0, G_N_ELEMENTS (names))],
                                    NULL);
}

static void
do_align (Soak *s)
{
  static const char *const how[] = { "left", "middle", "bottom", "across", "down", "straight" };

  studio_canvas_align (s->canvas, how[g_rand_int_range (s->rand, 0, G_N_ELEMENTS (how))]);
}

static void
do_add (Soak *s)
{
  static const char *const ops[] = { "relu", "conv", "add", "concat", "split", "softmax", "input",
                                     "max_pool", "const", "topk" };

  studio_canvas_add_op (s->canvas, ops[g_rand_int_range (s->rand, 0, G_N_ELEMENTS (ops))]);
}

static void
do_connect (Soak *s)
{
  AnfId from = any_node (s), to = any_node (s);
  const StudioBox *box = to != 0 ? studio_scene_box (studio_canvas_scene (s->canvas), to) : NULL;
  g_autofree char *why = NULL;
  guint in;

  if (box == NULL || box->n_in == 0 || box->members != NULL
      || studio_scene_box (studio_canvas_scene (s->canvas), from) == NULL)
    return;
  in = g_rand_int_range (s->rand, 0, box->n_in);
  if ((why = studio_canvas_refusal (s->canvas, (AnfRef) { from, 0 }, to, in)) == NULL)
    studio_canvas_connect (s->canvas, (AnfRef) { from, 0 }, to, in, -1);
}

static void
do_slash (Soak *s)
{
  double x = g_rand_double_range (s->rand, -500, 1500);
  double y = g_rand_double_range (s->rand, -500, 900);

  studio_canvas_slash (s->canvas, (StudioPoint) { x, y },
                       (StudioPoint) { x + g_rand_double_range (s->rand, -300, 300), y + 300 },
                       g_rand_boolean (s->rand) ? STUDIO_SLASH_CUT : STUDIO_SLASH_DOTS);
}

static void
do_move (Soak *s)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (s->canvas);

  studio_canvas_move (s->canvas, ids, g_rand_int_range (s->rand, -9, 9) * 16, 16,
                      g_rand_boolean (s->rand) ? "nudge" : NULL);
}

static void
do_paste (Soak *s)
{
  g_autofree char *text = studio_canvas_copy_text (s->canvas);

  if (text != NULL)
    studio_canvas_paste_text (s->canvas, text, g_rand_boolean (s->rand));
}

/* From anywhere to anywhere: nodes, ports, frames, wires, the empty; sometimes given up. */
static void
do_drag (Soak *s)
{
  Fixture f = { .canvas = s->canvas };
  gpointer gesture = controller (&f, GTK_TYPE_GESTURE_DRAG, GDK_BUTTON_PRIMARY);
  double x = g_rand_double_range (s->rand, 1, 990), y = g_rand_double_range (s->rand, 1, 690);
  double dx = g_rand_double_range (s->rand, -300, 300), dy = g_rand_double_range (s->rand, -90, 90);

  g_signal_emit_by_name (gesture, "drag-begin", x, y);
  g_signal_emit_by_name (gesture, "drag-update", dx / 2, dy / 2);
  g_signal_emit_by_name (gesture, "drag-update", dx, dy);
  if (g_rand_int_range (s->rand, 0, 5) == 0)
    studio_canvas_cancel_drag (s->canvas);
  g_signal_emit_by_name (gesture, "drag-end", dx, dy);
}

static void
do_look (Soak *s)
{
  studio_canvas_zoom_at (s->canvas, g_rand_double_range (s->rand, 0.05, 4),
                         g_rand_double_range (s->rand, 0, 900), 300);
  studio_canvas_pan (s->canvas, g_rand_double_range (s->rand, -200, 200), 30);
  if (g_rand_boolean (s->rand))
    studio_canvas_fit (s->canvas);
}

/* ---- what has to hold */

static void
step (Soak *s)
{
  gboolean back = g_rand_int_range (s->rand, 0, 3) > 0;
  guint n = g_rand_int_range (s->rand, 1, 8);
  g_autofree char *text = NULL;

  while (n-- > 0)
    if (!(back ? studio_document_undo (s->document) : studio_document_redo (s->document)))
      break;
  follow (s);
  text = text_of (studio_document_get_graph (s->document));
  g_assert_cmpstr (text, ==, g_ptr_array_index (s->texts, studio_document_now (s->document)));
  s->n_undos++;
}

/* What is saved and read again is the same document. */
static void
save (Soak *s)
{
  g_autofree char *text = text_of (studio_document_get_graph (s->document)), *again = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(AnfGraph) graph = anf_document_parse (text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  again = text_of (graph);
  g_assert_cmpstr (text, ==, again);
  studio_document_mark_saved (s->document, studio_document_get_graph (s->document), "/tmp/x.anf");
}

static void
do_something (Soak *s)
{
  static void (*const things[]) (Soak *) = {
    do_action, do_action, do_action, do_group, do_group, do_group, do_align, do_add, do_add,
    do_connect, do_connect, do_slash, do_move, do_paste, do_drag, do_drag, do_look, step, step,
    save,
  };

  if (g_rand_int_range (s->rand, 0, 2) == 0)
    choose_some (s);
  /* A few dozen nodes are enough to meet each other. */
  if (anf_graph_n_nodes (studio_document_get_graph (s->document)) > 40)
    g_action_group_activate_action (studio_canvas_get_actions (s->canvas), "delete", NULL);
  things[g_rand_int_range (s->rand, 0, G_N_ELEMENTS (things))] (s);
}

/* All the way back and forth again. */
static void
check_story (Soak *s)
{
  g_autofree char *text = NULL;

  while (studio_document_undo (s->document))
    ;
  text = text_of (studio_document_get_graph (s->document));
  g_assert_cmpstr (text, ==, g_ptr_array_index (s->texts, 0));
  while (studio_document_redo (s->document))
    ;
  g_free (text);
  text = text_of (studio_document_get_graph (s->document));
  g_assert_cmpstr (text, ==, g_ptr_array_index (s->texts, s->texts->len - 1));
}

/* A document forgets its oldest steps; before it does, what there is becomes a new one. */
static void
begin_story (Soak *s)
{
  AnfGraph *graph = s->document != NULL ? studio_document_get_graph (s->document) : NULL;
  StudioDocument *document = studio_document_new (graph, NULL);

  g_clear_object (&s->document);
  s->document = document;
  g_ptr_array_set_size (s->texts, 0);
  g_ptr_array_add (s->texts, text_of (studio_document_get_graph (document)));
}

static void
test_every_undo_gives_the_same_file (void)
{
  GtkWidget *window = gtk_window_new ();
  Soak s = { .rand = g_rand_new_with_seed (seed) };

  s.canvas = STUDIO_CANVAS (studio_canvas_new ());
  s.texts = g_ptr_array_new_with_free_func (g_free);
  begin_story (&s);
  gtk_window_set_default_size (GTK_WINDOW (window), 1000, 700);
  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (s.canvas));
  g_signal_connect (s.canvas, "edit", G_CALLBACK (on_edit), &s);
  follow (&s);
  gtk_window_present (GTK_WINDOW (window));
  for (int i = 0; i < n_actions; i++)
    {
      do_something (&s);
      if (i % 16 == 0)
        settle ();
      if (studio_document_n_steps (s.document) < 400)
        continue;
      check_story (&s);
      begin_story (&s);
    }
  check_story (&s);
  g_test_message ("seed %d: %d actions, %u edits, %u jumps back and forth", seed, n_actions,
                  s.n_edits, s.n_undos);
  g_assert_cmpuint (s.n_edits, >, n_actions / 8);
  gtk_window_destroy (GTK_WINDOW (window));
  settle ();
  g_object_unref (s.document);
  g_ptr_array_unref (s.texts);
  g_rand_free (s.rand);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  for (int i = 1; i + 1 < argc; i++)
    {
      if (strcmp (argv[i], "--actions") == 0)
        n_actions = atoi (argv[i + 1]);
      else if (strcmp (argv[i], "--start") == 0)
        seed = atoi (argv[i + 1]);
    }
  g_test_add_func ("/soak/every-undo-gives-the-same-file", test_every_undo_gives_the_same_file);
  return g_test_run ();
}
