/* tensor-view.c - a tensor as pictures of its last two axes, one for each index before. */
#include "tensor-view.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "chart.h"
#include "edits.h"
#include "format.h"

#define MAPS   8                   /* pictures shown */
#define SIDE   64                  /* numbers along a side; longer ones are thinned out */
#define GAP    4
#define LEGEND 16                  /* px below, for the scale */

struct _StudioTensorView
{
  GtkWidget parent_instance;

  char        *name;
  StudioRamp   ramp;
  StudioSlices slices;
  guint        maps, rows, columns;     /* shown */
  double       low, high;
  float       *values;             /* maps × rows × columns (nullable) */
  gsize       *at;                 /* of each: the element in the tensor */
  gint64       shape[ANF_MAX_TENSOR_RANK];
  guint        rank;
};

G_DEFINE_FINAL_TYPE (StudioTensorView, studio_tensor_view, GTK_TYPE_WIDGET)

StudioSlices
studio_tensor_slices (const AnfTensor *tensor)
{
  guint rank = anf_tensor_rank (tensor);
  StudioSlices slices = { 1, 1, rank > 0 ? anf_tensor_dim (tensor, rank - 1) : 1 };

  if (rank > 1)
    slices.rows = anf_tensor_dim (tensor, rank - 2);
  for (guint i = 0; i + 2 < rank; i++)
    slices.maps *= anf_tensor_dim (tensor, i);
  return slices;
}

static char *
place_of (guint rank, const gint64 *shape, gsize at)
{
  GString *text = g_string_new (NULL);

  for (guint i = rank; i-- > 0; )
    {
      g_autofree char *index = g_strdup_printf ("%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "",
                                                at % (gsize) shape[i]);

      g_string_prepend (text, index);
      at /= shape[i];
    }
  g_string_prepend_c (text, '(');
  g_string_append_c (text, ')');
  return g_string_free (text, FALSE);
}

char *
studio_tensor_place (const AnfTensor *tensor, gsize at)
{
  gint64 shape[ANF_MAX_TENSOR_RANK];

  for (guint i = 0; i < anf_tensor_rank (tensor); i++)
    shape[i] = anf_tensor_dim (tensor, i);
  return place_of (anf_tensor_rank (tensor), shape, at);
}

/* ------------------------------------------------------------------------ showing */

static void
take (StudioTensorView *self, AnfTensor *tensor, AnfTensor *minus)
{
  g_autofree float *row = g_new (float, self->slices.columns);
  g_autofree float *other = g_new (float, self->slices.columns);
  gsize k = 0;

  for (guint map = 0; map < self->maps; map++)
    for (guint y = 0; y < self->rows; y++)
      {
        gsize line = map * self->slices.rows + y * self->slices.rows / self->rows;
        gsize begin = line * self->slices.columns;

        anf_tensor_read (tensor, begin, self->slices.columns, row);
        if (minus != NULL)
          anf_tensor_read (minus, begin, self->slices.columns, other);
        for (guint x = 0; x < self->columns; x++, k++)
          {
            gsize column = x * self->slices.columns / self->columns;

            self->values[k] = row[column] - (minus != NULL ? other[column] : 0);
            self->at[k] = begin + column;
          }
      }
}

void
studio_tensor_view_show (StudioTensorView *self, AnfTensor *tensor, AnfTensor *minus, double low,
                         double high)
{
  g_autofree char *from = studio_format_real (low), *to = studio_format_real (high);
  g_autofree char *words = NULL;
  gsize n;

  g_return_if_fail (STUDIO_IS_TENSOR_VIEW (self));

  g_clear_pointer (&self->values, g_free);
  g_clear_pointer (&self->at, g_free);
  self->low = low;
  self->high = high;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (tensor == NULL)
    return;
  self->slices = studio_tensor_slices (tensor);
  self->maps = MIN (self->slices.maps, MAPS);
  self->rows = MIN (self->slices.rows, SIDE);
  self->columns = MIN (self->slices.columns, SIDE);
  self->rank = anf_tensor_rank (tensor);
  for (guint i = 0; i < self->rank; i++)
    self->shape[i] = anf_tensor_dim (tensor, i);
  n = (gsize) self->maps * self->rows * self->columns;
  self->values = g_new (float, MAX (n, 1));
  self->at = g_new (gsize, MAX (n, 1));
  take (self, tensor, minus);
  words = g_strdup_printf (_("%s: %u of %zu maps, from %s to %s"), self->name,
                           self->maps, self->slices.maps, from, to);
  studio_name_widget (GTK_WIDGET (self), words);
}

