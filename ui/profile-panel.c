/* profile-panel.c - what a run took: tiles, table, bars, timeline. */
#include "profile-panel.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"
#include "profile-charts.h"
#include "profile-export.h"
#include "profile-side.h"
#include "query.h"
#include "table.h"

typedef enum { MEDIAN, P90, FIRST, COMPILE, LOAD, PEAK, N_TILES } Tile;

struct _StudioProfilePanel
{
  StudioPanel parent_instance;

  GtkWidget          *stack, *banner, *tiles, *view, *basis, *total, *charts, *copy;
  GtkWidget          *value[N_TILES], *note[N_TILES], *side, *export;
  GListStore         *rows;
  GtkSingleSelection *selection;   /* borrowed from the view */
  GtkWidget          *filter, *group, *column_menu;
  GHashTable         *slower;      /* node -> share of it and all slower ones, while filling */
  AnfEstimate        *estimate;    /* for the target, while filling */
  GArray             *shown;       /* Shown: operators that the filter lets through */
  GtkColumnViewColumn *column[12];
  StudioChange        waiting;     /* changes not shown yet: the workspace is not in view */
  gboolean            syncing;
};

G_DEFINE_FINAL_TYPE (StudioProfilePanel, studio_profile_panel, STUDIO_TYPE_PANEL)

enum { SHOW_NODE, N_SIGNALS };
static guint signals[N_SIGNALS];

enum { NAME, KIND, TIME, BAR, SHARE, SLOWER, FLOP, BYTES, INTENSITY, ESTIMATE, RATIO, BOUND,
       N_CELLS };
G_STATIC_ASSERT (N_CELLS <= STUDIO_ROW_CELLS);

/* Segments and nodes are in one table: no node id reaches this. */
#define SEGMENT_KEY(i) (((guint64) 1 << 60) + (i))

static AnfProfile *
profile_of (StudioProfilePanel *self)
{
  return studio_panel_view (STUDIO_PANEL (self))->profile;
}

static const AnfPlan *
plan_of (StudioProfilePanel *self)
{
  return anf_program_plan (anf_profile_program (profile_of (self)));
}

/* ------------------------------------------------------------------------ rows */

static int
by_time (gconstpointer a, gconstpointer b)
{
  const AnfOpProfile *one = *(const AnfOpProfile **) a, *two = *(const AnfOpProfile **) b;

  return (one->us.median_us < two->us.median_us) - (one->us.median_us > two->us.median_us);
}

static GHashTable *
share_of_slower (AnfProfile *profile)
{
  g_autoptr(GPtrArray) ops = g_ptr_array_new ();
  GHashTable *shares = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  double total = anf_profile_total (profile).median_us, sum = 0;

  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    g_ptr_array_add (ops, (gpointer) anf_profile_nth_op (profile, i));
  g_ptr_array_sort (ops, by_time);
  for (guint i = 0; i < ops->len; i++)
    {
      const AnfOpProfile *op = g_ptr_array_index (ops, i);
      double *share = g_new (double, 1);

      sum += op->us.median_us;
      *share = total > 0 ? sum / total : NAN;
      g_hash_table_insert (shares, GSIZE_TO_POINTER (op->node), share);
    }
  return shares;
}

static void
set_numbers (StudioRow *row, double us, double total, double longest, double flops, double bytes)
{
  g_autofree char *count = studio_format_count (flops);

  studio_row_set (row, TIME, us, studio_format_time_us (us));
  studio_row_set (row, BAR, longest > 0 ? us / longest : NAN, NULL);
  studio_row_set (row, SHARE, us / total, studio_format_percent (us / total));
  studio_row_set (row, FLOP, flops, g_strdup (flops > 0 ? count : "–"));
  studio_row_set (row, BYTES, bytes, studio_format_bytes (bytes));
  studio_row_set (row, INTENSITY, bytes > 0 ? flops / bytes : NAN,
                  flops > 0 && bytes > 0 ? studio_format_real (flops / bytes) : g_strdup ("–"));
}

