/* compress-panel.c - every weight by every encoding, and the choice. */
#include "compress-panel.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "encoding-cell.h"
#include "encoding-list.h"
#include "encoding-totals.h"
#include "format.h"
#include "inspector-sections.h"
#include "pareto-card.h"
#include "solver-bar.h"
#include "sweep-card.h"
#include "table.h"
#include "weight-side.h"

typedef struct { StudioCompressPanel *self; AnfEncoding encoding; } Place;

struct _StudioCompressPanel
{
  StudioPanel parent_instance;

  GtkWidget           *stack, *empty, *document, *view, *legend, *side, *detail, *totals;
  GtkWidget           *head, *middle, *bar, *pareto, *sweep;
  StudioSolver        *solver;
  GtkWidget           *before, *after, *saving, *note;
  GtkColumnViewColumn *column[ANF_N_ENCODINGS];
  Place                place[ANF_N_ENCODINGS];
  GListStore          *rows;
  GtkSingleSelection  *selection;  /* borrowed from the view */
  StudioChange         waiting;    /* changes not shown yet: the workspace is not in view */
  gboolean             syncing;
};

G_DEFINE_FINAL_TYPE (StudioCompressPanel, studio_compress_panel, STUDIO_TYPE_PANEL)

enum { NAME, SHAPE, INDEX, CHOICE, ENCODING };  /* from ENCODING on: one cell for each */

static const AnfWeightFacts *
facts_of (StudioCompressPanel *self, StudioRow *row)
{
  const AnfWeights *weights = studio_panel_view (STUDIO_PANEL (self))->weights;
  guint i = row != NULL ? studio_row_number (row, INDEX) : G_MAXUINT;

  return weights != NULL && i < anf_weights_n (weights) ? anf_weights_nth (weights, i) : NULL;
}

/* ------------------------------------------------------------------------ rows */

/* Node ids are below 2^53, so a node's roles have room beside it. */
static guint64
key_of (guint i, gpointer data)
{
  const AnfWeightFacts *facts = anf_weights_nth (studio_panel_view (data)->weights, i);

  return facts->node << 10 | (g_str_hash (facts->role) & 1023);
}

/* The texts of the encodings are never shown: they tell when a drawn cell has to be drawn anew. */
static void
fill (StudioRow *row, guint i, gpointer data)
{
  const StudioView *view = studio_panel_view (data);
  const AnfWeightFacts *facts = anf_weights_nth (view->weights, i);
  const AnfNode *node = view->graph != NULL ? anf_graph_find (view->graph, facts->node) : NULL;
  const char *name = node != NULL ? anf_node_name (node) : facts->name;
  AnfEncoding own = ANF_AUTO;
  gboolean pinned = node != NULL && anf_node_encoding (node, facts->role, &own);
  g_autoptr(GString) shape = g_string_new (NULL);
  double elements = 1;

  for (guint axis = 0; axis < facts->rank; axis++)
    {
      g_string_append_printf (shape, "%s%" G_GINT64_FORMAT, axis > 0 ? "×" : "",
                              facts->shape[axis]);
      elements *= facts->shape[axis];
    }
  studio_row_set (row, NAME, NAN, g_strdup_printf ("%s %s", name, facts->role));
  studio_row_set (row, SHAPE, elements, g_strdup (shape->str));
  studio_row_set (row, INDEX, i, NULL);
  studio_row_set (row, CHOICE, pinned ? own : -1.0,
                  g_strdup_printf ("%d", view->graph != NULL
                                   ? anf_graph_settings (view->graph)->compress : 0));
  for (guint e = 0; e < ANF_N_ENCODINGS; e++)
    {
      const AnfEncodingFacts *is = &facts->encoding[e];

      studio_row_set (row, ENCODING + e, is->applies ? is->error : NAN,
                      g_strdup_printf ("%" G_GSIZE_FORMAT " %d%d%d%d", is->bytes, is->ok,
                                       is->streams, facts->chosen == e, facts->pinned));
    }
  studio_row_set_label (row, g_strdup_printf ("%s %s, %s, %s", name, facts->role, shape->str,
                                              anf_encoding_name (facts->chosen)));
}

