/* chips.c - architecture names, their families, and the limits of each family.
 * Source: the aneforge 0.4.0 package's tables (MIT) and the ANE guide (arXiv:2606.22283). */
#include "chip/chips.h"

/* Titles name a product where the source measured one; the rest by its generation. */
static const struct { const char *arch; guint family; const char *title; } archs[] = {
  { "h11", 1, "A11" }, { "h12", 1, "A12" }, { "m9", 1, "M9" }, { "t0", 1, "T0" },
  { "h13", 2, "M1" }, { "h13g", 2, "M1 (h13g)" }, { "t1", 2, "T1" },
  { "h14", 3, "M2" }, { "h14g", 3, "M2 Pro" }, { "h14c", 3, "M2 (h14c)" },
  { "h15", 4, "M3" }, { "h15g", 4, "M3 (h15g)" }, { "h15c", 4, "M3 (h15c)" },
  { "m11", 4, "M11" },
  { "h16", 5, "A18 (h16)" }, { "h16g", 5, "M4" }, { "h16c", 5, "M4 (h16c)" },
  { "h16s", 5, "M4 (h16s)" },
  { "h17", 5, "A19 (h17)" }, { "h17a", 5, "M5 (h17a)" }, { "h17g", 5, "M5 (h17g)" },
  { "h17s", 5, "M5" }, { "h17c", 5, "M5 (h17c)" }, { "h17d", 5, "M5 (h17d)" },
  { "h18", 5, "H18" },
};

static const AnfLimits limits[] = {
  [2] = { 16384, 65536, 8388607, 13 },
  [3] = { 16384, 65536, 8388607, 13 },
  [4] = { 16384, 65536, 8388607, 13 },
  [5] = { 65536, 65536, 16777215, 15 },
};

/* Encodings that stay packed up to the multiplier; the others are unpacked when loaded. */
static const guint streams[] = {
  [2] = 1 << ANF_FP16 | 1 << ANF_INT4 | 1 << ANF_SPARSE,
  [3] = 1 << ANF_FP16 | 1 << ANF_INT4 | 1 << ANF_SPARSE | 1 << ANF_INT8,
  [4] = 1 << ANF_FP16 | 1 << ANF_INT4 | 1 << ANF_SPARSE | 1 << ANF_INT8 | 1 << ANF_BLOCKWISE,
  [5] = 1 << ANF_FP16 | 1 << ANF_INT4 | 1 << ANF_SPARSE | 1 << ANF_INT8 | 1 << ANF_BLOCKWISE,
};

guint
anf_arch_n (void)
{
  return G_N_ELEMENTS (archs);
}

const char *
anf_arch_nth (guint i)
{
  return i < G_N_ELEMENTS (archs) ? archs[i].arch : NULL;
}

guint
anf_arch_family (const char *arch)
{
  for (guint i = 0; i < G_N_ELEMENTS (archs); i++)
    if (g_str_equal (archs[i].arch, arch))
      return archs[i].family;
  return 0;
}

const char *
anf_arch_title (const char *arch)
{
  for (guint i = 0; i < G_N_ELEMENTS (archs); i++)
    if (g_str_equal (archs[i].arch, arch))
      return archs[i].title;
  return NULL;
}

const AnfLimits *
anf_family_limits (guint family)
{
  g_return_val_if_fail (family >= ANF_OLDEST_FAMILY && family < G_N_ELEMENTS (limits), NULL);

  return &limits[family];
}

gboolean
anf_family_streams (guint family, AnfEncoding encoding)
{
  return family < G_N_ELEMENTS (streams) && (streams[family] >> encoding & 1);
}