/* Beside the measured time what the target is estimated to take; never its own measurement. */
static void
set_estimate (StudioRow *row, double us, double measured, AnfBound bound)
{
  studio_row_set (row, ESTIMATE, us, studio_format_time_us (us));
  /* What is taken in passing, within another's time, is held against nothing. */
  studio_row_set (row, RATIO, us >= 0.05 ? measured / us : NAN,
                  us >= 0.05 ? g_strdup_printf ("%.3g×", measured / us) : g_strdup ("–"));
  studio_row_set (row, BOUND, NAN, g_strdup (isnan (us) ? "" : anf_bound_name (bound)));
}

typedef struct { guint segment; AnfId node; } Shown;

typedef struct
{
  StudioProfilePanel *self;
  GArray             *groups;      /* of guint: segments that have something to show */
  guint               from;        /* of the segment that is being filled */
  double              longest;     /* median of any segment, us: the bars' scale */
} Fill;

static const Shown *
shown_at (const Fill *fill, guint i)
{
  return &g_array_index (fill->self->shown, Shown, fill->from + i);
}

static guint64
op_key (guint i, gpointer data)
{
  return shown_at (data, i)->node;
}

static void
fill_op (StudioRow *row, guint i, gpointer data)
{
  const Fill *fill = data;
  const Shown *shown = shown_at (fill, i);
  AnfProfile *profile = profile_of (fill->self);
  const AnfNode *node = anf_graph_find (anf_program_graph (anf_profile_program (profile)),
                                        shown->node);
  const AnfOpProfile *op = anf_profile_op (profile, shown->node);
  const AnfNodeEstimate *guess = anf_estimate_node (fill->self->estimate, shown->node);
  double *slower = g_hash_table_lookup (fill->self->slower, GSIZE_TO_POINTER (shown->node));

  studio_row_set_text (row, NAME, node != NULL ? anf_node_name (node) : "");
  studio_row_set_text (row, KIND, node != NULL ? anf_node_op_name (node) : "");
  studio_row_set_icon (row, NULL,
                       studio_segment_color (anf_plan_nth_segment (plan_of (fill->self),
                                                                   shown->segment),
                                             shown->segment));
  if (op != NULL)
    set_numbers (row, op->us.median_us, anf_profile_total (profile).median_us, fill->longest,
                 op->flops, op->bytes);
  set_estimate (row, guess != NULL ? guess->us : NAN, op != NULL ? op->us.median_us : NAN,
                guess != NULL ? guess->bound : ANF_BOUND_FLOOR);
  studio_row_set (row, SLOWER, slower != NULL ? *slower : NAN,
                  studio_format_percent (slower != NULL ? *slower : NAN));
  studio_row_set_label (row, g_strdup_printf ("%s, %s, %s", studio_row_text (row, NAME),
                                              studio_row_text (row, KIND),
                                              studio_row_text (row, TIME)));
}

static guint64
segment_key (guint i, gpointer data)
{
  return SEGMENT_KEY (g_array_index (((Fill *) data)->groups, guint, i));
}

static guint
n_shown (StudioProfilePanel *self, guint segment, guint *from)
{
  guint n = 0;

  for (guint i = 0; i < self->shown->len; i++)
    if (g_array_index (self->shown, Shown, i).segment == segment && n++ == 0)
      *from = i;
  return n;
}

