/* solver-bar.c - the fields of the solver and what it found. */
#include "solver-bar.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"

#define MOST_BYTES (8 << 20)       /* of a recipe's file */

struct _StudioSolverBar
{
  StudioPanel parent_instance;

  StudioSolver *solver;
  GtkWidget    *goal, *entry, *solve, *words, *save, *apply;
};

G_DEFINE_FINAL_TYPE (StudioSolverBar, studio_solver_bar, STUDIO_TYPE_PANEL)

/* ------------------------------------------------------------------------ numbers */

static const struct { const char *name; AnfSolve what; double factor; } units[] = {
  { "b", ANF_SOLVE_BYTES, 1 }, { "kib", ANF_SOLVE_BYTES, 1024 }, { "kb", ANF_SOLVE_BYTES, 1e3 },
  { "mib", ANF_SOLVE_BYTES, 1048576 }, { "mb", ANF_SOLVE_BYTES, 1e6 },
  { "gib", ANF_SOLVE_BYTES, 1073741824 }, { "gb", ANF_SOLVE_BYTES, 1e9 },
  { "us", ANF_SOLVE_TIME, 1 }, { "µs", ANF_SOLVE_TIME, 1 }, { "ms", ANF_SOLVE_TIME, 1e3 },
  { "s", ANF_SOLVE_TIME, 1e6 }, { "%", ANF_SOLVE_ERROR, 0.01 },
};

gboolean
studio_parse_limit (const char *text, AnfSolve what, double *limit)
{
  g_autofree char *plain = g_strdelimit (g_strdup (text), ",", '.');
  g_autofree char *unit = NULL;
  char *end = NULL;
  double value = g_ascii_strtod (plain, &end);

  if (end == plain || !isfinite (value) || value < 0)
    return FALSE;
  unit = g_utf8_strdown (g_strstrip (end), -1);
  if (*unit == '\0')
    {
      *limit = what == ANF_SOLVE_BYTES ? value * 1048576 : value;
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (units[i].what == what && strcmp (units[i].name, unit) == 0)
      {
        *limit = value * units[i].factor;
        return TRUE;
      }
  return FALSE;
}

/* ------------------------------------------------------------------------ words */

static char *
price_words (StudioSolverBar *self)
{
  double price = studio_solver_get_price (self->solver);
  g_autofree char *gain = NULL;

  if (isnan (price) || price <= 0)
    return g_strdup ("");
  gain = price >= 1 ? studio_format_bytes (price) : studio_format_real (price);
  return g_strdup_printf (price >= 1 ? _(" A tenth more would save %s.")
                          : _(" A tenth more would lessen the error by %s."), gain);
}

static char *
recipe_words (StudioSolverBar *self, const AnfRecipe *recipe)
{
  AnfTotals is = anf_recipe_totals (recipe), was = anf_recipe_plain (recipe);
  const AnfWeights *weights = studio_solver_get_weights (self->solver);
  guint n = weights != NULL ? anf_weights_n (weights) : 0;
  g_autofree char *size = studio_format_bytes (is.bytes), *before = studio_format_bytes (was.bytes);
  g_autofree char *error = studio_format_real (is.error);
  g_autofree char *time = studio_format_time_us (is.us), *now = studio_format_time_us (was.us);
  g_autofree char *counts = studio_recipe_counts (recipe, n), *price = price_words (self);

  return g_strdup_printf (_("%s (now %s), error %s, %s estimated (now %s): %s.%s"), size, before,
                          error, time, now, counts, price);
}

static void
show (StudioSolverBar *self)
{
  const AnfRecipe *recipe = studio_solver_get_recipe (self->solver);
  const char *problem = studio_solver_get_problem (self->solver);
  g_autofree char *changes = recipe != NULL ? studio_solver_changes (self->solver, recipe) : NULL;
  g_autofree char *words = NULL;
  gboolean applies;

  if (studio_solver_get_busy (self->solver))
    words = g_strdup (_("Solving…"));
  else if (problem != NULL)
    words = g_strdup (problem);
  else if (recipe != NULL)
    words = recipe_words (self, recipe);
  else
    words = g_strdup (_("Encodings for all weights that choose none themselves."));
  gtk_label_set_text (GTK_LABEL (self->words), words);
  gtk_widget_set_css_classes (self->words, (const char *[])
    { "caption", problem != NULL ? "bad" : recipe != NULL ? "numeric" : "dim", NULL });
  studio_set_tip (self->words, changes != NULL && *changes != '\0' ? changes : words);
  gtk_widget_set_sensitive (self->save, recipe != NULL);
  applies = changes != NULL && *changes != '\0';
  gtk_widget_set_sensitive (self->apply, applies);
  if (applies)
    gtk_widget_add_css_class (self->apply, "suggested-action");
  else
    gtk_widget_remove_css_class (self->apply, "suggested-action");
}

/* ------------------------------------------------------------------------ wishes */

static AnfSolve
goal_of (StudioSolverBar *self)
{
  return (AnfSolve) gtk_drop_down_get_selected (GTK_DROP_DOWN (self->goal));
}

static void
on_solve (StudioSolverBar *self)
{
  double limit;
  gboolean good = studio_parse_limit (gtk_editable_get_text (GTK_EDITABLE (self->entry)),
                                      goal_of (self), &limit);

  if (good)
    gtk_widget_remove_css_class (self->entry, "error");
  else
    gtk_widget_add_css_class (self->entry, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_STATE_INVALID,
                               good ? GTK_ACCESSIBLE_INVALID_FALSE : GTK_ACCESSIBLE_INVALID_TRUE,
                               -1);
  if (good)
    studio_solver_solve (self->solver, goal_of (self), limit);
}

static void
on_goal (StudioSolverBar *self)
{
  static const char *const examples[] = { "0.02", "3.5 MiB", "400 µs" };

  gtk_entry_set_placeholder_text (GTK_ENTRY (self->entry), examples[goal_of (self)]);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  gtk_widget_remove_css_class (self->entry, "error");
}

static void
on_apply (StudioSolverBar *self)
{
  const AnfRecipe *recipe = studio_solver_get_recipe (self->solver);
  g_autoptr(AnfGraph) graph = recipe != NULL ? studio_solver_apply (self->solver, recipe) : NULL;
  g_autofree char *size = NULL, *label = NULL;

  if (graph == NULL)
    return;
  size = studio_format_bytes (anf_recipe_totals (recipe).bytes);
  label = g_strdup_printf (_("Apply a recipe of %s"), size);
  g_signal_emit_by_name (self, "edit", graph, label, NULL);
}

gboolean
studio_solver_bar_save (StudioSolverBar *self, const char *path, GError **error)
{
  const AnfRecipe *recipe = studio_solver_get_recipe (self->solver);
  const AnfWeights *weights = studio_solver_get_weights (self->solver);
  const AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  g_autofree char *text = NULL;

  if (recipe == NULL || weights == NULL || graph == NULL)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_REFUSED, _("There is no recipe to be saved"));
      return FALSE;
    }
  text = anf_recipe_text (recipe, weights, graph);
  return g_file_set_contents (path, text, -1, error);
}