/* ------------------------------------------------------------------------ cells */

/* What a recipe chose is not locked: the next one may choose again. */
static gboolean
is_locked (StudioCompressPanel *self, guint i)
{
  const AnfWeights *weights = studio_solver_get_weights (self->solver);

  return weights == NULL || i >= anf_weights_n (weights) || anf_weights_nth (weights, i)->pinned;
}

static void
on_cell_choose (StudioEncodingCell *cell, const Place *place)
{
  StudioRow *row = g_object_get_data (G_OBJECT (cell), "studio-row");
  const AnfWeightFacts *facts = facts_of (place->self, row);
  guint position;

  if (facts == NULL)
    return;
  if (studio_rows_find (G_LIST_MODEL (place->self->selection), studio_row_key (row), &position))
    gtk_single_selection_set_selected (place->self->selection, position);
  studio_encoding_edit (STUDIO_PANEL (place->self), facts->node, facts->role, place->encoding);
}

static GtkWidget *
make_cell (gpointer data)
{
  GtkWidget *cell = studio_encoding_cell_new ();

  g_signal_connect (cell, "choose", G_CALLBACK (on_cell_choose), data);
  return cell;
}

static void
show_cell (GtkWidget *child, StudioRow *row, gpointer data)
{
  const Place *place = data;
  const AnfWeightFacts *facts = facts_of (place->self, row);
  AnfSweep *sweep = studio_solver_get_sweep (place->self->solver);
  guint i = studio_row_number (row, INDEX);
  AnfWeightFacts shown = facts != NULL ? *facts : (AnfWeightFacts) { 0 };
  AnfEffect effect;

  shown.pinned = shown.pinned && is_locked (place->self, i);
  studio_encoding_cell_show (STUDIO_ENCODING_CELL (child), facts != NULL ? &shown : NULL,
                             place->encoding, studio_row_text (row, NAME),
                             sweep != NULL && anf_sweep_cell (sweep, i, place->encoding, &effect)
                             ? &effect : NULL);
  g_object_set_data_full (G_OBJECT (child), "studio-row", g_object_ref (row), g_object_unref);
}

static void
on_list_choose (StudioEncodingList *list, int encoding, StudioCompressPanel *self)
{
  const AnfWeightFacts *facts = facts_of (self, g_object_get_data (G_OBJECT (list), "studio-row"));

  if (facts != NULL)
    studio_encoding_edit (STUDIO_PANEL (self), facts->node, facts->role, encoding);
}

