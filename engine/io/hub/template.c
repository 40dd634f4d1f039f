/* template.c - networks that are drawn from their names alone, with weights from seeds. */
#include "io/hub/hub.h"

#include <string.h>

typedef struct
{
  AnfTemplate facts;
  AnfGraph *(*build) (guint number, GError **error);
  guint       number;
} Row;

static AnfGraph *vit_new  (guint number, GError **error) { return anf_vit_new (error); }
static AnfGraph *gpt2_new (guint number, GError **error) { return anf_gpt2_new (error); }

static const Row rows[] = {
  { { "resnet18", "ResNet-18", "Classifies pictures; 11.7 million weights" }, anf_resnet_new, 18 },
  { { "resnet34", "ResNet-34", "Classifies pictures; 21.8 million weights" }, anf_resnet_new, 34 },
  { { "resnet50", "ResNet-50", "Classifies pictures; 25.5 million weights" }, anf_resnet_new, 50 },
  { { "resnet101", "ResNet-101", "Classifies pictures; 44.4 million weights" }, anf_resnet_new,
    101 },
  { { "vit-b-16", "ViT-B/16", "Classifies pictures by attention; 86.6 million weights" }, vit_new,
    0 },
  { { "gpt2", "GPT-2 small", "Continues a text; 124 million weights" }, gpt2_new, 0 },
};

const AnfTemplate *
anf_template_nth (guint i)
{
  return i < G_N_ELEMENTS (rows) ? &rows[i].facts : NULL;
}

AnfGraph *
anf_template_build (const char *name, GError **error)
{
  g_autoptr(GString) known = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      AnfGraph *graph;

      if (g_str_equal (rows[i].facts.name, name))
        return (graph = rows[i].build (rows[i].number, error)) != NULL
               ? anf_import_arrange (graph, error) : NULL;
      g_string_append_printf (known, " %s", rows[i].facts.name);
    }
  g_set_error (error, ANF_ERROR, ANF_ERROR_BAD_INPUT, "%s: no such template; known are%s", name,
               known->str);
  return NULL;
}
