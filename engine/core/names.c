/* names.c - the words by which files and the command line call the engine's enumerations. */
#include "anf.h"

static const char *const categories[ANF_N_CATEGORIES][2] = {
  [ANF_CAT_IO] = { "io", "Input and output" },
  [ANF_CAT_CONST] = { "const", "Constants" },
  [ANF_CAT_COMPUTE] = { "compute", "Compute" },
  [ANF_CAT_ACTIVATION] = { "activation", "Activation" },
  [ANF_CAT_ELEMENTWISE] = { "elementwise", "Elementwise" },
  [ANF_CAT_POOL] = { "pool", "Pool" },
  [ANF_CAT_NORM] = { "norm", "Normalise" },
  [ANF_CAT_REDUCE] = { "reduce", "Reduce" },
  [ANF_CAT_SHAPE] = { "shape", "Shape" },
  [ANF_CAT_ATTENTION] = { "attention", "Attention" },
  [ANF_CAT_BRIDGE] = { "bridge", "Bridge" },
  [ANF_CAT_SUBGRAPH] = { "subgraph", "Subgraph" },
};
static const char *const encodings[] = { "fp16", "int8", "int4", "sparse", "blockwise", "auto" };
static const char *const numerics[] = { "ane", "ane-lanes", "fp32" };
static const char *const kinds[] = { "fused", "bridge", "host" };
static const char *const severities[] = { "hint", "warning", "error" };
static const char *const availabilities[] = { "native", "decompose", "bridge", "reject" };

static gboolean
index_of (const char *name, const char *const *table, guint n, guint *index)
{
  for (guint i = 0; i < n; i++)
    if (g_str_equal (table[i], name))
      {
        *index = i;
        return TRUE;
      }
  return FALSE;
}

const char *
anf_category_name (AnfCategory category)
{
  return categories[category][0];
}

const char *
anf_category_title (AnfCategory category)
{
  return categories[category][1];
}

const char *
anf_encoding_name (AnfEncoding encoding)
{
  return encodings[encoding];
}

gboolean
anf_encoding_from_name (const char *name, AnfEncoding *encoding)
{
  return index_of (name, encodings, G_N_ELEMENTS (encodings), encoding);
}

const char *
anf_numerics_name (AnfNumerics value)
{
  return numerics[value];
}

gboolean
anf_numerics_from_name (const char *name, AnfNumerics *value)
{
  return index_of (name, numerics, G_N_ELEMENTS (numerics), value);
}

const char *
anf_segment_kind_name (AnfSegmentKind kind)
{
  return kinds[kind];
}

const char *
anf_severity_name (AnfSeverity severity)
{
  return severities[severity];
}

const char *
anf_availability_name (AnfAvailability availability)
{
  return availabilities[availability];
}

gboolean
anf_name_is_valid (const char *name)
{
  if (!g_ascii_isalpha (name[0]) && name[0] != '_')
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '_')
      return FALSE;
  return TRUE;
}