static GtkWidget *
make_list (gpointer data)
{
  GtkWidget *list = studio_encoding_list_new_later ();

  gtk_widget_set_valign (list, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (list, "dense");
  g_signal_connect (list, "choose", G_CALLBACK (on_list_choose), data);
  return list;
}

static void
show_list (GtkWidget *child, StudioRow *row, gpointer data)
{
  const StudioView *view = studio_panel_view (data);
  const AnfWeightFacts *facts = facts_of (data, row);
  const AnfNode *node = facts != NULL && view->graph != NULL
    ? anf_graph_find (view->graph, facts->node) : NULL;
  g_autofree char *name = g_strdup_printf (_("Encoding of %s"), studio_row_text (row, NAME));

  if (node == NULL)
    return;
  studio_encoding_list_set_name (STUDIO_ENCODING_LIST (child), name);
  g_object_set_data_full (G_OBJECT (child), "studio-row", g_object_ref (row), g_object_unref);
  studio_encoding_list_show (STUDIO_ENCODING_LIST (child), node, facts->role,
                             anf_graph_settings (view->graph)->compress, facts);
}

/* ------------------------------------------------------------------------ footer and legend */

static void
show_totals (StudioCompressPanel *self, const AnfWeights *weights)
{
  gsize before = studio_encoding_total (weights, ANF_FP16).bytes;
  gsize after = studio_encoding_total (weights, ANF_AUTO).bytes;
  guint pinned = 0, over = 0, folds = 0;
  g_autofree char *was = NULL, *is = NULL, *was_words = NULL, *saving = NULL, *note = NULL;

  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);

      pinned += facts->pinned && is_locked (self, i);
      over += !facts->encoding[facts->chosen].ok;
      folds += !facts->encoding[facts->chosen].streams;
    }
  was = studio_format_bytes (before);
  is = studio_format_bytes (after);
  was_words = g_strdup_printf (_("fp16 %s"), was);
  if (after < before)
    saving = g_strdup_printf ("-%.1f %%", (1 - (double) after / before) * 100);
  note = g_strdup_printf (ngettext ("%u weight, %u pinned, %u over the limit, %u fold",
                                    "%u weights, %u pinned, %u over the limit, %u fold",
                                    anf_weights_n (weights)),
                          anf_weights_n (weights), pinned, over, folds);
  gtk_label_set_text (GTK_LABEL (self->before), was_words);
  gtk_label_set_text (GTK_LABEL (self->after), is);
  studio_label_show (self->saving, saving);
  gtk_label_set_text (GTK_LABEL (self->note), note);
}

static void
draw_legend (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer data)
{
  static const struct { StudioMark mark; const char *words; } marks[] = {
    { STUDIO_MARK_CHOSEN, N_("chosen") }, { STUDIO_MARK_PINNED, N_("pinned by the node") },
    { STUDIO_MARK_OVER, N_("over the limit") }, { STUDIO_MARK_FOLDS, N_("folds: no time gain") },
  };
  GtkWidget *widget = GTK_WIDGET (area);
  double x = 128, y = height / 2.0;

  studio_chart_set_color (widget, cr, "anf_text_dim");
  studio_chart_text (widget, cr, "0.002", 0, y, 0, TRUE);
  studio_chart_text (widget, cr, "0.2", x - 4, y, 0, TRUE);
  for (guint i = 0; i < 80; i++)
    {
      GdkRGBA cell, text;

      studio_chart_error_color (0.002 * pow (10, i / 40.0), &cell, &text);
      gdk_cairo_set_source_rgba (cr, &cell);
      cairo_rectangle (cr, 40 + i, y - 6, 1.2, 12);
      cairo_fill (cr);
    }
  x += 34;
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      const char *words = _(marks[i].words);

      studio_chart_set_color (widget, cr, "anf_text_dim");
      studio_encoding_mark_draw (cr, marks[i].mark, x, y);
      studio_chart_text (widget, cr, words, x + 10, y, 0, FALSE);
      x += 30 + studio_chart_text_width (widget, words, FALSE);
    }
}

/* ------------------------------------------------------------------------ showing */

static void
show_titles (StudioCompressPanel *self, const AnfReport *report)
{
  const char *target = report != NULL ? anf_report_target (report) : NULL;
  guint family = target != NULL ? anf_arch_family (target) : 0;

  for (guint e = 0; e < ANF_N_ENCODINGS; e++)
    {
      g_autofree char *title = family == 0 || anf_family_streams (family, e)
        ? g_strdup (anf_encoding_name (e))
        : g_strdup_printf (_("%s · folds"), anf_encoding_name (e));

      gtk_column_view_column_set_title (self->column[e], title);
    }
}

static void
show_detail (StudioCompressPanel *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  StudioRow *row = gtk_single_selection_get_selected_item (self->selection);

  studio_weight_side_show (STUDIO_WEIGHT_SIDE (self->detail), view->graph, view->report,
                           facts_of (self, row));
}

