/* colors.c - one source of truth for colours: the @define-color lines of the stylesheet. */
#include "colors.h"

#include <gio/gio.h>
#include <string.h>

#include "scene-resources.h"

static const char *const color_names[STUDIO_N_COLORS] = {
  "anf_canvas", "anf_grid", "anf_grid_major", "anf_node", "anf_node_border",
  "anf_node_text", "anf_text", "anf_text_dim", "anf_text_faint", "anf_border",
  "anf_border_strong", "anf_popover", "anf_card", "anf_panel", "anf_focus", "anf_accent",
  "anf_good", "anf_warn", "anf_bad", "anf_info", "anf_bad_bg",
  "anf_wire_map", "anf_wire_vec", "anf_wire_image", "anf_wire_index", "anf_wire_mask",
  "anf_wire_const",
  "anf_enc_fp16", "anf_enc_int8", "anf_enc_int4", "anf_enc_sparse", "anf_enc_block",
  "anf_encbg_fp16", "anf_encbg_int8", "anf_encbg_int4", "anf_encbg_sparse", "anf_encbg_block",
  "anf_seg_0", "anf_seg_1", "anf_seg_2", "anf_seg_3", "anf_seg_4", "anf_seg_5", "anf_seg_bridge",
  "anf_segfill_0", "anf_segfill_1", "anf_segfill_2", "anf_segfill_3", "anf_segfill_4",
  "anf_segfill_5", "anf_segfill_bridge",
  "anf_cat_io", "anf_cat_const", "anf_cat_compute", "anf_cat_activation", "anf_cat_elementwise",
  "anf_cat_pool", "anf_cat_norm", "anf_cat_reduce", "anf_cat_shape", "anf_cat_attention",
  "anf_cat_bridge", "anf_cat_subgraph",
  "anf_head_io", "anf_head_const", "anf_head_compute", "anf_head_activation",
  "anf_head_elementwise", "anf_head_pool", "anf_head_norm", "anf_head_reduce", "anf_head_shape",
  "anf_head_attention", "anf_head_bridge", "anf_head_subgraph",
};

const char *
studio_color_css_name (StudioColorName name)
{
  g_return_val_if_fail (name < STUDIO_N_COLORS, NULL);

  return color_names[name];
}

static int
find_name (const char *text, gsize length)
{
  for (int i = 0; i < STUDIO_N_COLORS; i++)
    if (strlen (color_names[i]) == length && strncmp (color_names[i], text, length) == 0)
      return i;
  return -1;
}

static gboolean
parse_hex (const char *text, StudioColor *color)
{
  int digit[6];

  if (text[0] != '#')
    return FALSE;
  for (int i = 0; i < 6; i++)
    if ((digit[i] = g_ascii_xdigit_value (text[i + 1])) < 0)
      return FALSE;
  color->red = (digit[0] * 16 + digit[1]) / 255.0;
  color->green = (digit[2] * 16 + digit[3]) / 255.0;
  color->blue = (digit[4] * 16 + digit[5]) / 255.0;
  color->alpha = 1;
  return TRUE;
}

guint
studio_colors_parse (StudioColors *self,
                     const char   *css)
{
  static const char keyword[] = "@define-color ";
  guint n = 0;

  for (const char *p = css; (p = strstr (p, keyword)) != NULL;)
    {
      gsize length;
      int name;

      p += sizeof keyword - 1;
      length = strcspn (p, " ;\n");
      name = find_name (p, length);
      p += length;
      p += strspn (p, " ");
      if (name >= 0 && parse_hex (p, &self->of[name]))
        n++;
    }
  return n;
}

static void
parse_resource (StudioColors *self, const char *name)
{
  g_autofree char *path = g_strconcat ("/io/github/aneforge/Studio/scene/", name, NULL);
  g_autoptr(GBytes) css = g_resource_lookup_data (studio_scene_get_resource (), path,
                                                  G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  g_assert (css != NULL);
  studio_colors_parse (self, g_bytes_get_data (css, NULL));
}

void
studio_colors_load (StudioColors *self,
                    StudioTheme   theme)
{
  parse_resource (self, "style.css");
  if (theme == STUDIO_THEME_DARK)
    parse_resource (self, "style-dark.css");
}

void
studio_colors_set (const StudioColors *self,
                   cairo_t            *cr,
                   StudioColorName     name)
{
  studio_colors_set_alpha (self, cr, name, 1);
}

void
studio_colors_set_alpha (const StudioColors *self,
                         cairo_t            *cr,
                         StudioColorName     name,
                         double              alpha)
{
  const StudioColor *color = &self->of[name];

  cairo_set_source_rgba (cr, color->red, color->green, color->blue, color->alpha * alpha);
}
