/* structure-card.c - changes from one document to another, one by one, in a list and on two
 * canvases that look at the same place. */
#include "structure-card.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "canvas-marks.h"
#include "canvas.h"
#include "card.h"
#include "edits.h"
#include "table.h"

struct _StudioStructureCard
{
  GtkBox parent_instance;

  GtkWidget          *card, *previous, *next, *view, *canvases;
  StudioCanvas       *canvas[2];
  GtkWidget          *marks[2];
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  AnfGraph           *graph[2];    /* (nullable) */
  AnfDiff            *diff;        /* (nullable) */
  gboolean            syncing;
};

G_DEFINE_FINAL_TYPE (StudioStructureCard, studio_structure_card, GTK_TYPE_BOX)

enum { PICK, N_SIGNALS };
static guint signals[N_SIGNALS];

enum { WHAT, NODE, FIELD, BEFORE, AFTER };

/* ------------------------------------------------------------------------ rows */

static guint64
key_of (guint i, gpointer data)
{
  return i + 1;
}

static const char *
word_of (AnfChangeKind kind)
{
  return kind == ANF_ADDED ? _("added") : kind == ANF_REMOVED ? _("removed") : _("changed");
}

static void
fill (StudioRow *row, guint i, gpointer data)
{
  StudioStructureCard *self = data;
  const AnfChange *change = anf_diff_nth (self->diff, i);
  static const char *const icons[] = { "list-add-symbolic", "list-remove-symbolic",
                                       "document-edit-symbolic" };
  static const char *const classes[] = { "good", "bad", "warn" };
  gboolean changed = change->kind == ANF_CHANGED;

  studio_row_set_text (row, WHAT, word_of (change->kind));
  studio_row_set_icon (row, icons[change->kind], classes[change->kind]);
  studio_row_set_text (row, NODE, change->node != NULL ? change->node : _("document"));
  studio_row_set_text (row, FIELD, changed ? change->field : "");
  studio_row_set (row, BEFORE, NAN, changed ? anf_change_text (change->a) : g_strdup (""));
  studio_row_set (row, AFTER, NAN, changed ? anf_change_text (change->b) : g_strdup (""));
  studio_row_set_label (row, g_strdup_printf ("%s, %s, %s, %s, %s", studio_row_text (row, WHAT),
                                              studio_row_text (row, NODE),
                                              studio_row_text (row, FIELD),
                                              studio_row_text (row, BEFORE),
                                              studio_row_text (row, AFTER)));
}

static void
show_marks (StudioStructureCard *self)
{
  for (guint side = 0; side < 2; side++)
    studio_canvas_marks_clear (STUDIO_CANVAS_MARKS (self->marks[side]));
  for (guint i = 0; self->diff != NULL && i < anf_diff_n (self->diff); i++)
    {
      const AnfChange *change = anf_diff_nth (self->diff, i);
      const StudioMark marks[] = { STUDIO_MARK_ADDED, STUDIO_MARK_REMOVED, STUDIO_MARK_CHANGED };

      if (change->node_a != 0)
        studio_canvas_marks_add (STUDIO_CANVAS_MARKS (self->marks[0]), change->node_a,
                                 marks[change->kind]);
      if (change->node_b != 0)
        studio_canvas_marks_add (STUDIO_CANVAS_MARKS (self->marks[1]), change->node_b,
                                 marks[change->kind]);
    }
}

void
studio_structure_card_show (StudioStructureCard *self, AnfGraph *a, AnfGraph *b)
{
  AnfGraph *const graphs[] = { a, b };
  guint n;
  g_autofree char *note = NULL;

  g_return_if_fail (STUDIO_IS_STRUCTURE_CARD (self));

  if (a == self->graph[0] && b == self->graph[1])
    return;
  g_clear_pointer (&self->diff, anf_diff_free);
  for (guint side = 0; side < 2; side++)
    {
      AnfGraph *held = graphs[side] != NULL ? anf_graph_ref (graphs[side]) : NULL;

      g_clear_pointer (&self->graph[side], anf_graph_unref);
      self->graph[side] = held;
      studio_canvas_set_graph (self->canvas[side], held);
    }
  if (a != NULL && b != NULL)
    self->diff = anf_diff (a, b, 0, FALSE);
  n = studio_structure_card_n (self);
  self->syncing = TRUE;
  g_list_store_remove_all (self->rows);
  studio_rows_merge (self->rows, n, key_of, fill, self);
  self->syncing = FALSE;
  show_marks (self);
  note = self->diff == NULL ? g_strdup (_("one of the documents was not kept"))
    : n == 0 ? g_strdup (_("no difference"))
    : g_strdup_printf (ngettext ("%u change", "%u changes", n), n);
  studio_card_set_note (STUDIO_CARD (self->card), note);
  gtk_widget_set_sensitive (self->previous, n > 0);
  gtk_widget_set_sensitive (self->next, n > 0);
  gtk_widget_set_visible (self->canvases, self->diff != NULL);
}

guint
studio_structure_card_n (StudioStructureCard *self)
{
  return self->diff != NULL ? anf_diff_n (self->diff) : 0;
}