/* The row of the active node; the row there is while it is one of that node's weights. */
static void
select_row (StudioCompressPanel *self)
{
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  const AnfWeightFacts *now = facts_of (self,
                                        gtk_single_selection_get_selected_item (self->selection));
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  if (active == NULL || (now != NULL && now->node == anf_node_id (active)))
    return;
  self->syncing = TRUE;
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(StudioRow) row = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (facts_of (self, row)->node != anf_node_id (active))
        continue;
      gtk_single_selection_set_selected (self->selection, i);
      break;
    }
  self->syncing = FALSE;
}

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioCompressPanel *self)
{
  const AnfWeightFacts *facts =
    facts_of (self, gtk_single_selection_get_selected_item (selection));

  if (!self->syncing && facts != NULL)
    studio_panel_select (STUDIO_PANEL (self), facts->node);
  show_detail (self);
}

static void
show_weights (StudioCompressPanel *self, const StudioView *view)
{
  guint n = view->weights != NULL ? anf_weights_n (view->weights) : 0;

  self->syncing = TRUE;
  if (studio_rows_merge (self->rows, n, key_of, fill, self))
    studio_table_resort (GTK_COLUMN_VIEW (self->view));
  self->syncing = FALSE;
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), n > 0 ? "weights" : "empty");
  gtk_label_set_text (GTK_LABEL (self->empty), view->weights == NULL
                      ? _("Weights are surveyed as soon as the graph has no errors.")
                      : _("This graph has no weights that can be encoded."));
  studio_encoding_totals_show (STUDIO_ENCODING_TOTALS (self->totals), view->weights);
  if (n > 0)
    show_totals (self, view->weights);
  show_detail (self);
}

/* A row costs seven widgets: they are made when the workspace comes into view, not before. */
static void
studio_compress_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioCompressPanel *self = STUDIO_COMPRESS_PANEL (panel);

  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      self->waiting |= changed;
      return;
    }
  if (changed & STUDIO_GRAPH && view->graph != NULL)
    {
      self->syncing = TRUE;
      gtk_drop_down_set_selected (GTK_DROP_DOWN (self->document),
                                  anf_graph_settings (view->graph)->compress);
      self->syncing = FALSE;
    }
  if (changed & STUDIO_REPORT)
    show_titles (self, view->report);
  if (changed & (STUDIO_GRAPH | STUDIO_PLAN | STUDIO_WEIGHTS))
    studio_solver_show (self->solver, view);
  if (changed & (STUDIO_GRAPH | STUDIO_WEIGHTS))
    show_weights (self, view);
  if (changed & (STUDIO_SELECTION | STUDIO_WEIGHTS))
    select_row (self);
}

static void
studio_compress_panel_map (GtkWidget *widget)
{
  StudioCompressPanel *self = STUDIO_COMPRESS_PANEL (widget);
  StudioChange waiting = self->waiting;

  GTK_WIDGET_CLASS (studio_compress_panel_parent_class)->map (widget);
  self->waiting = 0;
  studio_compress_panel_update (STUDIO_PANEL (self), studio_panel_view (STUDIO_PANEL (self)),
                                waiting);
}

static void
on_document (GtkDropDown *list, GParamSpec *pspec, StudioCompressPanel *self)
{
  guint at = gtk_drop_down_get_selected (list);

  if (!self->syncing && at <= ANF_AUTO)
    studio_compress_edit (STUDIO_PANEL (self), at);
}

/* ------------------------------------------------------------------------ the widget */

static void
add_encoding_columns (StudioCompressPanel *self)
{
  g_autoptr(GtkListItemFactory) lists = studio_cell_factory (make_list, show_list, self);
  g_autoptr(GtkColumnViewColumn) choice = NULL;

  for (guint e = 0; e < ANF_N_ENCODINGS; e++)
    {
      self->place[e] = (Place) { self, e };
      self->column[e] = gtk_column_view_column_new (anf_encoding_name (e),
        studio_cell_factory (make_cell, show_cell, &self->place[e]));
      gtk_column_view_column_set_fixed_width (self->column[e], 92);
      gtk_column_view_append_column (GTK_COLUMN_VIEW (self->view), self->column[e]);
      g_object_unref (self->column[e]);
    }
  choice = gtk_column_view_column_new (_("Choice"), g_steal_pointer (&lists));
  gtk_column_view_column_set_fixed_width (choice, 128);
  gtk_column_view_append_column (GTK_COLUMN_VIEW (self->view), choice);
}

