/* picture.c - pictures in files as what an input of a graph is fed with. */
#include "picture.h"

#include <string.h>
#include <sys/stat.h>

/* Larger ones would take gigabytes to decode; no camera makes them. */
#define MAX_PIXELS 200000000.0

typedef struct
{
  int      n, channels, height, width;
  gboolean last;                   /* channels behind the pixels */
  AnfDtype dtype;
} Port;

/* ---------------------------------------------------------------- which */

gboolean
studio_picture_is (const char *path)
{
  g_autoptr(GSList) formats = gdk_pixbuf_get_formats ();
  const char *dot = strrchr (path, '.');
  gboolean found = FALSE;

  for (GSList *l = formats; l != NULL && dot != NULL; l = l->next)
    {
      g_auto(GStrv) endings = gdk_pixbuf_format_get_extensions (l->data);

      for (guint i = 0; endings[i] != NULL; i++)
        found |= g_ascii_strcasecmp (dot + 1, endings[i]) == 0;
    }
  return found;
}

static gboolean
is_channels (gint64 n)
{
  return n == 1 || n == 3 || n == 4;
}

static gboolean
read_port (const AnfNode *node, Port *port)
{
  gint64 dim[ANF_MAX_RANK];
  guint rank;
  const char *dtype;

  if (anf_op_category (anf_node_op (node)) != ANF_CAT_IO)
    return FALSE;
  rank = anf_node_ints (node, "shape", dim, ANF_MAX_RANK);
  dtype = anf_op_attr (anf_node_op (node), 1) != NULL ? anf_node_text (node, "dtype") : NULL;
  *port = (Port) { 1, 1, 0, 0, FALSE, ANF_U8 };
  if (rank < 3 || rank > 4)
    return FALSE;
  if (dtype != NULL && !anf_dtype_from_name (dtype, &port->dtype))
    return FALSE;
  port->last = rank == 4 && !is_channels (dim[1]) && is_channels (dim[3]);
  port->n = rank == 4 ? dim[0] : 1;
  port->channels = port->last ? dim[3] : dim[rank - 3];
  port->height = port->last ? dim[1] : dim[rank - 2];
  port->width = port->last ? dim[2] : dim[rank - 1];
  return is_channels (port->channels) && port->height > 1 && port->width > 1
         && (port->dtype == ANF_U8 || port->dtype == ANF_F16);
}

gboolean
studio_picture_fits (const AnfGraph *graph, const AnfNode *node, int *width, int *height)
{
  Port port;

  if (!read_port (node, &port))
    return FALSE;
  if (width != NULL)
    *width = port.width;
  if (height != NULL)
    *height = port.height;
  return TRUE;
}

/* ---------------------------------------------------------------- reading */

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_FILE, "%s: %s", path, why);
  return FALSE;
}

static gboolean
check_file (const char *path, GError **error)
{
  struct stat info;
  int width, height;

  if (stat (path, &info) != 0)
    return refuse (error, path, "there is no such file");
  if (!S_ISREG (info.st_mode))
    return refuse (error, path, "this is not a regular file");
  if (gdk_pixbuf_get_file_info (path, &width, &height) == NULL)
    return refuse (error, path, "this is no picture that can be read");
  if ((double) width * height > MAX_PIXELS)
    return refuse (error, path, "this picture has more than 200 million pixels");
  return TRUE;
}

static GdkPixbuf *
cut (GdkPixbuf *picture, int width, int height)
{
  int w = gdk_pixbuf_get_width (picture), h = gdk_pixbuf_get_height (picture);
  double scale = MAX ((double) width / w, (double) height / h);
  int covers_w = MAX (width, (int) (w * scale + 0.5));
  int covers_h = MAX (height, (int) (h * scale + 0.5));
  g_autoptr(GdkPixbuf) scaled = NULL, middle = NULL;

  if (w == width && h == height)
    return g_object_ref (picture);
  /* "Bilinear" of this library is a mean over the area where it makes smaller. */
  if ((scaled = gdk_pixbuf_scale_simple (picture, covers_w, covers_h, GDK_INTERP_BILINEAR)) == NULL)
    return NULL;
  middle = gdk_pixbuf_new_subpixbuf (scaled, (covers_w - width) / 2, (covers_h - height) / 2,
                                     width, height);
  return gdk_pixbuf_copy (middle);
}

GdkPixbuf *
studio_picture_load (const char *path, int width, int height, GError **error)
{
  g_autoptr(GError) cause = NULL;
  g_autoptr(GdkPixbuf) file = NULL, upright = NULL;
  GdkPixbuf *picture = NULL;

  if (!check_file (path, error))
    return NULL;
  if ((file = gdk_pixbuf_new_from_file (path, &cause)) == NULL)
    {
      refuse (error, path, cause->message);
      return NULL;
    }
  upright = gdk_pixbuf_apply_embedded_orientation (file);
  if (upright != NULL)
    picture = cut (upright, width, height);
  if (picture == NULL)
    refuse (error, path, "there is not enough memory for this picture");
  return picture;
}

