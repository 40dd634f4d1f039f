/* sheet-view.c - what is selected and looked at, to come back to it later. */
#include "canvas-place.h"
#include "sheet-private.h"

GVariant *
studio_sheet_dup_view (StudioSheet *self)
{
  GArray *selection = self->boxed[PROP_SELECTION];
  GVariantBuilder builder;
  double x, y, zoom;

  studio_canvas_get_place (STUDIO_CANVAS (self->canvas), &x, &y, &zoom);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "x", g_variant_new_double (x));
  g_variant_builder_add (&builder, "{sv}", "y", g_variant_new_double (y));
  g_variant_builder_add (&builder, "{sv}", "zoom", g_variant_new_double (zoom));
  g_variant_builder_add (&builder, "{sv}", "selection",
                         g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64,
                                                    selection != NULL ? selection->data : NULL,
                                                    selection != NULL ? selection->len : 0,
                                                    sizeof (AnfId)));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

void
studio_sheet_set_view (StudioSheet *self, GVariant *view)
{
  g_autoptr(GArray) selection = g_array_new (FALSE, FALSE, sizeof (AnfId));
  g_autoptr(GVariant) ids = NULL;
  double x, y, zoom;

  if (view == NULL || !g_variant_is_of_type (view, G_VARIANT_TYPE_VARDICT))
    return;

  ids = g_variant_lookup_value (view, "selection", G_VARIANT_TYPE ("at"));
  for (gsize i = 0; ids != NULL && i < g_variant_n_children (ids); i++)
    {
      AnfId id;

      g_variant_get_child (ids, i, "t", &id);
      if (self->boxed[PROP_GRAPH] != NULL && anf_graph_find (self->boxed[PROP_GRAPH], id) != NULL)
        g_array_append_val (selection, id);
    }
  g_object_set (self, "selection", selection, NULL);
  if (g_variant_lookup (view, "x", "d", &x) && g_variant_lookup (view, "y", "d", &y) &&
      g_variant_lookup (view, "zoom", "d", &zoom))
    studio_canvas_set_place (STUDIO_CANVAS (self->canvas), x, y, zoom);
}
