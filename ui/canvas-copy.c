/* canvas-copy.c - duplicates, and nodes as text on the clipboard. */
#include "canvas-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A name for the copy of a node: the same if it is free, else with the next free number. */
static void
name_copy (AnfGraphBuilder *b, AnfId id, const char *name)
{
  gsize stem = strlen (name);
  g_autofree char *base = NULL;

  if (anf_graph_builder_set_name (b, id, name))
    return;
  while (stem > 1 && g_ascii_isdigit (name[stem - 1]))
    stem--;
  base = g_strndup (name, stem);
  for (guint n = 2; n < 100000; n++)
    {
      g_autofree char *candidate = g_strdup_printf ("%s%u", base, n);

      if (anf_graph_builder_set_name (b, id, candidate))
        return;
    }
}

static void
copy_attrs (AnfGraphBuilder *b, AnfId id, const AnfNode *node)
{
  const AnfOp *op = anf_node_op (node);
  const AnfAttr *attr;

  for (guint i = 0; (attr = anf_op_attr (op, i)) != NULL; i++)
    if (anf_node_attr_is_set (node, attr->name))
      {
        g_autoptr(GVariant) value = anf_node_attr (node, attr->name);

        anf_graph_builder_set_attr (b, id, attr->name, value);
      }
}

static gboolean
is_same_weight (AnfWeight *a, AnfWeight *b)
{
  g_autofree char *sa = anf_weight_source (a), *sb = anf_weight_source (b);

  return a == b || (anf_weight_tensor (a) != NULL && anf_weight_tensor (a) == anf_weight_tensor (b))
         || (g_strcmp0 (sa, sb) == 0 && strchr (sa, '.') != NULL);
}

/* The name under which the new graph knows this weight; it is brought along if it does not. */
static char *
bring_weight (StudioCanvas *self, AnfGraphBuilder *b, const AnfGraph *from, const char *name)
{
  AnfWeight *weight = anf_graph_find_weight (from, name);
  AnfWeight *here = anf_graph_find_weight (self->graph, name);

  if (weight == NULL || (here != NULL && is_same_weight (here, weight)))
    return g_strdup (name);
  if (here == NULL)
    {
      anf_graph_builder_put_weight (b, weight);
      return g_strdup (name);
    }
  /* Another weight of that name: only what lies in memory can be renamed. */
  if (anf_weight_tensor (weight) != NULL)
    {
      char *fresh = anf_graph_builder_fresh_weight_name (b, name);
      AnfWeight *renamed = anf_weight_new_values (fresh, anf_weight_tensor (weight));

      anf_graph_builder_put_weight (b, renamed);
      anf_weight_unref (renamed);
      return fresh;
    }
  return g_strdup (name);
}

static void
copy_weights (StudioCanvas *self, AnfGraphBuilder *b, AnfId id, const AnfGraph *from,
              const AnfNode *node)
{
  const AnfPort *role;

  for (guint i = 0; (role = anf_op_role (anf_node_op (node), i)) != NULL; i++)
    {
      const char *name = anf_node_weight (node, role->name);
      AnfEncoding encoding;

      if (name != NULL)
        {
          g_autofree char *here = bring_weight (self, b, from, name);

          anf_graph_builder_set_weight (b, id, role->name, here);
        }
      if (anf_node_encoding (node, role->name, &encoding))
        anf_graph_builder_set_encoding (b, id, role->name, encoding);
    }
}