/* ---------------------------------------------------------------- as numbers */

/* Channel @c of a pixel; what shines through is white. Luma as in JPEG. */
static double
sample (const guint8 *pixel, gboolean alpha, int channels, int c)
{
  double rgb[3], a = alpha ? pixel[3] / 255.0 : 1;

  if (channels == 4 && c == 3)
    return alpha ? pixel[3] : 255;
  for (guint i = 0; i < 3; i++)
    rgb[i] = channels == 4 ? pixel[i] : pixel[i] * a + 255 * (1 - a);
  return channels == 1 ? 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] : rgb[c];
}

/* Numbers the document notes at the node, one per channel; FALSE: there are none. */
static gboolean
read_note (const AnfGraph *graph, const AnfNode *node, const char *key, int channels, double *out)
{
  g_autoptr(GVariant) value = anf_graph_note (graph, anf_node_id (node), key, "ad");
  gsize n = 0;
  const double *list = value != NULL ? g_variant_get_fixed_array (value, &n, sizeof *list) : NULL;

  if (list == NULL || n != (gsize) channels)
    return FALSE;
  memcpy (out, list, n * sizeof *out);
  return TRUE;
}

static gboolean
read_norm (const AnfGraph *graph, const AnfNode *node, const Port *port, double *mean, double *std)
{
  for (int c = 0; c < port->channels; c++)
    {
      mean[c] = 0;
      std[c] = 1;
    }
  return port->dtype != ANF_U8 && read_note (graph, node, "mean", port->channels, mean)
         && read_note (graph, node, "std", port->channels, std);
}

static gsize
place_of (const Port *port, int c, int y, int x)
{
  return port->last ? ((gsize) y * port->width + x) * port->channels + c
                    : ((gsize) c * port->height + y) * port->width + x;
}

static void
fill (const Port *port, const GdkPixbuf *picture, const double *mean, const double *std,
      guint8 *bytes, float *numbers)
{
  const guint8 *pixels = gdk_pixbuf_read_pixels (picture);
  int stride = gdk_pixbuf_get_rowstride (picture), per = gdk_pixbuf_get_n_channels (picture);
  gboolean alpha = gdk_pixbuf_get_has_alpha (picture);

  for (int y = 0; y < port->height; y++)
    for (int x = 0; x < port->width; x++)
      for (int c = 0; c < port->channels; c++)
        {
          const guint8 *pixel = pixels + (gsize) y * stride + x * per;
          guint8 value = sample (pixel, alpha, port->channels, c) + 0.5;

          if (bytes != NULL)
            bytes[place_of (port, c, y, x)] = value;
          else
            numbers[place_of (port, c, y, x)] = (value / 255.0 - mean[c]) / std[c];
        }
}

AnfTensor *
studio_picture_tensor (const AnfGraph *graph, const AnfNode *node, const GdkPixbuf *picture,
                       GError **error)
{
  gint64 shape[ANF_MAX_RANK];
  double mean[4], std[4];
  g_autoptr(GBytes) bytes = NULL;
  guint8 *data;
  gsize one, size;
  Port port;

  if (!read_port (node, &port) || gdk_pixbuf_get_width (picture) != port.width
      || gdk_pixbuf_get_height (picture) != port.height)
    {
      g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "%s takes no picture: its shape is not "
                   "that of pixels in 1, 3 or 4 channels", anf_node_name (node));
      return NULL;
    }
  read_norm (graph, node, &port, mean, std);
  size = port.dtype == ANF_U8 ? 1 : sizeof (float);
  one = (gsize) port.channels * port.height * port.width * size;
  data = g_malloc (one * port.n);
  fill (&port, picture, mean, std, port.dtype == ANF_U8 ? data : NULL, (float *) data);
  for (int i = 1; i < port.n; i++)
    memcpy (data + i * one, data, one);
  bytes = g_bytes_new_take (data, one * port.n);
  return anf_tensor_new (port.dtype == ANF_U8 ? ANF_U8 : ANF_F32,
                         anf_node_ints (node, "shape", shape, ANF_MAX_RANK), shape, bytes);
}

AnfTensor *
studio_picture_feed (const AnfGraph *graph, const AnfNode *node, const char *path, GError **error)
{
  g_autoptr(GdkPixbuf) picture = NULL;
  int width = 1, height = 1;

  if (studio_picture_fits (graph, node, &width, &height)
      && (picture = studio_picture_load (path, width, height, error)) == NULL)
    return NULL;
  if (picture == NULL)             /* says why */
    picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 1, 1);
  return studio_picture_tensor (graph, node, picture, error);
}
