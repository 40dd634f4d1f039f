/* test-palette.c - what a search finds first, and what is chosen. */
#include "palette.h"

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
on_chosen (StudioPalette *palette, const char *name, char **chosen)
{
  g_free (*chosen);
  *chosen = g_strdup (name);
}

static gboolean
is_pool (const AnfOp *op, gpointer data)
{
  return anf_op_category (op) == ANF_CAT_POOL;
}

static void
test_search_ranks_the_name_first (void)
{
  guint exact = studio_palette_rank (anf_op_lookup ("relu"), "relu");
  guint start = studio_palette_rank (anf_op_lookup ("relu"), "re");
  guint inside = studio_palette_rank (anf_op_lookup ("leaky_relu"), "relu");

  g_assert_cmpuint (exact, >, inside);
  g_assert_cmpuint (start, >, studio_palette_rank (anf_op_lookup ("leaky_relu"), "re"));
  g_assert_cmpuint (inside, >, 0);
  g_assert_cmpuint (studio_palette_rank (anf_op_lookup ("relu"), "xyz"), ==, 0);
  g_assert_cmpuint (studio_palette_rank (anf_op_lookup ("layer_norm"), "lnorm"), >, 0);
  g_assert_cmpuint (studio_palette_rank (anf_op_lookup ("max_pool"), "pool max"), >, 0);
  g_assert_cmpuint (studio_palette_rank (anf_op_lookup ("avg_pool"), "pool max"), ==, 0);
}

static void
test_a_palette_lists_filters_and_chooses (void)
{
  GtkWidget *window = gtk_window_new (), *palette = studio_palette_new ();
  g_auto(GStrv) listed = NULL, pools = NULL;
  g_autofree char *chosen = NULL;
  gpointer weak = palette;

  g_object_add_weak_pointer (G_OBJECT (palette), &weak);
  gtk_window_set_child (GTK_WINDOW (window), palette);
  gtk_window_present (GTK_WINDOW (window));
  g_signal_connect (palette, "chosen", G_CALLBACK (on_chosen), &chosen);
  studio_palette_set_search (STUDIO_PALETTE (palette), "relu");
  listed = studio_palette_dup_listed (STUDIO_PALETTE (palette));
  g_assert_cmpstr (listed[0], ==, "relu");
  {
    GtkWidget *search = gtk_widget_get_first_child (palette);

    g_assert_true (GTK_IS_SEARCH_ENTRY (search));
    g_signal_emit_by_name (search, "activate");
  }
  g_assert_cmpstr (chosen, ==, "relu");
  studio_palette_set_filter (STUDIO_PALETTE (palette), is_pool, NULL, NULL);
  studio_palette_begin (STUDIO_PALETTE (palette));
  pools = studio_palette_dup_listed (STUDIO_PALETTE (palette));
  g_assert_true (g_strv_contains ((const char *const *) pools, "max_pool"));
  g_assert_false (g_strv_contains ((const char *const *) pools, "relu"));
  gtk_window_destroy (GTK_WINDOW (window));
  settle ();
  g_assert_null (weak);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/palette/search-ranks-the-name-first", test_search_ranks_the_name_first);
  g_test_add_func ("/palette/lists-filters-and-chooses", test_a_palette_lists_filters_and_chooses);
  return g_test_run ();
}
