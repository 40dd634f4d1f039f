/* encoding-list.c - the choice of an encoding, with what each would cost and spoil. */
#include "encoding-list.h"

#include <glib/gi18n-lib.h>

#include "edits.h"
#include "format.h"

/* Places in the list: the document's choice, then the encodings, then auto. */
#define N_PLACES (ANF_N_ENCODINGS + 2)

struct _StudioEncodingList
{
  GtkBox parent_instance;

  GtkWidget     *drop_down;        /* NULL: not made yet */
  char          *name;
  guint          selected, idle;
  GtkStringList *words;
  gboolean       filling;
};

G_DEFINE_FINAL_TYPE (StudioEncodingList, studio_encoding_list, GTK_TYPE_BOX)

enum { CHOOSE, N_SIGNALS };
static guint signals[N_SIGNALS];

static char *
words_of (AnfEncoding encoding, const AnfWeightFacts *facts)
{
  const AnfEncodingFacts *is = facts != NULL && encoding < ANF_N_ENCODINGS
    ? &facts->encoding[encoding] : NULL;
  g_autofree char *bytes = NULL, *error = NULL;

  if (is == NULL)
    return g_strdup (anf_encoding_name (encoding));
  if (!is->applies)
    return g_strdup_printf (_("%s: does not apply"), anf_encoding_name (encoding));
  bytes = studio_format_bytes (is->bytes);
  error = studio_format_real (is->error);
  return g_strdup_printf (_("%s: %s, error %s%s"), anf_encoding_name (encoding), bytes, error,
                          is->ok ? "" : _(", over the limit"));
}

void
studio_encoding_list_show (StudioEncodingList *self, const AnfNode *node, const char *role,
                           AnfEncoding document, const AnfWeightFacts *facts)
{
  AnfEncoding own = document;
  gboolean pinned = anf_node_encoding (node, role, &own);
  g_autofree char *follow = NULL;

  g_return_if_fail (STUDIO_IS_ENCODING_LIST (self));

  if (facts != NULL && facts->chosen != document && !pinned)
    follow = g_strdup_printf (_("document: %s → %s"), anf_encoding_name (document),
                              anf_encoding_name (facts->chosen));
  else
    follow = g_strdup_printf (_("document: %s"), anf_encoding_name (document));

  self->filling = TRUE;
  for (guint i = 0; i < N_PLACES; i++)
    {
      g_autofree char *made = i > 0 ? words_of (i - 1, facts) : NULL;
      const char *words = i > 0 ? made : follow;

      if (g_strcmp0 (gtk_string_list_get_string (self->words, i), words) != 0)
        gtk_string_list_splice (self->words, i,
                                i < g_list_model_get_n_items (G_LIST_MODEL (self->words)),
                                (const char *[]) { words, NULL });
    }
  self->selected = pinned ? own + 1 : 0;
  if (self->drop_down != NULL)
    gtk_drop_down_set_selected (GTK_DROP_DOWN (self->drop_down), self->selected);
  self->filling = FALSE;
}

static void
on_selected (GtkDropDown *drop_down, GParamSpec *pspec, StudioEncodingList *self)
{
  guint at = gtk_drop_down_get_selected (drop_down);

  if (!self->filling && at < N_PLACES)
    g_signal_emit (self, signals[CHOOSE], 0, (int) at - 1);
}

char *
studio_encoding_verdict (const AnfWeightFacts *facts, const AnfReport *report, const char **css)
{
  const AnfEncodingFacts *is = &facts->encoding[facts->chosen];
  g_autofree char *bytes = studio_format_bytes (is->bytes);
  g_autofree char *error = studio_format_real (is->error);
  const char *target = report != NULL ? anf_report_target (report) : NULL;
  g_autofree char *where = target == NULL ? g_strdup ("")
    : g_strdup_printf (is->streams ? _(", streams on %s") : _(", folds on %s"), target);
  const char *why = facts->why != NULL ? facts->why : is->why;

  *css = is->ok ? "dim" : "warn";
  return g_strdup_printf (_("%s: %s, error %s%s%s%s%s"), anf_encoding_name (facts->chosen), bytes,
                          error, is->ok ? "" : _(" over the limit"), where,
                          why != NULL ? ". " : "", why != NULL ? why : "");
}