/* ------------------------------------------------------------------------ drawing */

/* The middle of a difference is close to the ground, so that equal values recede. */
static void
ramp_colors (StudioTensorView *self, GdkRGBA *color, guint *n)
{
  static const guint32 light[] = { 0x2c5f9e, 0x6f9fd0, 0xbcd3e8, 0xf2f2f2, 0xf3cfa6, 0xdc9146,
                                   0xa85a0c };
  static const guint32 dark[] = { 0x8ab8ee, 0x5a86bd, 0x3c5374, 0x2e3036, 0x6b4d2a, 0xb5772f,
                                  0xf2b15c };
  GdkRGBA ground;

  *n = 0;
  if (self->ramp == STUDIO_RAMP_HEAT)
    for (; *n < 9; ++*n)
      {
        g_autofree char *name = g_strdup_printf ("anf_ramp_%u", *n);

        studio_chart_color (GTK_WIDGET (self), name, &color[*n]);
      }
  else
    {
      studio_chart_color (GTK_WIDGET (self), "anf_chart_bg", &ground);
      for (; *n < G_N_ELEMENTS (light); ++*n)
        {
          guint32 c = ground.green > 0.5 ? light[*n] : dark[*n];

          color[*n] = (GdkRGBA) { (c >> 16 & 255) / 255.f, (c >> 8 & 255) / 255.f,
                                  (c & 255) / 255.f, 1 };
        }
    }
}

static GdkRGBA
color_of (const GdkRGBA *ramp, guint n, double place)
{
  double at = CLAMP (place, 0, 1) * (n - 1);
  guint i = MIN ((guint) at, n - 2);
  float part = at - i;

  return (GdkRGBA) { ramp[i].red + (ramp[i + 1].red - ramp[i].red) * part,
                     ramp[i].green + (ramp[i + 1].green - ramp[i].green) * part,
                     ramp[i].blue + (ramp[i + 1].blue - ramp[i].blue) * part, 1 };
}

/* As large as fits: @across pictures in a line. */
typedef struct { guint across; double side_x, side_y; } Grid;

static Grid
grid_of (StudioTensorView *self, double width, double height)
{
  Grid best = { 1, 0, 0 };

  for (guint across = 1; across <= MAX (self->maps, 1); across++)
    {
      guint down = (MAX (self->maps, 1) + across - 1) / across;
      double room_x = (width - (across - 1) * GAP) / across;
      double room_y = (height - LEGEND - (down - 1) * GAP) / down;
      double cell = MIN (room_x / self->columns, room_y / self->rows);

      if (cell * self->columns > best.side_x)
        best = (Grid) { across, cell * self->columns, cell * self->rows };
    }
  /* A vector is a strip, not a line. */
  best.side_y = MAX (best.side_y, MIN (16, height - LEGEND));
  return best;
}

static void
draw_map (StudioTensorView *self, cairo_t *cr, guint map, const Grid *grid, const GdkRGBA *ramp,
          guint n_ramp)
{
  double x0 = map % grid->across * (grid->side_x + GAP);
  double y0 = map / grid->across * (grid->side_y + GAP);
  double w = grid->side_x / self->columns, h = grid->side_y / self->rows;

  for (guint y = 0; y < self->rows; y++)
    for (guint x = 0; x < self->columns; x++)
      {
        float value = self->values[((gsize) map * self->rows + y) * self->columns + x];
        double place = self->high > self->low ? (value - self->low) / (self->high - self->low)
                                              : 0.5;
        GdkRGBA color = color_of (ramp, n_ramp, isnan (place) ? 0.5 : place);

        gdk_cairo_set_source_rgba (cr, &color);
        if (!isfinite (value))
          studio_chart_set_color (GTK_WIDGET (self), cr, "anf_bad");
        cairo_rectangle (cr, x0 + x * w, y0 + y * h, w + 0.5, h + 0.5);
        cairo_fill (cr);
      }
}

