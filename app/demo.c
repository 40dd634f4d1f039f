/* demo.c - drives one window from opening to a picture of it, and prints its panels as text. */
#include "demo.h"

#include <glib/gi18n-lib.h>

#include "format.h"

/* Frames that are drawn after the last result before the picture is taken: layout, then content. */
#define FRAMES 4

typedef struct
{
  StudioWorkspace *workspace;
  char            *picture, *page;
  StudioDemoDone   done;
  gpointer         data;
  guint            frames;
  char            *problem;        /* the run failed; the window says so, too (nullable) */
} Demo;

static void
finish (Demo *demo, const char *problem)
{
  StudioDemoDone done = demo->done;
  gpointer data = demo->data;
  g_autofree char *words = g_strdup (problem);

  g_signal_handlers_disconnect_by_data (demo->workspace, demo);
  g_signal_handlers_disconnect_by_data (studio_workspace_get_checker (demo->workspace), demo);
  g_signal_handlers_disconnect_by_data (studio_workspace_get_worker (demo->workspace), demo);
  g_object_unref (demo->workspace);
  g_free (demo->picture);
  g_free (demo->page);
  g_free (demo->problem);
  g_free (demo);
  done (words, data);
}

/* ---- what the panels show ---- */

static void
print_segments (AnfProfile *profile)
{
  const AnfPlan *plan = anf_program_plan (anf_profile_program (profile));
  AnfStats total = anf_profile_total (profile);
  g_autofree char *all = studio_format_time_us (total.median_us);

  g_print ("\n%-8s %-8s %5s %12s %12s %12s %7s  %s\n", _("Segment"), _("Kind"), _("Ops"),
           _("median"), "p10", "p90", _("share"), _("cut here because"));
  for (guint i = 0; i < anf_plan_n_segments (plan); i++)
    {
      const AnfSegment *segment = anf_plan_nth_segment (plan, i);
      AnfStats us = anf_profile_segment (profile, i);
      g_autofree char *median = studio_format_time_us (us.median_us);
      g_autofree char *p10 = studio_format_time_us (us.p10_us);
      g_autofree char *p90 = studio_format_time_us (us.p90_us);
      g_autofree char *share = studio_format_percent (us.median_us / total.median_us);

      g_print ("%-8s %-8s %5u %12s %12s %12s %7s  %s\n", segment->name,
               anf_segment_kind_name (segment->kind), segment->n_nodes, median, p10, p90, share,
               segment->reason != NULL ? segment->reason : "");
    }
  g_print ("%-8s %-8s %5s %12s\n", _("whole"), "", "", all);
  g_print (_("Measured on the device “%s”, %u runs, %u threads; no time of the Neural Engine.\n"),
           anf_program_device (anf_profile_program (profile)), anf_profile_runs (profile),
           anf_profile_threads (profile));
}

static void
print_weights (AnfWeights *weights, AnfGraph *graph)
{
  g_print ("\n%-12s %-8s %-10s %12s %10s %s\n", _("Weight of"), _("Role"), _("Encoding"),
           _("Bytes"), _("Error"), "");
  for (guint i = 0; i < anf_weights_n (weights); i++)
    {
      const AnfWeightFacts *facts = anf_weights_nth (weights, i);
      const AnfEncodingFacts *chosen = &facts->encoding[facts->chosen];
      const AnfNode *node = anf_graph_find (graph, facts->node);
      g_autofree char *bytes = studio_format_bytes (chosen->bytes);
      g_autofree char *error = studio_format_real (chosen->error);

      g_print ("%-12s %-8s %-10s %12s %10s %s\n", node != NULL ? anf_node_name (node) : facts->name,
               facts->role, anf_encoding_name (facts->chosen), bytes, error,
               chosen->ok ? _("passes") : _("misses the limit"));
    }
}

static void
print_gates (AnfGates *gates)
{
  g_print ("\n%-12s %-10s %12s %12s %8s\n", _("Gate on"), _("Metric"), _("Value"), _("Limit"),
           _("Verdict"));
  for (guint i = 0; i < anf_gates_n (gates); i++)
    {
      const AnfGateResult *result = anf_gates_nth (gates, i);
      g_autofree char *value = studio_format_real (result->value);
      g_autofree char *limit = studio_format_real (result->gate.limit);

      if (result->problem != NULL)
        g_print ("%-12s %-10s %s\n", result->gate.output, result->gate.metric, result->problem);
      else
        g_print ("%-12s %-10s %12s %12s %8s  (%u %s)\n", result->gate.output, result->gate.metric,
                 value, limit, result->ok ? _("holds") : _("fails"), result->n_samples,
                 result->random_inputs ? _("random samples") : _("samples"));
    }
  if (anf_gates_n (gates) == 0)
    g_print (_("The document has no gates.\n"));
}

static void
print_findings (AnfReport *report)
{
  AnfGraph *graph = anf_report_graph (report);

  g_print ("\n");
  for (guint i = 0; i < anf_report_n_findings (report); i++)
    {
      const AnfFinding *finding = anf_report_nth_finding (report, i);
      const AnfNode *node = finding->node != 0 ? anf_graph_find (graph, finding->node) : NULL;

      g_print ("%s %s %s: %s%s%s\n", anf_severity_name (finding->severity), finding->code,
               node != NULL ? anf_node_name (node) : _("document"), finding->message,
               finding->hint != NULL ? " " : "", finding->hint != NULL ? finding->hint : "");
    }
  if (anf_report_n_findings (report) == 0)
    g_print (_("No problems found.\n"));
}