static void
fill_segment (StudioRow *row, guint i, gpointer data)
{
  Fill fill = *(Fill *) data;
  guint at = g_array_index (fill.groups, guint, i), n = n_shown (fill.self, at, &fill.from);
  AnfProfile *profile = profile_of (fill.self);
  const AnfSegment *segment = anf_plan_nth_segment (plan_of (fill.self), at);
  gboolean guessed = anf_estimate_n_segments (fill.self->estimate) > at;
  double us = anf_profile_segment (profile, at).median_us, flops = 0, bytes = 0;
  g_autofree char *kind = NULL;

  for (guint j = 0; j < segment->n_nodes; j++)
    {
      const AnfOpProfile *op = anf_profile_op (profile, segment->nodes[j]);

      flops += op != NULL ? op->flops : 0;
      bytes += op != NULL ? op->bytes : 0;
    }
  kind = g_strdup_printf (ngettext ("%s, %u op", "%s, %u ops", segment->n_nodes),
                          anf_segment_kind_name (segment->kind), segment->n_nodes);
  studio_row_set_head (row);
  studio_row_set_text (row, NAME, segment->name);
  studio_row_set_text (row, KIND, kind);
  studio_row_set_icon (row, NULL, studio_segment_color (segment, at));
  set_numbers (row, us, anf_profile_total (profile).median_us, fill.longest, flops, bytes);
  set_estimate (row, guessed ? anf_estimate_segment (fill.self->estimate, at)->us : NAN, us,
                guessed ? anf_estimate_segment (fill.self->estimate, at)->bound : ANF_BOUND_FLOOR);
  studio_row_set_text (row, SLOWER, "");
  studio_row_set_label (row, g_strdup_printf (_("segment %s, %s, %s"), segment->name, kind,
                                              studio_row_text (row, TIME)));
  studio_rows_merge (studio_row_add_children (row), n, op_key, fill_op, &fill);
}

/* What the filter lets through, and the segments that these are of (transfer full). */
static GArray *
list_shown (StudioProfilePanel *self)
{
  const StudioView *view = studio_panel_view (STUDIO_PANEL (self));
  g_autoptr(StudioQuery) query =
    studio_query_new (gtk_editable_get_text (GTK_EDITABLE (self->filter)));
  AnfGraph *graph = anf_program_graph (anf_profile_program (view->profile));
  GArray *groups = g_array_new (FALSE, FALSE, sizeof (guint));

  g_array_set_size (self->shown, 0);
  for (guint i = 0; i < anf_plan_n_segments (plan_of (self)); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan_of (self), i);
      guint before = self->shown->len;

      for (guint j = 0; j < segment->n_nodes; j++)
        {
          const AnfNode *node = anf_graph_find (graph, segment->nodes[j]);
          Shown shown = { i, segment->nodes[j] };

          if (node != NULL && studio_query_matches (query, view, node))
            g_array_append_val (self->shown, shown);
        }
      if (self->shown->len > before)
        g_array_append_val (groups, i);
    }
  studio_set_tip (self->filter, studio_query_problem (query) != NULL
                  ? studio_query_problem (query)
                  : _("Words of names, op:conv, latency>50us, flops>1M, segment:s0 (Ctrl+F)"));
  return groups;
}

static void
show_table (StudioProfilePanel *self, AnfProfile *profile)
{
  Fill fill = { self };
  const AnfProgram *program = anf_profile_program (profile);
  const char *target = anf_report_target (anf_program_report (program));
  guint n = anf_plan_n_segments (plan_of (self));
  gboolean grouped = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->group)), differs;
  double flops = 0;
  g_autoptr(GArray) groups = list_shown (self);
  g_autofree char *time = NULL, *work = NULL, *total = NULL, *basis = NULL;

  for (guint i = 0; i < n; i++)
    fill.longest = MAX (fill.longest, anf_profile_segment (profile, i).median_us);
  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    flops += anf_profile_nth_op (profile, i)->flops;
  fill.groups = groups;
  self->slower = share_of_slower (profile);
  self->estimate = anf_estimate (plan_of (self), anf_program_weights (program), target);
  differs = grouped ? studio_rows_merge (self->rows, groups->len, segment_key, fill_segment, &fill)
                    : studio_rows_merge (self->rows, self->shown->len, op_key, fill_op, &fill);
  if (differs)
    studio_table_resort (GTK_COLUMN_VIEW (self->view));
  g_clear_pointer (&self->slower, g_hash_table_unref);
  g_clear_pointer (&self->estimate, anf_estimate_unref);

  time = studio_format_time_us (anf_profile_total (profile).median_us);
  work = studio_format_count (flops);
  total = self->shown->len == anf_profile_n_ops (profile)
    ? g_strdup_printf (_("Whole run %s, %u operators in %u segments, %s FLOP"), time,
                       anf_profile_n_ops (profile), n, work)
    : g_strdup_printf (_("Whole run %s, %u of %u operators shown, %s FLOP"), time,
                       self->shown->len, anf_profile_n_ops (profile), work);
  basis = g_strdup_printf (_("medians of %u runs on the CPU, %u threads; estimates for %s"),
                           anf_profile_runs (profile), anf_profile_threads (profile), target);
  gtk_label_set_text (GTK_LABEL (self->total), total);
  gtk_label_set_text (GTK_LABEL (self->basis), basis);
}