static void
draw_legend (StudioTensorView *self, cairo_t *cr, double width, double height,
             const GdkRGBA *ramp, guint n_ramp)
{
  g_autofree char *low = studio_format_real (self->low), *high = studio_format_real (self->high);
  double from = studio_chart_text_width (GTK_WIDGET (self), low, TRUE) + 6, y = height - 8;
  double to = MIN (width, 200) - studio_chart_text_width (GTK_WIDGET (self), high, TRUE) - 6;

  studio_chart_set_color (GTK_WIDGET (self), cr, "anf_text_dim");
  studio_chart_text (GTK_WIDGET (self), cr, low, 0, y, 0, TRUE);
  studio_chart_text (GTK_WIDGET (self), cr, high, to + 6, y, 0, TRUE);
  for (double x = from; x < to; x++)
    {
      GdkRGBA color = color_of (ramp, n_ramp, (x - from) / (to - from));

      gdk_cairo_set_source_rgba (cr, &color);
      cairo_rectangle (cr, x, y - 4, 1.5, 8);
      cairo_fill (cr);
    }
}

static void
studio_tensor_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StudioTensorView *self = STUDIO_TENSOR_VIEW (widget);
  double width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  GdkRGBA ramp[16];
  guint n_ramp;
  cairo_t *cr;
  Grid grid;

  if (self->values == NULL || width <= 0 || height <= LEGEND)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  ramp_colors (self, ramp, &n_ramp);
  grid = grid_of (self, width, height);
  for (guint map = 0; map < self->maps; map++)
    draw_map (self, cr, map, &grid, ramp, n_ramp);
  draw_legend (self, cr, width, height, ramp, n_ramp);
  cairo_destroy (cr);
}

static gboolean
on_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  StudioTensorView *self = STUDIO_TENSOR_VIEW (widget);
  g_autofree char *place = NULL, *value = NULL, *words = NULL;
  guint across, down, map, column, row;
  Grid grid;
  gsize k;

  if (self->values == NULL || keyboard)
    return FALSE;
  grid = grid_of (self, gtk_widget_get_width (widget), gtk_widget_get_height (widget));
  across = x / (grid.side_x + GAP);
  down = y / (grid.side_y + GAP);
  map = down * grid.across + across;
  column = (x - across * (grid.side_x + GAP)) / grid.side_x * self->columns;
  row = (y - down * (grid.side_y + GAP)) / grid.side_y * self->rows;
  if (across >= grid.across || map >= self->maps || column >= self->columns || row >= self->rows)
    return FALSE;
  k = ((gsize) map * self->rows + row) * self->columns + column;
  place = place_of (self->rank, self->shape, self->at[k]);
  value = studio_format_real (self->values[k]);
  words = g_strdup_printf ("%s  %s", place, value);
  gtk_tooltip_set_text (tooltip, words);
  return TRUE;
}

/* ------------------------------------------------------------------------ the widget */

static void
studio_tensor_view_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                            int *minimum, int *natural, int *minimum_baseline,
                            int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? 136 : 160;
}

static void
studio_tensor_view_finalize (GObject *object)
{
  StudioTensorView *self = STUDIO_TENSOR_VIEW (object);

  g_free (self->name);
  g_free (self->values);
  g_free (self->at);
  G_OBJECT_CLASS (studio_tensor_view_parent_class)->finalize (object);
}

static void
studio_tensor_view_class_init (StudioTensorViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = studio_tensor_view_finalize;
  widget_class->snapshot = studio_tensor_view_snapshot;
  widget_class->measure = studio_tensor_view_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
studio_tensor_view_init (StudioTensorView *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (on_tooltip), NULL);
}

GtkWidget *
studio_tensor_view_new (const char *name, StudioRamp ramp)
{
  StudioTensorView *self = g_object_new (STUDIO_TYPE_TENSOR_VIEW, NULL);

  self->name = g_strdup (name);
  self->ramp = ramp;
  studio_name_widget (GTK_WIDGET (self), name);
  return GTK_WIDGET (self);
}
