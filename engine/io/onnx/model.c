/* model.c - reads the messages of a model, without copying the numbers of its weights.
 *
 * protobuf-c copies every byte field. Before it sees the file, the raw_data of each initializer is
 * replaced by 16 bytes that say where in the file it is; the rest of a model is small. */
#include "io/onnx/onnx.h"

#include "io/file.h"

#include <string.h>

/* Fields on the way to the numbers: ModelProto.graph, GraphProto.initializer, .raw_data. */
static const guint way[] = { 7, 5, 9 };

typedef struct { const guint8 *data; gsize at, end; } Wire;

static gboolean
varint (Wire *self, guint64 *value)
{
  *value = 0;
  for (guint shift = 0; shift < 64 && self->at < self->end; shift += 7)
    {
      guint8 byte = self->data[self->at++];

      *value |= (guint64) (byte & 127) << shift;
      if (byte < 128)
        return TRUE;
    }
  return FALSE;
}

/* One field: its number, where it begins and ends, and where its content begins. */
typedef struct { guint64 number; gsize begin, content, end; gboolean counted; } Field;

static gboolean
field (Wire *self, Field *out)
{
  guint64 tag, n = 0;

  out->begin = self->at;
  if (!varint (self, &tag))
    return FALSE;
  out->number = tag >> 3;
  out->counted = (tag & 7) == 2;
  switch (tag & 7)
    {
    case 0:
      if (!varint (self, &n))
        return FALSE;
      n = 0;
      break;
    case 1:
      n = 8;
      break;
    case 2:
      if (!varint (self, &n))
        return FALSE;
      break;
    case 5:
      n = 4;
      break;
    default:
      return FALSE;
    }
  if (n > self->end - self->at)
    return FALSE;
  out->content = self->at;
  self->at += n;
  out->end = self->at;
  return TRUE;
}

static void
put_varint (GByteArray *out, guint64 value)
{
  do
    {
      guint8 byte = (value & 127) | (value > 127 ? 128 : 0);

      g_byte_array_append (out, &byte, 1);
      value >>= 7;
    }
  while (value > 0);
}

static void
put_counted (GByteArray *out, guint64 number, const guint8 *data, gsize size)
{
  put_varint (out, number << 3 | 2);
  put_varint (out, size);
  g_byte_array_append (out, data, size);
}

/* FALSE with the offset of what is no field in wire->at. */
static gboolean
strip (Wire *wire, guint depth, GByteArray *out)
{
  Field next;

  while (wire->at < wire->end)
    {
      if (!field (wire, &next))
        {
          wire->at = next.begin;
          return FALSE;
        }
      if (!next.counted || next.number != way[depth])
        g_byte_array_append (out, wire->data + next.begin, next.end - next.begin);
      else if (depth + 1 == G_N_ELEMENTS (way))
        {
          guint64 place[2] = { next.content, next.end - next.content };

          put_counted (out, next.number, (const guint8 *) place, sizeof place);
        }
      else
        {
          g_autoptr(GByteArray) inner = g_byte_array_new ();
          Wire within = { wire->data, next.content, next.end };

          if (!strip (&within, depth + 1, inner))
            {
              wire->at = within.at;
              return FALSE;
            }
          put_counted (out, next.number, inner->data, inner->len);
        }
    }
  return TRUE;
}

Onnx__ModelProto *
anf_onnx_unpack (GBytes *file, GError **error)
{
  g_autoptr(GByteArray) bones = g_byte_array_new ();
  Onnx__ModelProto *model;
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  Wire wire = { data, 0, size };

  if (!strip (&wire, 0, bones))
    {
      anf_bad_file (error, "byte %" G_GSIZE_FORMAT ": no field of a protobuf message, or the file "
                    "ends inside it", wire.at);
      return NULL;
    }
  model = onnx__model_proto__unpack (NULL, bones->len, bones->data);
  if (model != NULL && model->graph != NULL)
    return model;
  if (model != NULL)
    onnx__model_proto__free_unpacked (model, NULL);
  anf_bad_file (error, model != NULL ? "there is no graph in it: no ONNX model"
                                     : "its messages are not those of an ONNX model");
  return NULL;
}
