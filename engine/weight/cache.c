/* cache.c - encoded weights by what they hold, the least lately used of them given up first. */
#include "weight/cache.h"

#define MOST_BYTES ((gsize) 256 << 20)     /* held for nobody but the next compile */
#define MOST_ENTRIES 16384

typedef struct
{
  char       *name;
  AnfEncoded *encoded;             /* (nullable) */
  char       *why;                 /* it does not apply (nullable) */
  float      *values;              /* (nullable) */
  gsize       n_values;
  GList       link;                /* in the queue, the last used first */
} Entry;

static GMutex      lock;
static GHashTable *entries;        /* name -> Entry */
static GQueue      recent = G_QUEUE_INIT;
static gsize       held;           /* bytes of payloads and values */

void
anf_values_unref (float *values)
{
  if (values != NULL)
    g_atomic_rc_box_release (values);
}

static gsize
bytes_of (const Entry *entry)
{
  return (entry->encoded != NULL ? entry->encoded->bytes : 0) + entry->n_values * sizeof (float);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  held -= bytes_of (entry);
  g_queue_unlink (&recent, &entry->link);
  g_clear_pointer (&entry->encoded, anf_encoded_unref);
  g_clear_pointer (&entry->values, anf_values_unref);
  g_free (entry->why);
  g_free (entry->name);
  g_free (entry);
}

/* Under the lock, as all below. */
static Entry *
find (const char *name)
{
  Entry *entry;

  if (entries == NULL)
    entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  entry = g_hash_table_lookup (entries, name);
  if (entry != NULL)
    {
      g_queue_unlink (&recent, &entry->link);
      g_queue_push_head_link (&recent, &entry->link);
    }
  return entry;
}

static Entry *
find_or_add (const char *name)
{
  Entry *entry = find (name);

  if (entry != NULL)
    return entry;
  entry = g_new0 (Entry, 1);
  entry->name = g_strdup (name);
  entry->link.data = entry;
  g_queue_push_head_link (&recent, &entry->link);
  g_hash_table_insert (entries, entry->name, entry);
  return entry;
}

static void
give_up_old (void)
{
  while (recent.length > 0 && (held > MOST_BYTES || recent.length > MOST_ENTRIES))
    g_hash_table_remove (entries, ((Entry *) g_queue_peek_tail (&recent))->name);
}

static char *
name_of (const AnfCacheKey *key)
{
  return g_strdup_printf ("%s %d %d %u", anf_tensor_digest (key->tensor), key->transposed,
                          key->encoding, key->encoding == ANF_BLOCKWISE ? key->block_size : 0);
}

AnfEncoded *
anf_cache_encode (const AnfCacheKey *key, gboolean *kept, char **why, GCancellable *cancellable,
                  GError **error)
{
  g_autofree char *name = name_of (key);
  g_autoptr(AnfTensor) layout = NULL;
  g_autoptr(GError) failed = NULL;
  AnfEncoded *encoded = NULL;
  Entry *entry;

  g_mutex_lock (&lock);
  entry = find (name);
  if (entry != NULL && entry->encoded != NULL)
    encoded = anf_encoded_ref (entry->encoded);
  else if (entry != NULL && entry->why != NULL)
    *why = g_strdup (entry->why);
  g_mutex_unlock (&lock);
  if (kept != NULL)
    *kept = encoded != NULL || *why != NULL;
  if (encoded != NULL || *why != NULL)
    return encoded;

  layout = key->transposed ? anf_tensor_transposed (key->tensor) : anf_tensor_ref (key->tensor);
  encoded = anf_encode (layout, key->encoding, key->block_size, why, cancellable, &failed);
  if (failed != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failed));
      return NULL;
    }
  g_mutex_lock (&lock);
  entry = find_or_add (name);
  /* fp16 would only double what the tensor has. */
  if (encoded != NULL && key->encoding != ANF_FP16 && entry->encoded == NULL)
    {
      entry->encoded = anf_encoded_ref (encoded);
      held += encoded->bytes;
    }
  else if (encoded == NULL && entry->why == NULL)
    entry->why = g_strdup (*why);
  give_up_old ();
  g_mutex_unlock (&lock);
  return encoded;
}

/* From the stored layout [N, K] to the document's [K, N] (transfer full). */
static float *
turn (const AnfTensor *tensor, float *values)
{
  gsize rows = anf_tensor_dim (tensor, 0), columns = anf_tensor_dim (tensor, 1);
  float *turned = g_atomic_rc_box_alloc (MAX (rows * columns, 1) * sizeof *turned);

  for (gsize r = 0; r < rows; r++)
    for (gsize c = 0; c < columns; c++)
      turned[r * columns + c] = values[c * rows + r];
  anf_values_unref (values);
  return turned;
}

float *
anf_cache_values (const AnfCacheKey *key, gboolean *kept, GCancellable *cancellable,
                  GError **error)
{
  g_autofree char *name = name_of (key), *why = NULL;
  g_autoptr(AnfEncoded) encoded = NULL;
  float *values = NULL;
  Entry *entry;
  gsize n = anf_tensor_elements (key->tensor);

  g_mutex_lock (&lock);
  entry = find (name);
  if (entry != NULL && entry->values != NULL)
    values = g_atomic_rc_box_acquire (entry->values);
  g_mutex_unlock (&lock);
  if (kept != NULL)
    *kept = values != NULL;
  if (values != NULL || (encoded = anf_cache_encode (key, NULL, &why, cancellable, error)) == NULL)
    return values;

  values = g_atomic_rc_box_alloc (MAX (n, 1) * sizeof *values);
  anf_encoded_decode (encoded, values);
  if (key->transposed)
    values = turn (key->tensor, values);
  g_mutex_lock (&lock);
  entry = find_or_add (name);
  if (entry->values == NULL)
    {
      entry->values = g_atomic_rc_box_acquire (values);
      entry->n_values = n;
      held += n * sizeof (float);
    }
  give_up_old ();
  g_mutex_unlock (&lock);
  return values;
}

void
anf_cache_forget (void)
{
  g_mutex_lock (&lock);
  if (entries != NULL)
    g_hash_table_remove_all (entries);
  g_mutex_unlock (&lock);
}