static void
print_all (StudioWorkspace *workspace)
{
  AnfGraph *graph = studio_document_get_graph (studio_workspace_get_document (workspace));
  StudioChecker *checker = studio_workspace_get_checker (workspace);
  StudioWorker *worker = studio_workspace_get_worker (workspace);
  AnfReport *report = studio_checker_get_report (checker);

  g_print (_("%s: %u nodes, target %s\n"), anf_graph_title (graph), anf_graph_n_nodes (graph),
           anf_report_target (report));
  if (studio_worker_get_profile (worker) != NULL)
    print_segments (studio_worker_get_profile (worker));
  if (studio_checker_get_weights (checker) != NULL)
    print_weights (studio_checker_get_weights (checker), graph);
  if (studio_worker_get_gates (worker) != NULL)
    print_gates (studio_worker_get_gates (worker));
  print_findings (report);
}

/* ---- the picture ---- */

/* What the window's surface shows, drawn once more into a texture. */
static gboolean
take_picture (GtkWidget *window, const char *path)
{
  g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new (window);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  int width = gdk_paintable_get_intrinsic_width (paintable);
  int height = gdk_paintable_get_intrinsic_height (paintable);
  g_autoptr(GdkTexture) texture = NULL;
  GskRenderNode *node;

  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_free_to_node (snapshot);
  if (node == NULL)
    return FALSE;
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, width, height));
  gsk_render_node_unref (node);
  return gdk_texture_save_to_png (texture, path);
}

/* Right after a frame was drawn, else there would be nothing to draw once more. */
static void
on_painted (GdkFrameClock *clock, Demo *demo)
{
  StudioSheet *sheet = studio_workspace_get_sheet (demo->workspace);
  GtkWidget *window = GTK_WIDGET (gtk_widget_get_root (GTK_WIDGET (sheet)));
  g_autofree char *problem = NULL;

  if (++demo->frames < FRAMES)
    return;

  gdk_frame_clock_end_updating (clock);
  g_signal_handlers_disconnect_by_func (clock, on_painted, demo);
  if (!take_picture (window, demo->picture))
    problem = g_strdup_printf (_("%s: the picture could not be written"), demo->picture);
  else
    print_all (demo->workspace);
  finish (demo, problem != NULL ? problem : demo->problem);
}

/* ---- the steps ---- */

/* The node that takes longest is the one worth showing. */
static void
select_slowest (Demo *demo)
{
  AnfProfile *profile = studio_worker_get_profile (studio_workspace_get_worker (demo->workspace));
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));
  const AnfOpProfile *slowest = NULL;

  for (guint i = 0; i < anf_profile_n_ops (profile); i++)
    {
      const AnfOpProfile *op = anf_profile_nth_op (profile, i);

      if (slowest == NULL || op->us.median_us > slowest->us.median_us)
        slowest = op;
    }
  if (slowest != NULL)
    g_array_append_val (selection, slowest->node);
  g_object_set (studio_workspace_get_sheet (demo->workspace), "selection", selection, NULL);
}

static void
on_finished (StudioWorker *worker, guint job, const char *path, const GError *error, Demo *demo)
{
  StudioSheet *sheet = studio_workspace_get_sheet (demo->workspace);
  GdkFrameClock *clock;

  if (error != NULL)
    demo->problem = g_strdup (error->message);
  else
    select_slowest (demo);
  studio_sheet_clear_toasts (sheet);
  if (demo->page != NULL)
    studio_sheet_set_workspace (sheet, demo->page);
  gtk_widget_queue_draw (GTK_WIDGET (sheet));
  clock = gtk_widget_get_frame_clock (GTK_WIDGET (sheet));
  g_signal_connect (clock, "after-paint", G_CALLBACK (on_painted), demo);
  gdk_frame_clock_begin_updating (clock);
}

static void
on_idle (StudioChecker *checker, GParamSpec *pspec, Demo *demo)
{
  StudioWorker *worker = studio_workspace_get_worker (demo->workspace);
  StudioDocument *document = studio_workspace_get_document (demo->workspace);

  if (!studio_checker_get_idle (checker) || studio_worker_get_busy (worker))
    return;

  g_signal_handlers_disconnect_by_func (checker, on_idle, demo);
  /* After, so that the window has said its part already. */
  g_signal_connect_after (worker, "finished", G_CALLBACK (on_finished), demo);
  studio_worker_start (worker, STUDIO_JOB_RUN, studio_document_get_graph (document), NULL);
}

static void
on_opened (StudioWorkspace *workspace, const GError *error, Demo *demo)
{
  if (error != NULL)
    {
      finish (demo, error->message);
      return;
    }
  g_signal_connect (studio_workspace_get_checker (workspace), "notify::idle",
                    G_CALLBACK (on_idle), demo);
}

void
studio_demo_start (StudioWorkspace *workspace, const char *path, const char *picture,
                   const char *page, StudioDemoDone done, gpointer data)
{
  Demo *demo = g_new0 (Demo, 1);

  demo->workspace = g_object_ref (workspace);
  demo->picture = g_strdup (picture);
  demo->page = g_strdup (page);
  demo->done = done;
  demo->data = data;
  g_signal_connect (workspace, "opened", G_CALLBACK (on_opened), demo);
  studio_workspace_open (workspace, path);
}