static void
build_table (StudioCompressPanel *self)
{
  static const StudioColumn columns[] = {
    { N_("Weight"), NAME, STUDIO_COLUMN_TEXT, 96, TRUE },
    { N_("Shape"), SHAPE, STUDIO_COLUMN_NUMBER, 84, FALSE },
  };
  GtkColumnView *view = GTK_COLUMN_VIEW (self->view);

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (gtk_sort_list_model_new
    (G_LIST_MODEL (g_object_ref (self->rows)), g_object_ref (gtk_column_view_get_sorter (view)))));
  gtk_column_view_set_model (view, GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    studio_table_add_column (view, &columns[i]);
  add_encoding_columns (self);
  studio_table_align (view);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (on_selected),
                           self, 0);
}

static void
add_totals (StudioCompressPanel *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);

  studio_section_begin (box, _("All weights in one encoding"));
  self->totals = studio_encoding_totals_new ();
  gtk_box_append (GTK_BOX (box), self->totals);
  gtk_box_append (GTK_BOX (self->side), box);
}

static void
add_solver (StudioCompressPanel *self)
{
  self->solver = studio_solver_new ();
  self->bar = studio_solver_bar_new (self->solver);
  self->pareto = studio_pareto_card_new (self->solver);
  self->sweep = studio_sweep_card_new (self->solver);
  gtk_box_append (GTK_BOX (self->head), self->bar);
  gtk_box_append (GTK_BOX (self->middle), self->pareto);
  gtk_box_append (GTK_BOX (self->middle), self->sweep);
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (self->bar));
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (self->pareto));
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (self->sweep));
}

static void
studio_compress_panel_dispose (GObject *object)
{
  StudioCompressPanel *self = STUDIO_COMPRESS_PANEL (object);

  self->syncing = TRUE;
  if (self->view != NULL)
    gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), NULL);
  g_clear_object (&self->rows);
  g_clear_object (&self->solver);
  gtk_widget_dispose_template (GTK_WIDGET (self), STUDIO_TYPE_COMPRESS_PANEL);
  G_OBJECT_CLASS (studio_compress_panel_parent_class)->dispose (object);
}

static void
studio_compress_panel_class_init (StudioCompressPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_compress_panel_dispose;
  widget_class->map = studio_compress_panel_map;
  STUDIO_PANEL_CLASS (klass)->update = studio_compress_panel_update;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/compress-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, stack);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, empty);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, document);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, view);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, legend);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, side);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, before);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, after);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, saving);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, note);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, head);
  gtk_widget_class_bind_template_child (widget_class, StudioCompressPanel, middle);
  gtk_widget_class_bind_template_callback (widget_class, on_document);
}

static void
studio_compress_panel_init (StudioCompressPanel *self)
{
  g_autoptr(GtkStringList) encodings = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  self->syncing = TRUE;
  for (guint e = 0; e <= ANF_AUTO; e++)
    gtk_string_list_append (encodings, anf_encoding_name (e));
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->document), G_LIST_MODEL (encodings));
  self->syncing = FALSE;
  self->detail = studio_weight_side_new ();
  gtk_widget_set_vexpand (self->detail, TRUE);
  gtk_box_append (GTK_BOX (self->side), self->detail);
  add_totals (self);
  add_solver (self);
  build_table (self);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (self->legend), draw_legend, NULL, NULL);
  show_weights (self, studio_panel_view (STUDIO_PANEL (self)));
}

GtkWidget *
studio_compress_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_COMPRESS_PANEL, NULL);
}