/* Dots are of a place, and stay there. */
static void
copy_notes (AnfGraphBuilder *b, AnfId id, const AnfGraph *from, AnfId old)
{
  static const struct { const char *key, *type; } kept[] = {
    { "collapsed", "b" }, { "muted", "a{sv}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      g_autoptr(GVariant) note = anf_graph_note (from, old, kept[i].key, kept[i].type);

      if (note != NULL)
        anf_graph_builder_set_note (b, id, kept[i].key, note);
    }
}

/* (nullable) */
static GHashTable *
set_of (const GArray *ids)
{
  GHashTable *set = ids != NULL ? g_hash_table_new (NULL, NULL) : NULL;

  for (guint i = 0; ids != NULL && i < ids->len; i++)
    g_hash_table_add (set, GSIZE_TO_POINTER (g_array_index (ids, AnfId, i)));
  return set;
}

/* The copy of a folded group is folded. */
static void
fold_copies (StudioCanvas *self, AnfGraphBuilder *b, const AnfGraph *from, GHashTable *paths)
{
  g_autoptr(GHashTable) folded = studio_folded_read (from);
  g_autoptr(GHashTable) all = studio_folded_read (self->graph);
  GHashTableIter iter;
  gpointer path;

  if (g_hash_table_size (folded) == 0 || g_hash_table_size (paths) == 0)
    return;
  g_hash_table_iter_init (&iter, folded);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      char *copied = studio_canvas_copied_path (paths, path);

      if (strcmp (copied, path) != 0)
        g_hash_table_add (all, copied);
      else
        g_free (copied);
    }
  anf_graph_builder_set_note (b, 0, "folded", studio_folded_write (all));
}

/* Adds copies of nodes of @from (all, or those of @ids) with the wires between them, and answers
 * their ids. A placeholder of an unknown operator cannot be made again and is left out. */
static GArray *
copy_into (StudioCanvas *self, AnfGraphBuilder *b, const AnfGraph *from, const GArray *ids,
           double dx, double dy)
{
  GArray *made = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GHashTable) copy_of = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                                         g_free);
  g_autoptr(GHashTable) among = set_of (ids);
  g_autoptr(GHashTable) paths = studio_canvas_copied_groups (self, from, among);

  for (guint i = 0; i < anf_graph_n_nodes (from); i++)
    {
      const AnfNode *node = anf_graph_nth (from, i);
      AnfId old = anf_node_id (node), id;
      double x, y;
      StudioPoint at;
      g_autofree char *group = NULL;

      if ((among != NULL && !g_hash_table_contains (among, GSIZE_TO_POINTER (old)))
          || anf_op_lookup (anf_node_op_name (node)) == NULL)
        continue;
      id = anf_graph_builder_add (b, anf_node_op (node));
      name_copy (b, id, anf_node_name (node));
      copy_attrs (b, id, node);
      copy_weights (self, b, id, from, node);
      anf_node_position (node, &x, &y);
      if (from == self->graph && studio_scene_home (self->scene, old, &at))
        x = at.x, y = at.y;
      anf_graph_builder_set_position (b, id, x + dx, y + dy);
      group = studio_canvas_copied_path (paths, anf_node_group (node));
      anf_graph_builder_set_group (b, id, group);
      copy_notes (b, id, from, old);
      for (guint k = 0, in = 0; k < anf_node_n_inputs (node); k++)
        {
          AnfRef ref = anf_node_input (node, k);
          const AnfId *source = g_hash_table_lookup (copy_of, &ref.node);

          if (source != NULL)
            anf_graph_builder_connect (b, (AnfRef) { *source, ref.port }, id, in);
          /* A variadic port has no holes: its wires move up. */
          if (source != NULL || anf_op_input (anf_node_op (node), k + 1) != NULL)
            in++;
        }
      g_hash_table_insert (copy_of, g_memdup2 (&old, sizeof old), g_memdup2 (&id, sizeof id));
      g_array_append_val (made, id);
    }
  fold_copies (self, b, from, paths);
  return made;
}

void
studio_canvas_copy_by (StudioCanvas *self,
                       const GArray *ids,
                       double        dx,
                       double        dy)
{
  AnfGraphBuilder *b;
  g_autofree char *what = NULL, *label = NULL;
  g_autoptr(GArray) made = NULL;

  if (studio_canvas_scene (self) == NULL || ids->len == 0)
    return;
  b = studio_canvas_begin_edit (self);
  made = copy_into (self, b, self->graph, ids, dx, dy);
  what = studio_canvas_describe (self, ids);
  label = g_strdup_printf (_("Duplicate %s"), what);
  if (studio_canvas_ask (self, b, label, NULL))
    studio_canvas_set_selection (self, made);
}

