/* compare-tiles.c - the figures of two runs as wholes, from one to the other. */
#include "compare-tiles.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"

typedef enum { MEDIAN, FIRST, COMPILE, WEIGHTS, GATES, N_TILES } Tile;

struct _StudioCompareTiles
{
  GtkBox parent_instance;

  GtkWidget *value[N_TILES], *note[N_TILES];
};

G_DEFINE_FINAL_TYPE (StudioCompareTiles, studio_compare_tiles, GTK_TYPE_BOX)

static void
set_tile (StudioCompareTiles *self, Tile tile, char *value, char *note)
{
  g_autofree char *own_value = value, *own_note = note;

  gtk_label_set_text (GTK_LABEL (self->value[tile]), own_value);
  gtk_label_set_text (GTK_LABEL (self->note[tile]), own_note);
}

static char *
pair_text (char *a, char *b)
{
  g_autofree char *own_a = a, *own_b = b;

  return g_strdup_printf ("%s → %s", own_a, own_b);
}

static char *
share_text (double a, double b)
{
  return a > 0 && isfinite (b) ? g_strdup_printf ("%+.1f %%", (b / a - 1) * 100) : g_strdup ("–");
}

static char *
gates_text (const AnfRecord *record)
{
  guint held = 0;

  for (guint i = 0; i < record->gates->len; i++)
    held += g_array_index (record->gates, AnfRecordGate, i).ok;
  return record->gates->len > 0 ? g_strdup_printf ("%u/%u", held, record->gates->len)
                                : g_strdup ("–");
}

/* The gate that uses most of its limit in either run: both values. */
static char *
worst_gate (const AnfRecord *a, const AnfRecord *b)
{
  for (guint i = 0; i < MIN (a->gates->len, b->gates->len); i++)
    {
      const AnfRecordGate *x = &g_array_index (a->gates, AnfRecordGate, i);
      const AnfRecordGate *y = &g_array_index (b->gates, AnfRecordGate, i);
      g_autofree char *one = studio_format_real (x->value), *two = studio_format_real (y->value);

      if (g_str_equal (x->output, y->output) && g_str_equal (x->metric, y->metric))
        return g_strdup_printf ("%s %s: %s → %s", x->output, x->metric, one, two);
    }
  return g_strdup ("");
}

void
studio_compare_tiles_show (StudioCompareTiles *self, const AnfRecord *a, const AnfRecord *b)
{
  gsize bytes_a, bytes_b;

  g_return_if_fail (STUDIO_IS_COMPARE_TILES (self));

  for (guint i = 0; i < N_TILES && (a == NULL || b == NULL); i++)
    set_tile (self, i, g_strdup ("–"), g_strdup (""));
  if (a == NULL || b == NULL)
    return;
  bytes_a = anf_record_weight_bytes (a);
  bytes_b = anf_record_weight_bytes (b);
  set_tile (self, MEDIAN, pair_text (studio_format_time_us (a->total.median_us),
                                     studio_format_time_us (b->total.median_us)),
            share_text (a->total.median_us, b->total.median_us));
  set_tile (self, FIRST, pair_text (studio_format_time_us (a->first_us),
                                    studio_format_time_us (b->first_us)),
            share_text (a->first_us, b->first_us));
  set_tile (self, COMPILE, pair_text (studio_format_time_us (a->compile_us),
                                      studio_format_time_us (b->compile_us)),
            share_text (a->compile_us, b->compile_us));
  set_tile (self, WEIGHTS, pair_text (studio_format_bytes (bytes_a), studio_format_bytes (bytes_b)),
            share_text (bytes_a, bytes_b));
  set_tile (self, GATES, pair_text (gates_text (a), gates_text (b)), worst_gate (a, b));
}

static void
studio_compare_tiles_class_init (StudioCompareTilesClass *klass)
{
}

static void
studio_compare_tiles_init (StudioCompareTiles *self)
{
  static const char *const words[N_TILES] = {
    [MEDIAN] = N_("Median"), [FIRST] = N_("First run"), [COMPILE] = N_("Compile"),
    [WEIGHTS] = N_("Weights"), [GATES] = N_("Gates held"),
  };

  gtk_box_set_homogeneous (GTK_BOX (self), TRUE);
  gtk_box_set_spacing (GTK_BOX (self), 8);
  for (guint i = 0; i < N_TILES; i++)
    {
      GtkWidget *tile = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);

      self->value[i] = studio_label_new (NULL, "heading", "numeric", NULL);
      self->note[i] = studio_label_new (NULL, "caption", "dim", NULL);
      gtk_label_set_ellipsize (GTK_LABEL (self->note[i]), PANGO_ELLIPSIZE_END);
      gtk_label_set_xalign (GTK_LABEL (self->note[i]), 0);
      gtk_label_set_xalign (GTK_LABEL (self->value[i]), 0);
      gtk_widget_add_css_class (tile, "card");
      gtk_widget_add_css_class (tile, "tile");
      gtk_box_append (GTK_BOX (tile), studio_label_new (_(words[i]), "caption", "dim", NULL));
      gtk_box_append (GTK_BOX (tile), self->value[i]);
      gtk_box_append (GTK_BOX (tile), self->note[i]);
      studio_name_widget (tile, _(words[i]));
      gtk_box_append (GTK_BOX (self), tile);
    }
}

GtkWidget *
studio_compare_tiles_new (void)
{
  return g_object_new (STUDIO_TYPE_COMPARE_TILES, NULL);
}