void
studio_encoding_edit (StudioPanel *panel, AnfId id, const char *role, int encoding)
{
  const AnfGraph *graph = studio_panel_view (panel)->graph;
  const AnfNode *node = graph != NULL ? anf_graph_find (graph, id) : NULL;
  AnfEncoding own = ANF_AUTO;
  gboolean pinned;
  g_autofree char *label = NULL;
  AnfGraphBuilder *b;

  if (node == NULL)
    return;
  pinned = anf_node_encoding (node, role, &own);
  if (encoding == (pinned ? (int) own : STUDIO_FOLLOWS_DOCUMENT))
    return;

  b = anf_graph_builder_new (graph);
  if (encoding == STUDIO_FOLLOWS_DOCUMENT)
    {
      anf_graph_builder_unset_encoding (b, id, role);
      label = g_strdup_printf (_("Encode %s %s as the document says"), anf_node_name (node), role);
    }
  else
    {
      anf_graph_builder_set_encoding (b, id, role, encoding);
      label = g_strdup_printf (_("Encode %s %s as %s"), anf_node_name (node), role,
                               anf_encoding_name (encoding));
    }
  studio_panel_edit (panel, b, label, NULL, NULL);
}

void
studio_compress_edit (StudioPanel *panel, AnfEncoding encoding)
{
  const AnfGraph *graph = studio_panel_view (panel)->graph;
  AnfSettings settings;
  g_autofree char *label = NULL;
  AnfGraphBuilder *b;

  if (graph == NULL || anf_graph_settings (graph)->compress == encoding)
    return;
  settings = *anf_graph_settings (graph);
  settings.compress = encoding;
  label = g_strdup_printf (_("Encode weights as %s"), anf_encoding_name (encoding));
  b = anf_graph_builder_new (graph);
  anf_graph_builder_set_settings (b, &settings);
  studio_panel_edit (panel, b, label, NULL, NULL);
}

void
studio_encoding_list_set_name (StudioEncodingList *self, const char *name)
{
  char *copy = g_strdup (name);

  g_return_if_fail (STUDIO_IS_ENCODING_LIST (self));

  g_free (self->name);
  self->name = copy;
  if (self->drop_down == NULL)
    return;
  studio_name_widget (self->drop_down, name);
}

static gboolean
on_tooltip (GtkWidget *drop_down, int x, int y, gboolean keyboard, GtkTooltip *tooltip,
            StudioEncodingList *self)
{
  gtk_tooltip_set_text (tooltip, self->name);
  return self->name != NULL;
}

static void
make_drop_down (StudioEncodingList *self)
{
  self->drop_down = gtk_drop_down_new (G_LIST_MODEL (g_object_ref (self->words)), NULL);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->drop_down), self->selected);
  gtk_widget_set_hexpand (self->drop_down, TRUE);
  gtk_widget_set_has_tooltip (self->drop_down, TRUE);
  g_signal_connect (self->drop_down, "query-tooltip", G_CALLBACK (on_tooltip), self);
  studio_name_widget (self->drop_down, self->name != NULL ? self->name : "");
  gtk_box_append (GTK_BOX (self), self->drop_down);
  g_signal_connect (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self);
}

static gboolean
on_idle (gpointer data)
{
  StudioEncodingList *self = data;

  self->idle = 0;
  make_drop_down (self);
  return G_SOURCE_REMOVE;
}

static void
studio_encoding_list_dispose (GObject *object)
{
  StudioEncodingList *self = STUDIO_ENCODING_LIST (object);

  self->filling = TRUE;
  g_clear_handle_id (&self->idle, g_source_remove);
  g_clear_object (&self->words);
  g_clear_pointer (&self->name, g_free);
  G_OBJECT_CLASS (studio_encoding_list_parent_class)->dispose (object);
}

static void
studio_encoding_list_class_init (StudioEncodingListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = studio_encoding_list_dispose;

  signals[CHOOSE] = g_signal_new ("choose", STUDIO_TYPE_ENCODING_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
studio_encoding_list_init (StudioEncodingList *self)
{
  self->words = gtk_string_list_new (NULL);
}

GtkWidget *
studio_encoding_list_new (const char *name)
{
  StudioEncodingList *self = g_object_new (STUDIO_TYPE_ENCODING_LIST, NULL);

  self->name = g_strdup (name);
  make_drop_down (self);
  return GTK_WIDGET (self);
}

GtkWidget *
studio_encoding_list_new_later (void)
{
  StudioEncodingList *self = g_object_new (STUDIO_TYPE_ENCODING_LIST, NULL);

  self->idle = g_idle_add_full (G_PRIORITY_LOW, on_idle, self, NULL);
  return GTK_WIDGET (self);
}