void
studio_canvas_duplicate (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);

  studio_canvas_copy_by (self, ids, 2 * STUDIO_GRID_PITCH, 2 * STUDIO_GRID_PITCH);
}

/* Wires from outside: name of the copied node, its port, name and output of the source. */
static GVariant *
incoming (StudioCanvas *self, const GArray *ids)
{
  g_autoptr(GHashTable) among = set_of (ids);
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a(sxsx)"));
  for (guint i = 0; i < ids->len; i++)
    {
      const AnfNode *node = anf_graph_find (self->graph, g_array_index (ids, AnfId, i));

      for (guint k = 0; k < anf_node_n_inputs (node); k++)
        {
          AnfRef from = anf_node_input (node, k);

          if (from.node != 0 && !g_hash_table_contains (among, GSIZE_TO_POINTER (from.node)))
            g_variant_builder_add (&all, "(sxsx)", anf_node_name (node), (gint64) k,
                                   anf_node_name (anf_graph_find (self->graph, from.node)),
                                   (gint64) from.port);
        }
    }
  return g_variant_builder_end (&all);
}

/* Feeds the copies from what fed the originals, where that is here. */
static void
wire_copies (StudioCanvas *self, AnfGraphBuilder *b, const AnfGraph *part, const GArray *made)
{
  g_autoptr(GVariant) note = anf_graph_note (part, 0, "incoming", "a(sxsx)");
  const char *to, *from;
  gint64 in, port;

  for (gsize i = 0; note != NULL && i < g_variant_n_children (note); i++)
    {
      const AnfNode *source;

      g_variant_get_child (note, i, "(&sx&sx)", &to, &in, &from, &port);
      source = anf_graph_find_name (self->graph, from);
      for (guint k = 0, at = 0; source != NULL && k < anf_graph_n_nodes (part); k++)
        {
          const AnfNode *original = anf_graph_nth (part, k);

          if (anf_op_lookup (anf_node_op_name (original)) == NULL)
            continue;
          if (g_str_equal (anf_node_name (original), to) && port >= 0
              && port < anf_node_n_outputs (source) && in >= 0
              && in < MAX (anf_node_n_inputs (original), 1))
            anf_graph_builder_connect (b, (AnfRef) { anf_node_id (source), port },
                                       g_array_index (made, AnfId, at), in);
          at++;
        }
    }
}

char *
studio_canvas_copy_text (StudioCanvas *self)
{
  g_autoptr(GArray) ids = studio_canvas_dup_chosen (self);
  AnfGraphBuilder *b;
  g_autoptr(AnfGraph) part = NULL;
  g_autoptr(GHashTable) used = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) among = set_of (ids), whole = NULL;

  if (ids->len == 0 || studio_canvas_scene (self) == NULL)
    return NULL;
  whole = studio_canvas_copied_groups (self, self->graph, among);
  b = studio_canvas_begin_edit (self);
  anf_graph_builder_set_gates (b, 0, NULL);
  anf_graph_builder_set_title (b, NULL);
  for (guint i = 0; i < anf_graph_n_nodes (self->graph); i++)
    {
      const AnfNode *node = anf_graph_nth (self->graph, i);
      const AnfPort *role;

      g_autofree char *group = NULL;

      if (!g_hash_table_contains (among, GSIZE_TO_POINTER (anf_node_id (node))))
        {
          anf_graph_builder_remove (b, anf_node_id (node));
          continue;
        }
      /* A part of a group is no group. */
      group = studio_canvas_copied_path (whole, anf_node_group (node));
      if (g_strcmp0 (group, anf_node_group (node)) == 0 && group != NULL
          && !g_hash_table_contains (whole, group))
        anf_graph_builder_set_group (b, anf_node_id (node), NULL);
      for (guint k = 0; (role = anf_op_role (anf_node_op (node), k)) != NULL; k++)
        if (anf_node_weight (node, role->name) != NULL)
          g_hash_table_add (used, (gpointer) anf_node_weight (node, role->name));
    }
  for (guint i = 0; i < anf_graph_n_weights (self->graph); i++)
    {
      const char *name = anf_weight_name (anf_graph_nth_weight (self->graph, i));

      if (!g_hash_table_contains (used, name))
        anf_graph_builder_drop_weight (b, name);
    }
  anf_graph_builder_set_note (b, 0, "incoming", incoming (self, ids));
  anf_graph_builder_set_note (b, 0, "frames", NULL);
  anf_graph_builder_set_note (b, 0, "view", NULL);
  part = anf_graph_builder_end (b, NULL);
  return part != NULL ? anf_document_text (part, NULL) : NULL;
}

