/* bench-canvas.c - how long the canvas takes with 100, 1,000 and 10,000 nodes; prints, judges not.
 *
 * A frame is what its clock does between two waits: update, layout and paint, cairo renderer.
 * Besides the time on the wall that of the processor is told: on a machine that others use too only
 * that can be compared. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "canvas-support.h"
#include "document.h"
#include "layout.h"

#define FRAMES 60

typedef struct
{
  Fixture         f;
  GtkWidget      *window;
  StudioDocument *document;
  GArray         *frames, *busy;    /* of double, ms; on the wall, of the processor */
  gint64          began;
  double          busy_began;
  gboolean        painted;
} Bench;

static double
ms_since (gint64 start)
{
  return (g_get_monotonic_time () - start) / 1e3;
}

static double
busy_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* Chains of 20 with a residual sum every fourth node: what stays together lies together. */
static AnfGraph *
make_graph (guint n)
{
  AnfGraphBuilder *b = anf_graph_builder_new (NULL);
  AnfId last = 0, before = 0;

  for (guint i = 0; i < n; i++)
    {
      gboolean first = i % 20 == 0, sum = !first && i % 4 == 3;
      AnfId id = anf_graph_builder_add (b, anf_op_lookup (first ? "input" : sum ? "add" : "relu"));

      if (first)
        anf_graph_builder_set_attr (b, id, "shape", g_variant_new_parsed ("[@x 1, 64, 56, 56]"));
      else
        anf_graph_builder_connect (b, (AnfRef) { last, 0 }, id, 0);
      if (sum)
        anf_graph_builder_connect (b, (AnfRef) { before, 0 }, id, 1);
      if (first || sum)
        before = id;
      last = id;
      if (i % 20 == 19 || i + 1 == n)
        {
          g_autofree char *name = g_strdup_printf ("y%u", i);

          anf_graph_builder_set_output (b, name, (AnfRef) { id, 0 });
        }
    }
  return anf_graph_builder_end (b, NULL);
}

/* ---- frames */

static void
on_before (GdkFrameClock *clock, Bench *bench)
{
  bench->began = g_get_monotonic_time ();
  bench->busy_began = busy_ms ();
}

static void
on_after (GdkFrameClock *clock, Bench *bench)
{
  double ms = ms_since (bench->began), busy = busy_ms () - bench->busy_began;

  g_array_append_val (bench->frames, ms);
  g_array_append_val (bench->busy, busy);
  bench->painted = TRUE;
}

static void
wait_frame (Bench *bench)
{
  bench->painted = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (bench->f.canvas));
  while (!bench->painted)
    g_main_context_iteration (NULL, TRUE);
}

static int
by_size (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static void
print_frames (Bench *bench, const char *what)
{
  GArray *all = bench->frames, *busy = bench->busy;

  g_array_sort (all, by_size);
  g_array_sort (busy, by_size);
  printf ("  %-28s median %6.2f ms   p95 %6.2f ms   (%u frames; goal 16.6 and 33)   "
          "processor %6.2f and %6.2f\n", what,
          g_array_index (all, double, all->len / 2),
          g_array_index (all, double, all->len * 95 / 100), all->len,
          g_array_index (busy, double, busy->len / 2),
          g_array_index (busy, double, busy->len * 95 / 100));
  g_array_set_size (all, 0);
  g_array_set_size (busy, 0);
}

static void
pan (Bench *bench, const char *what)
{
  g_array_set_size (bench->frames, 0);
  g_array_set_size (bench->busy, 0);
  for (int i = 0; i < FRAMES; i++)
    {
      studio_canvas_pan (bench->f.canvas, 23, i % 2 == 0 ? 11 : 3);
      wait_frame (bench);
    }
  print_frames (bench, what);
}

static void
zoom (Bench *bench)
{
  g_array_set_size (bench->frames, 0);
  g_array_set_size (bench->busy, 0);
  for (int i = 0; i < FRAMES; i++)
    {
      studio_canvas_zoom_at (bench->f.canvas,
                             bench->f.canvas->zoom * (i < FRAMES / 2 ? 0.92 : 1 / 0.92), 640, 400);
      wait_frame (bench);
    }
  print_frames (bench, "zooming out and in");
}

static void
drag_from (Bench *bench, double x, double y, const char *what)
{
  gpointer gesture = controller (&bench->f, GTK_TYPE_GESTURE_DRAG, GDK_BUTTON_PRIMARY);
  StudioPoint at = studio_canvas_to_px (bench->f.canvas, x, y);

  g_array_set_size (bench->frames, 0);
  g_array_set_size (bench->busy, 0);
  g_signal_emit_by_name (gesture, "drag-begin", at.x, at.y);
  for (int i = 0; i < FRAMES; i++)
    {
      g_signal_emit_by_name (gesture, "drag-update", 4.0 * i, 2.0 * (i % 20));
      wait_frame (bench);
    }
  studio_canvas_cancel_drag (bench->f.canvas);
  print_frames (bench, what);
}

/* ---- edits */

static void
edit (Bench *bench, guint n)
{
  AnfGraph *graph = studio_document_get_graph (bench->document);
  AnfGraphBuilder *b;
  g_autoptr(AnfGraph) edited = NULL;
  g_autoptr(AnfReport) report = NULL;
  AnfId id = anf_node_id (anf_graph_nth (graph, 0));
  gint64 start = g_get_monotonic_time ();
  double busy;

  b = anf_graph_builder_new (graph);
  anf_graph_builder_set_attr (b, id, "shape", g_variant_new_parsed ("[@x 1, 32, 56, 56]"));
  edited = anf_graph_builder_end (b, NULL);
  report = anf_check (edited, NULL);
  printf ("  %-28s %14.2f ms   %s\n", "edit to diagnostics", ms_since (start),
          n == 1000 ? "(goal 50)" : "");

  studio_document_apply (bench->document, edited, "Edit", NULL);
  studio_canvas_set_graph (bench->f.canvas, edited);
  studio_canvas_set_report (bench->f.canvas, report);
  wait_frame (bench);
  start = g_get_monotonic_time ();
  busy = busy_ms ();
  studio_document_undo (bench->document);
  printf ("  %-28s %14.2f ms   %s\n", "undo, the document", ms_since (start),
          n == 10000 ? "(goal 30)" : "");
  studio_canvas_set_graph (bench->f.canvas, studio_document_get_graph (bench->document));
  wait_frame (bench);
  printf ("  %-28s %14.2f ms   processor %.2f\n", "undo, painted", ms_since (start),
          busy_ms () - busy);
}

static double
resident_mib (void)
{
  g_autofree char *text = NULL;
  long pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    sscanf (text, "%*s %ld", &pages);
  return pages * (double) sysconf (_SC_PAGESIZE) / 1048576;
}

static void
open_window (Bench *bench)
{
  GdkFrameClock *clock;

  bench->window = gtk_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (bench->window), 1280, 800);
  bench->f.canvas = STUDIO_CANVAS (studio_canvas_new ());
  gtk_window_set_child (GTK_WINDOW (bench->window), GTK_WIDGET (bench->f.canvas));
  gtk_window_present (GTK_WINDOW (bench->window));
  while (gtk_widget_get_width (GTK_WIDGET (bench->f.canvas)) == 0)
    g_main_context_iteration (NULL, TRUE);
  clock = gtk_widget_get_frame_clock (GTK_WIDGET (bench->f.canvas));
  g_signal_connect (clock, "before-paint", G_CALLBACK (on_before), bench);
  g_signal_connect (clock, "after-paint", G_CALLBACK (on_after), bench);
}