gboolean
studio_solver_bar_load (StudioSolverBar *self, const char *path, GError **error)
{
  AnfGraph *graph = studio_panel_view (STUDIO_PANEL (self))->graph;
  g_autofree char *text = NULL, *name = g_path_get_basename (path), *label = NULL;
  g_autoptr(AnfGraph) edited = NULL;
  gsize length;

  if (graph == NULL || !g_file_get_contents (path, &text, &length, error))
    return FALSE;
  if (length > MOST_BYTES)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, _("%s is too large for a recipe"), name);
      return FALSE;
    }
  if ((edited = anf_recipe_read (text, length, graph, NULL, error)) == NULL)
    return FALSE;
  label = g_strdup_printf (_("Load recipe %s"), name);
  g_signal_emit_by_name (self, "edit", edited, label, NULL);
  return TRUE;
}

static void
on_file (GtkNativeDialog *dialog, int response, StudioSolverBar *self)
{
  gboolean saves = gtk_file_chooser_get_action (GTK_FILE_CHOOSER (dialog))
                   == GTK_FILE_CHOOSER_ACTION_SAVE;
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT
    ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog)) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autoptr(GError) error = NULL;

  if (path != NULL && !(saves ? studio_solver_bar_save (self, path, &error)
                              : studio_solver_bar_load (self, path, &error)) && error != NULL)
    {
      gtk_label_set_text (GTK_LABEL (self->words), error->message);
      gtk_widget_set_css_classes (self->words, (const char *[]) { "caption", "bad", NULL });
    }
  gtk_native_dialog_destroy (dialog);
  g_object_unref (dialog);
}

static void
ask_file (StudioSolverBar *self, const char *title, GtkFileChooserAction action)
{
  GtkFileChooserNative *dialog =
    gtk_file_chooser_native_new (title, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                                 action, NULL, NULL);

  if (action == GTK_FILE_CHOOSER_ACTION_SAVE)
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), "recipe.json");
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_file), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
on_save (StudioSolverBar *self)
{
  ask_file (self, _("Save the Recipe"), GTK_FILE_CHOOSER_ACTION_SAVE);
}

