/* error.c - an error that knows its node and field; progress and cancellation in one step. */
#include "anf.h"

typedef struct { AnfId node; char *field; } AnfErrorPrivate;

static void
anf_error_private_init (AnfErrorPrivate *priv)
{
  priv->node = 0;
  priv->field = NULL;
}

static void
anf_error_private_copy (const AnfErrorPrivate *from, AnfErrorPrivate *to)
{
  to->node = from->node;
  to->field = g_strdup (from->field);
}

static void
anf_error_private_clear (AnfErrorPrivate *priv)
{
  g_free (priv->field);
}

G_DEFINE_EXTENDED_ERROR (AnfError, anf_error)

void
anf_error_set_node (GError **error, AnfErrorCode code, AnfId node,
                    const char *field, const char *format, ...)
{
  AnfErrorPrivate *priv;
  va_list args;

  if (error == NULL)
    return;

  va_start (args, format);
  *error = g_error_new_valist (ANF_ERROR, code, format, args);
  va_end (args);

  priv = anf_error_get_private (*error);
  priv->node = node;
  priv->field = g_strdup (field);
}

AnfId
anf_error_get_node (const GError *error)
{
  return error->domain == ANF_ERROR ? anf_error_get_private (error)->node : 0;
}

const char *
anf_error_get_field (const GError *error)
{
  return error->domain == ANF_ERROR ? anf_error_get_private (error)->field : NULL;
}

gboolean
anf_progress_step (const AnfProgress *self, const char *stage, double fraction, GError **error)
{
  if (self == NULL)
    return TRUE;
  if (self->notify != NULL)
    self->notify (stage, fraction, self->data);
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}