/* ------------------------------------------------------------------------ tiles */

static void
show_tile (StudioProfilePanel *self, Tile tile, char *value, char *note)
{
  gtk_label_set_text (GTK_LABEL (self->value[tile]), value);
  gtk_label_set_text (GTK_LABEL (self->note[tile]), note);
  g_free (value);
  g_free (note);
}

static void
show_tiles (StudioProfilePanel *self, AnfProfile *profile)
{
  AnfStats total = anf_profile_total (profile);
  AnfProgram *program = anf_profile_program (profile);
  g_autofree char *p10 = studio_format_time_us (total.p10_us);
  g_autofree char *p99 = studio_format_time_us (total.p99_us);
  g_autofree char *least = studio_format_time_us (total.min_us);
  const char *numerics = anf_numerics_name (anf_program_options (program)->numerics);

  show_tile (self, MEDIAN, studio_format_time_us (total.median_us),
             g_strdup_printf (_("min %s, p10 %s"), least, p10));
  show_tile (self, P90, studio_format_time_us (total.p90_us), g_strdup_printf (_("p99 %s"), p99));
  show_tile (self, FIRST, studio_format_time_us (anf_profile_first_us (profile)),
             g_strdup (_("cold, before warm-up")));
  show_tile (self, COMPILE, studio_format_time_us (anf_program_compile_us (program)),
             g_strdup_printf (_("for %s"), anf_report_target (anf_program_report (program))));
  show_tile (self, LOAD, studio_format_time_us (anf_program_load_us (program)),
             g_strdup_printf (_("%s device, %s numerics"), anf_program_device (program),
                              numerics));
  show_tile (self, PEAK, studio_format_bytes (anf_profile_peak_bytes (profile)),
             g_strdup (_("values and weights")));
}