static void
measure (guint n)
{
  g_autoptr(AnfGraph) made = make_graph (n), graph = NULL;
  g_autofree char *text = anf_document_text (made, NULL);
  g_autoptr(AnfReport) report = NULL;
  const StudioBox *box;
  Bench bench = { .frames = g_array_new (FALSE, FALSE, sizeof (double)),
                  .busy = g_array_new (FALSE, FALSE, sizeof (double)) };
  gint64 start;

  open_window (&bench);
  wait_frame (&bench);
  printf ("%u nodes, 1280x800\n", n);
  start = g_get_monotonic_time ();
  g_free (studio_layout_arrange (made, NULL));
  printf ("  %-28s %14.2f ms   %s\n", "layout", ms_since (start), n == 10000 ? "(goal 5000)" : "");
  start = g_get_monotonic_time ();
  graph = anf_document_parse (text, strlen (text), NULL, NULL);
  bench.document = studio_document_new (graph, NULL);
  studio_canvas_set_graph (bench.f.canvas, graph);
  wait_frame (&bench);
  printf ("  %-28s %14.2f ms   %s\n", "open to first paint", ms_since (start),
          n == 10000 ? "(goal 1000)" : "");
  report = anf_check (graph, NULL);
  studio_canvas_set_report (bench.f.canvas, report);
  pan (&bench, "panning, all in view");

  box = &studio_canvas_scene (bench.f.canvas)->boxes[n / 2];
  studio_canvas_zoom_at (bench.f.canvas, 1, 0, 0);
  studio_canvas_centre (bench.f.canvas, box->box.x + 200, box->box.y, FALSE);
  pan (&bench, "panning at 100 %");
  zoom (&bench);
  studio_canvas_centre (bench.f.canvas, box->box.x + 200, box->box.y, FALSE);
  drag_from (&bench, box->box.x + 88, box->box.y + 10, "dragging a node");
  studio_canvas_centre (bench.f.canvas, box->box.x + 200, box->box.y, FALSE);
  drag_from (&bench, studio_box_output (box, 0).x, studio_box_output (box, 0).y,
             "dragging a wire");
  edit (&bench, n);
  printf ("  %-28s %14.0f MiB  %s\n\n", "memory, resident", resident_mib (),
          n == 10000 ? "(goal 400 MB)" : "");
  fflush (stdout);
  gtk_window_destroy (GTK_WINDOW (bench.window));
  settle ();
  g_object_unref (bench.document);
  g_array_unref (bench.frames);
  g_array_unref (bench.busy);
}

int
main (int argc, char **argv)
{
  gtk_init ();
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  for (int i = 1; i < argc; i++)
    measure (MAX (20, atoi (argv[i])));
  for (guint n = 100; argc < 2 && n <= 10000; n *= 10)
    measure (n);
  return 0;
}