static void
on_load (StudioSolverBar *self)
{
  ask_file (self, _("Load a Recipe"), GTK_FILE_CHOOSER_ACTION_OPEN);
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_solver_bar_update (StudioPanel *panel, const StudioView *view, StudioChange changed)
{
  if (changed & STUDIO_GRAPH)
    show (STUDIO_SOLVER_BAR (panel));
}

static void
studio_solver_bar_dispose (GObject *object)
{
  StudioSolverBar *self = STUDIO_SOLVER_BAR (object);

  if (self->solver != NULL)
    g_signal_handlers_disconnect_by_data (self->solver, self);
  g_clear_object (&self->solver);
  G_OBJECT_CLASS (studio_solver_bar_parent_class)->dispose (object);
}

static void
studio_solver_bar_class_init (StudioSolverBarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_solver_bar_dispose;
  STUDIO_PANEL_CLASS (klass)->update = studio_solver_bar_update;
}

static GtkWidget *
add_button (StudioSolverBar *self, const char *words, const char *tip, GCallback clicked)
{
  GtkWidget *button = gtk_button_new_with_label (words);

  gtk_widget_set_tooltip_text (button, tip);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "small");
  g_signal_connect_swapped (button, "clicked", clicked, self);
  gtk_box_append (GTK_BOX (self), button);
  return button;
}

static void
add_fields (StudioSolverBar *self)
{
  const char *goals[] = { _("Smallest with error ≤"), _("Most accurate with size ≤"),
                          _("Most accurate with time ≤"), NULL };

  gtk_box_append (GTK_BOX (self), studio_label_new (_("Solve for"), "heading", NULL));
  self->goal = gtk_drop_down_new_from_strings (goals);
  gtk_widget_set_valign (self->goal, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (self->goal, _("What is kept to, and what is made best"));
  studio_name_widget (self->goal, _("Goal of the solver"));
  g_signal_connect_swapped (self->goal, "notify::selected", G_CALLBACK (on_goal), self);
  gtk_box_append (GTK_BOX (self), self->goal);
  self->entry = gtk_entry_new ();
  gtk_editable_set_width_chars (GTK_EDITABLE (self->entry), 9);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (self->entry), 9);
  gtk_widget_set_valign (self->entry, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->entry, "numeric");
  gtk_widget_set_tooltip_text (self->entry, _("The limit: a number, and KiB, MiB, µs or ms"));
  studio_name_widget (self->entry, _("Limit of the solver"));
  g_signal_connect_swapped (self->entry, "activate", G_CALLBACK (on_solve), self);
  gtk_box_append (GTK_BOX (self), self->entry);
  self->solve = add_button (self, _("Solve"), _("Finds the best encodings within the limit "
                                                "(Enter in the field)"), G_CALLBACK (on_solve));
}

static void
studio_solver_bar_init (StudioSolverBar *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_HORIZONTAL);
  gtk_box_set_spacing (GTK_BOX (self), 8);
  gtk_widget_set_margin_start (GTK_WIDGET (self), 10);
  gtk_widget_set_margin_end (GTK_WIDGET (self), 10);
  gtk_widget_set_margin_top (GTK_WIDGET (self), 8);
  add_fields (self);
  self->words = studio_label_new (NULL, "caption", "dim", NULL);
  gtk_label_set_wrap (GTK_LABEL (self->words), TRUE);
  gtk_label_set_lines (GTK_LABEL (self->words), 2);
  gtk_label_set_ellipsize (GTK_LABEL (self->words), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (self->words, TRUE);
  gtk_box_append (GTK_BOX (self), self->words);
  add_button (self, _("Load…"), _("Applies a recipe from a file, by the names of nodes"),
              G_CALLBACK (on_load));
  self->save = add_button (self, _("Save…"), _("Writes the recipe as JSON"), G_CALLBACK (on_save));
  self->apply = add_button (self, _("Apply Recipe"), _("Sets these encodings in one step"),
                            G_CALLBACK (on_apply));
}

GtkWidget *
studio_solver_bar_new (StudioSolver *solver)
{
  StudioSolverBar *self = g_object_new (STUDIO_TYPE_SOLVER_BAR, NULL);

  self->solver = g_object_ref (solver);
  g_signal_connect_swapped (solver, "changed", G_CALLBACK (show), self);
  on_goal (self);
  show (self);
  return GTK_WIDGET (self);
}