static void
add_tile (StudioProfilePanel *self, Tile tile)
{
  static const struct { const char *name, *tip; } words[N_TILES] = {
    [MEDIAN] = { N_("Median latency"), N_("Half of the runs took less, from fed inputs to "
                                          "readable outputs") },
    [P90] = { N_("90th percentile"), N_("Nine runs of ten took less") },
    [FIRST] = { N_("First run"), N_("The first run after loading") },
    [COMPILE] = { N_("Compile"), N_("From the graph to a program") },
    [LOAD] = { N_("Load"), N_("From the program to a device that is ready") },
    [PEAK] = { N_("Peak memory"), N_("Most bytes held at once while running") },
  };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *name = studio_label_new (_(words[tile].name), "caption", "dim", NULL);
  GtkWidget *tag = studio_label_new (_("measured"), "tag", "measured", NULL);

  gtk_widget_set_hexpand (name, TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
  gtk_widget_set_valign (tag, GTK_ALIGN_CENTER);
  self->value[tile] = studio_label_new (NULL, "value", NULL);
  self->note[tile] = studio_label_new (NULL, "caption", "faint", NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->note[tile]), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (box, "card");
  gtk_widget_add_css_class (box, "tile");
  gtk_widget_set_tooltip_text (box, _(words[tile].tip));
  gtk_box_append (GTK_BOX (top), name);
  gtk_box_append (GTK_BOX (top), tag);
  gtk_box_append (GTK_BOX (box), top);
  gtk_box_append (GTK_BOX (box), self->value[tile]);
  gtk_box_append (GTK_BOX (box), self->note[tile]);
  gtk_box_append (GTK_BOX (self->tiles), box);
}

/* ------------------------------------------------------------------------ selection */

static void
select_row (StudioProfilePanel *self)
{
  const AnfNode *active = studio_panel_active (STUDIO_PANEL (self));
  guint position = GTK_INVALID_LIST_POSITION;

  self->syncing = TRUE;
  if (active != NULL)
    studio_rows_find (G_LIST_MODEL (self->selection), anf_node_id (active), &position);
  gtk_single_selection_set_selected (self->selection, position);
  self->syncing = FALSE;
}

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, StudioProfilePanel *self)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  StudioRow *row = studio_table_row (gtk_single_selection_get_selected_item (selection));

  if (self->syncing || row == NULL || studio_row_key (row) >= SEGMENT_KEY (0))
    return;
  if (graph != NULL && anf_graph_find (graph, studio_row_key (row)) != NULL)
    studio_panel_select (STUDIO_PANEL (self), studio_row_key (row));
}

static void
show_node (StudioProfilePanel *self, AnfId id)
{
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;

  if (id < SEGMENT_KEY (0) && graph != NULL && anf_graph_find (graph, id) != NULL)
    g_signal_emit (self, signals[SHOW_NODE], 0, id);
}

static void
on_activate (GtkColumnView *view, guint position, StudioProfilePanel *self)
{
  g_autoptr(GObject) item = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  if (item != NULL)
    show_node (self, studio_row_key (studio_table_row (item)));
}

/* ------------------------------------------------------------------------ copy */

static const StudioColumn columns[] = {
  { N_("Name"), NAME, STUDIO_COLUMN_TREE, 150, TRUE },
  { N_("Kind"), KIND, STUDIO_COLUMN_DIM, 112, FALSE },
  { N_("Median"), TIME, STUDIO_COLUMN_NUMBER, 82, FALSE, N_("Median time of a run") },
  { "", BAR, STUDIO_COLUMN_BAR, 96, FALSE },
  { "%", SHARE, STUDIO_COLUMN_NUMBER, 66, FALSE, N_("Share of the whole run") },
  { N_("So far"), SLOWER, STUDIO_COLUMN_NUMBER, 70, FALSE,
    N_("Share of this and all slower operators") },
  { N_("FLOP"), FLOP, STUDIO_COLUMN_NUMBER, 72, FALSE },
  { N_("Bytes"), BYTES, STUDIO_COLUMN_NUMBER, 86, FALSE, N_("Values and weights moved") },
  { N_("FLOP/B"), INTENSITY, STUDIO_COLUMN_NUMBER, 70, FALSE, N_("Arithmetic intensity") },
  { N_("Estimate"), ESTIMATE, STUDIO_COLUMN_NUMBER, 78, FALSE,
    N_("What the target is estimated to take; never measured here") },
  { N_("Ratio"), RATIO, STUDIO_COLUMN_NUMBER, 64, FALSE,
    N_("Measured on this CPU to estimated for the target") },
  { N_("Bound"), BOUND, STUDIO_COLUMN_DIM, 74, FALSE, N_("What bounds it on the target") },
};
G_STATIC_ASSERT (G_N_ELEMENTS (columns) == 12);