void
studio_canvas_copy (StudioCanvas *self)
{
  g_autofree char *text = studio_canvas_copy_text (self);

  if (text != NULL)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

/* Where pasted nodes go: under the pointer if it is here, else a little off the originals. */
static StudioPoint
paste_offset (StudioCanvas *self, const AnfGraph *part)
{
  double left = G_MAXDOUBLE, top = G_MAXDOUBLE;
  StudioPoint p;

  for (guint i = 0; i < anf_graph_n_nodes (part); i++)
    {
      double x, y;

      anf_node_position (anf_graph_nth (part, i), &x, &y);
      left = MIN (left, x);
      top = MIN (top, y);
    }
  if (!self->pointer_in)
    return (StudioPoint) { 2 * STUDIO_GRID_PITCH, 2 * STUDIO_GRID_PITCH };
  p = studio_canvas_to_plane (self, self->pointer_x, self->pointer_y);
  return (StudioPoint) { studio_canvas_snapped (self, p.x) - left,
                         studio_canvas_snapped (self, p.y) - top };
}

void
studio_canvas_paste_text (StudioCanvas *self,
                          const char   *text,
                          gboolean      wired)
{
  g_autoptr(AnfGraph) part = anf_document_parse (text, strlen (text), NULL, NULL);
  g_autofree char *label = NULL;
  g_autoptr(GArray) made = NULL;
  AnfGraphBuilder *b;
  StudioPoint by;

  /* Other text on the clipboard is nothing to complain about. */
  if (part == NULL || anf_graph_n_nodes (part) == 0 || studio_canvas_scene (self) == NULL)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }
  by = paste_offset (self, part);
  b = studio_canvas_begin_edit (self);
  made = copy_into (self, b, part, NULL, by.x, by.y);
  if (wired)
    wire_copies (self, b, part, made);
  label = g_strdup_printf (ngettext ("Paste %u node", "Paste %u nodes", made->len), made->len);
  if (studio_canvas_ask (self, b, label, NULL))
    studio_canvas_set_selection (self, made);
}

typedef struct { StudioCanvas *canvas; gboolean wired; } Paste;

static void
on_text (GObject *clipboard, GAsyncResult *result, gpointer data)
{
  g_autofree Paste *job = data;
  g_autoptr(StudioCanvas) self = job->canvas;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (clipboard), result, NULL);

  if (text != NULL && self->graph != NULL)
    studio_canvas_paste_text (self, text, job->wired);
}

static void
paste (StudioCanvas *self, gboolean wired)
{
  Paste *job = g_new (Paste, 1);

  *job = (Paste) { g_object_ref (self), wired };
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), NULL, on_text, job);
}

void
studio_canvas_paste (StudioCanvas *self)
{
  paste (self, FALSE);
}

void
studio_canvas_paste_wired (StudioCanvas *self)
{
  paste (self, TRUE);
}