/* ------------------------------------------------------------------------ one change */

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioStructureCard *self)
{
  StudioRow *row = gtk_single_selection_get_selected_item (selection);
  const AnfChange *change;

  if (self->syncing || row == NULL)
    return;
  change = anf_diff_nth (self->diff, studio_row_key (row) - 1);
  if (change->node_b != 0)
    studio_canvas_show_node (self->canvas[1], change->node_b);
  else if (change->node_a != 0)
    studio_canvas_show_node (self->canvas[0], change->node_a);
  g_signal_emit (self, signals[PICK], 0, change->node_b, change->node_a);
}

void
studio_structure_card_step (StudioStructureCard *self, int step)
{
  guint n = studio_structure_card_n (self), at;

  g_return_if_fail (STUDIO_IS_STRUCTURE_CARD (self));

  if (n == 0)
    return;
  at = gtk_single_selection_get_selected (self->selection);
  at = at >= n ? (step > 0 ? 0 : n - 1) : (at + n + step) % n;
  gtk_single_selection_set_selected (self->selection, at);
  gtk_widget_activate_action (self->view, "list.scroll-to-item", "u", at);
}

static void
on_step (GtkButton *button, StudioStructureCard *self)
{
  studio_structure_card_step (self, GTK_WIDGET (button) == self->next ? 1 : -1);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_structure_card_dispose (GObject *object)
{
  StudioStructureCard *self = STUDIO_STRUCTURE_CARD (object);

  self->syncing = TRUE;
  g_clear_object (&self->rows);
  g_clear_pointer (&self->diff, anf_diff_free);
  for (guint side = 0; side < 2; side++)
    g_clear_pointer (&self->graph[side], anf_graph_unref);
  G_OBJECT_CLASS (studio_structure_card_parent_class)->dispose (object);
}

static void
studio_structure_card_class_init (StudioStructureCardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_structure_card_dispose;
  signals[PICK] = g_signal_new ("pick", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 2, G_TYPE_UINT64, G_TYPE_UINT64);
}

static GtkWidget *
make_button (StudioStructureCard *self, const char *icon, const char *words)
{
  GtkWidget *button = studio_button_new (icon, words);

  gtk_widget_add_css_class (button, "small");
  g_signal_connect (button, "clicked", G_CALLBACK (on_step), self);
  studio_card_add_end (STUDIO_CARD (self->card), button);
  return button;
}

static void
build_table (StudioStructureCard *self)
{
  static const StudioColumn columns[] = {
    { N_("What"), WHAT, STUDIO_COLUMN_ICON, 88, FALSE },
    { N_("Node"), NODE, STUDIO_COLUMN_TEXT, 90, TRUE },
    { N_("Field"), FIELD, STUDIO_COLUMN_DIM, 90, FALSE },
    { "A", BEFORE, STUDIO_COLUMN_TEXT, 80, TRUE },
    { "B", AFTER, STUDIO_COLUMN_TEXT, 80, TRUE },
  };
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->view = gtk_column_view_new (NULL);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->rows)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected), self, 0);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    gtk_column_view_column_set_sorter (studio_table_add_column (GTK_COLUMN_VIEW (self->view),
                                                                &columns[i]), NULL);
  studio_name_widget (self->view, _("Changes between the documents"));
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scrolled), 110);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->view);
  gtk_box_append (GTK_BOX (self->card), scrolled);
}

static void
build_canvases (StudioStructureCard *self)
{
  const char *const names[] = { _("Graph of A"), _("Graph of B") };

  self->canvases = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 1);
  gtk_box_set_homogeneous (GTK_BOX (self->canvases), TRUE);
  gtk_widget_set_size_request (self->canvases, -1, 220);
  gtk_widget_set_vexpand (self->canvases, TRUE);
  for (guint side = 0; side < 2; side++)
    {
      GtkWidget *overlay = gtk_overlay_new ();

      self->canvas[side] = STUDIO_CANVAS (studio_canvas_new ());
      self->marks[side] = studio_canvas_marks_new (self->canvas[side]);
      studio_name_widget (overlay, names[side]);
      gtk_overlay_set_child (GTK_OVERLAY (overlay), GTK_WIDGET (self->canvas[side]));
      gtk_overlay_add_overlay (GTK_OVERLAY (overlay), self->marks[side]);
      gtk_box_append (GTK_BOX (self->canvases), overlay);
    }
  studio_canvas_lock (self->canvas[0], self->canvas[1]);
  gtk_widget_set_visible (self->canvases, FALSE);
  gtk_box_append (GTK_BOX (self->card), self->canvases);
}

static void
studio_structure_card_init (StudioStructureCard *self)
{
  self->card = studio_card_new (_("Structure"), NULL);
  gtk_widget_set_hexpand (self->card, TRUE);
  gtk_widget_set_vexpand (self->card, TRUE);
  self->previous = make_button (self, "go-previous-symbolic", _("Previous change"));
  self->next = make_button (self, "go-next-symbolic", _("Next change"));
  build_table (self);
  build_canvases (self);
  gtk_box_append (GTK_BOX (self), self->card);
}

GtkWidget *
studio_structure_card_new (void)
{
  return g_object_new (STUDIO_TYPE_STRUCTURE_CARD, NULL);
}