char *
studio_profile_panel_dup_tsv (StudioProfilePanel *self)
{
  GString *text = g_string_new (NULL);
  guint n;

  g_return_val_if_fail (STUDIO_IS_PROFILE_PANEL (self), NULL);

  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    if (columns[i].kind != STUDIO_COLUMN_BAR)
      g_string_append_printf (text, "%s%s", i > 0 ? "\t" : "", _(columns[i].title));
  n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));
  for (guint at = 0; at < n; at++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (G_LIST_MODEL (self->selection), at);
      StudioRow *row = studio_table_row (item);

      g_string_append_c (text, '\n');
      for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
        if (columns[i].kind != STUDIO_COLUMN_BAR)
          g_string_append_printf (text, "%s%s", i > 0 ? "\t" : "",
                                  studio_row_text (row, columns[i].cell));
    }
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}

static void
on_copy (GtkButton *button, StudioProfilePanel *self)
{
  g_autofree char *text = studio_profile_panel_dup_tsv (self);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

static gboolean
copy (GtkWidget *view, GVariant *args, gpointer self)
{
  on_copy (NULL, self);
  return GDK_EVENT_STOP;
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_profile_panel_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  StudioProfilePanel *self = STUDIO_PROFILE_PANEL (panel);

  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      self->waiting |= changed;
      return;
    }
  if (changed & STUDIO_PROFILE)
    {
      gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                        view->profile != NULL ? "profile" : "empty");
      if (view->profile != NULL)
        {
          studio_export_button_show (self->export, view->profile);
          show_tiles (self, view->profile);
          show_table (self, view->profile);
        }
    }
  if (changed & (STUDIO_PROFILE | STUDIO_STALE))
    gtk_widget_set_visible (self->banner, view->profile != NULL && view->stale);
  if (changed & (STUDIO_PROFILE | STUDIO_SELECTION))
    select_row (self);
}

static void
studio_profile_panel_map (GtkWidget *widget)
{
  StudioProfilePanel *self = STUDIO_PROFILE_PANEL (widget);
  StudioChange waiting = self->waiting;

  GTK_WIDGET_CLASS (studio_profile_panel_parent_class)->map (widget);
  self->waiting = 0;
  studio_profile_panel_update (STUDIO_PANEL (self), studio_panel_view (STUDIO_PANEL (self)),
                               waiting);
}

static GListModel *
children_of (gpointer item, gpointer data)
{
  GListStore *children = studio_row_children (item);

  return children != NULL ? G_LIST_MODEL (g_object_ref (children)) : NULL;
}

static void
build_table (StudioProfilePanel *self)
{
  GtkColumnView *view = GTK_COLUMN_VIEW (self->view);
  GtkEventController *keys = gtk_shortcut_controller_new ();
  GtkTreeListModel *tree;
  GtkSorter *sorter;

  self->rows = g_list_store_new (STUDIO_TYPE_ROW);
  tree = gtk_tree_list_model_new (G_LIST_MODEL (g_object_ref (self->rows)), FALSE, TRUE,
                                  children_of, NULL, NULL);
  sorter = GTK_SORTER (gtk_tree_list_row_sorter_new
                         (g_object_ref (gtk_column_view_get_sorter (view))));
  self->selection = gtk_single_selection_new
    (G_LIST_MODEL (gtk_sort_list_model_new (G_LIST_MODEL (tree), sorter)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  gtk_column_view_set_model (view, GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected), self, 0);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    self->column[i] = studio_table_add_column (view, &columns[i]);
  studio_table_align (view);
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_shortcut_trigger_parse_string ("<Control>c"),
                      gtk_callback_action_new (copy, self, NULL)));
  gtk_widget_add_controller (self->view, keys);
}

/* ------------------------------------------------------------------------ what is shown */

static void
on_filter (StudioProfilePanel *self)
{
  AnfProfile *profile = profile_of (self);

  if (profile == NULL)
    return;
  self->syncing = TRUE;
  show_table (self, profile);
  self->syncing = FALSE;
  select_row (self);
}

