/* cache.c - profiles, gates and errors of earlier states, bounded in bytes. */
#include "cache.h"

typedef struct
{
  char       *hash;
  AnfProgram *program;
  AnfProfile *profile;
  AnfGates   *gates;               /* (nullable) */
  AnfErrors  *errors;              /* (nullable) */
  gsize       bytes;
} Entry;

struct _StudioCache
{
  GQueue entries;                  /* Entry, the one used last in front */
  gsize  bytes, most_bytes;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->hash);
  anf_program_unref (entry->program);
  anf_profile_unref (entry->profile);
  g_clear_pointer (&entry->gates, anf_gates_unref);
  g_clear_pointer (&entry->errors, anf_errors_unref);
  g_free (entry);
}

static GList *
find (StudioCache *self, const char *hash)
{
  for (GList *l = self->entries.head; l != NULL; l = l->next)
    if (g_str_equal (((Entry *) l->data)->hash, hash))
      return l;
  return NULL;
}

static void
drop (StudioCache *self, GList *link)
{
  self->bytes -= ((Entry *) link->data)->bytes;
  entry_free (link->data);
  g_queue_delete_link (&self->entries, link);
}

/* Nobody can ask a program what it holds: what it runs in, its weights as read and as packed.
 * Errors hold each value, as computed and as it should be. */
static gsize
bytes_of (AnfProfile *profile, AnfErrors *errors)
{
  AnfProgram *program = anf_profile_program (profile);
  const AnfWeights *weights = anf_program_weights (program);
  AnfGraph *graph = anf_program_graph (program);
  gsize bytes = anf_profile_peak_bytes (profile);

  for (guint i = 0; errors != NULL && i < anf_graph_n_nodes (graph); i++)
    {
      const AnfType *type = anf_report_type (anf_program_report (program),
                                             anf_node_id (anf_graph_nth (graph, i)), 0);

      bytes += type != NULL ? 4 * anf_type_bytes (type) : 0;
    }

  for (guint i = 0; weights != NULL && i < anf_weights_n (weights); i++)
    bytes += 2 * anf_weights_nth (weights, i)->encoding[ANF_FP16].bytes;
  return bytes;
}

void
studio_cache_note (StudioCache *self, StudioWorker *worker)
{
  AnfProfile *profile = NULL;
  AnfGates *gates = NULL;
  AnfErrors *errors = NULL;
  const char *hash;
  Entry *entry;
  GList *old;

  g_object_get (worker, "profile", &profile, "gates", &gates, "errors", &errors, NULL);
  if (profile == NULL)
    goto out;
  hash = anf_graph_hash (anf_program_graph (anf_profile_program (profile)));
  if (gates != NULL && !g_str_equal (anf_graph_hash (anf_gates_graph (gates)), hash))
    {
      g_clear_pointer (&gates, anf_gates_unref);
      g_clear_pointer (&errors, anf_errors_unref);
    }
  if ((old = find (self, hash)) != NULL)
    drop (self, old);

  entry = g_new0 (Entry, 1);
  entry->hash = g_strdup (hash);
  entry->program = anf_program_ref (anf_profile_program (profile));
  entry->profile = g_steal_pointer (&profile);
  entry->gates = g_steal_pointer (&gates);
  entry->errors = g_steal_pointer (&errors);
  entry->bytes = bytes_of (entry->profile, entry->errors);
  self->bytes += entry->bytes;
  g_queue_push_head (&self->entries, entry);
  while (self->bytes > self->most_bytes && self->entries.length > 1)
    drop (self, self->entries.tail);

out:
  g_clear_pointer (&profile, anf_profile_unref);
  g_clear_pointer (&gates, anf_gates_unref);
  g_clear_pointer (&errors, anf_errors_unref);
}

gboolean
studio_cache_restore (StudioCache *self, AnfGraph *graph, StudioWorker *worker)
{
  GList *link = self->entries.length > 0 ? find (self, anf_graph_hash (graph)) : NULL;
  Entry *entry = link != NULL ? link->data : NULL;

  if (entry == NULL)
    return FALSE;
  g_queue_unlink (&self->entries, link);
  g_queue_push_head_link (&self->entries, link);
  studio_worker_restore (worker, entry->program, entry->profile, entry->gates, entry->errors);
  return TRUE;
}

guint
studio_cache_n (StudioCache *self)
{
  return self->entries.length;
}

gsize
studio_cache_bytes (StudioCache *self)
{
  return self->bytes;
}

StudioCache *
studio_cache_new (gsize most_bytes)
{
  StudioCache *self = g_new0 (StudioCache, 1);

  g_queue_init (&self->entries);
  self->most_bytes = most_bytes;
  return self;
}

void
studio_cache_free (StudioCache *self)
{
  g_queue_clear_full (&self->entries, entry_free);
  g_free (self);
}