static void
add_filter (StudioProfilePanel *self, GtkWidget *line)
{
  GtkWidget *popover = gtk_popover_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

  self->filter = gtk_search_entry_new ();
  gtk_editable_set_width_chars (GTK_EDITABLE (self->filter), 16);
  g_object_set (self->filter, "placeholder-text", _("Filter operators"), NULL);
  studio_name_widget (self->filter, _("Filter operators"));
  gtk_widget_set_valign (self->filter, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (self->filter, "search-changed", G_CALLBACK (on_filter), self);
  self->group = gtk_toggle_button_new_with_label (_("Group"));
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->group), TRUE);
  gtk_widget_set_tooltip_text (self->group, _("Shows operators under their segments"));
  gtk_widget_set_valign (self->group, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->group, "small");
  g_signal_connect_swapped (self->group, "toggled", G_CALLBACK (on_filter), self);
  for (guint i = 1; i < G_N_ELEMENTS (columns); i++)
    {
      GtkWidget *check = gtk_check_button_new_with_label
        (columns[i].cell == BAR ? _("Bars") : _(columns[i].title));

      gtk_check_button_set_active (GTK_CHECK_BUTTON (check), TRUE);
      g_object_bind_property (check, "active", self->column[i], "visible", G_BINDING_DEFAULT);
      gtk_box_append (GTK_BOX (box), check);
    }
  gtk_popover_set_child (GTK_POPOVER (popover), box);
  self->column_menu = gtk_menu_button_new ();
  gtk_menu_button_set_label (GTK_MENU_BUTTON (self->column_menu), _("Columns"));
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (self->column_menu), popover);
  gtk_widget_set_tooltip_text (self->column_menu, _("Chooses what the table shows"));
  gtk_widget_set_valign (self->column_menu, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->column_menu, "small");
  gtk_box_append (GTK_BOX (line), self->filter);
  gtk_box_append (GTK_BOX (line), self->group);
  gtk_box_append (GTK_BOX (line), self->column_menu);
  gtk_box_reorder_child_after (GTK_BOX (line), self->copy, self->column_menu);
}

static void
studio_profile_panel_dispose (GObject *object)
{
  StudioProfilePanel *self = STUDIO_PROFILE_PANEL (object);

  self->syncing = TRUE;
  if (self->view != NULL)
    gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), NULL);
  g_clear_object (&self->rows);
  g_clear_pointer (&self->shown, g_array_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), STUDIO_TYPE_PROFILE_PANEL);
  G_OBJECT_CLASS (studio_profile_panel_parent_class)->dispose (object);
}

static void
studio_profile_panel_class_init (StudioProfilePanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = studio_profile_panel_dispose;
  widget_class->map = studio_profile_panel_map;
  STUDIO_PANEL_CLASS (klass)->update = studio_profile_panel_update;

  signals[SHOW_NODE] = g_signal_new ("show-node", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/aneforge/Studio/ui/profile-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, stack);
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, banner);
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, tiles);
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, view);
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, basis);
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, total);
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, charts);
  gtk_widget_class_bind_template_child (widget_class, StudioProfilePanel, copy);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_copy);
}

static void
studio_profile_panel_init (StudioProfilePanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < N_TILES; i++)
    add_tile (self, i);
  self->shown = g_array_new (FALSE, FALSE, sizeof (Shown));
  build_table (self);
  add_filter (self, gtk_widget_get_parent (self->copy));
  self->export = studio_export_button_new ();
  gtk_box_append (GTK_BOX (gtk_widget_get_parent (self->copy)), self->export);
  self->side = studio_profile_side_new ();
  gtk_box_append (GTK_BOX (self->charts), self->side);
  studio_panel_adopt (STUDIO_PANEL (self), STUDIO_PANEL (self->side));
}

GtkWidget *
studio_profile_panel_new (void)
{
  return g_object_new (STUDIO_TYPE_PROFILE_PANEL, NULL);
}
