/* test-format.c - numbers and attribute values as the window writes and reads them. */
#include "attr-value.h"
#include "format.h"
#include "gate-card.h"
#include "tensor-stats.h"

#include <math.h>

static void
expect (char *text, const char *expected)
{
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

static void
test_times_have_three_digits_and_a_unit (void)
{
  expect (studio_format_time_us (0.15), "150 ns");
  expect (studio_format_time_us (285), "285 µs");
  expect (studio_format_time_us (9.996), "10.0 µs");
  expect (studio_format_time_us (999.4), "999 µs");
  expect (studio_format_time_us (999.6), "1.00 ms");
  expect (studio_format_time_us (2450), "2.45 ms");
  expect (studio_format_time_us (1.2e6), "1.20 s");
  expect (studio_format_time_us (0), "0 µs");
  expect (studio_format_time_us (NAN), "–");
}

static void
test_bytes_are_binary (void)
{
  expect (studio_format_bytes (0), "0 B");
  expect (studio_format_bytes (20), "20 B");
  expect (studio_format_bytes (1023), "1023 B");
  expect (studio_format_bytes (1024), "1.00 KiB");
  expect (studio_format_bytes (6272), "6.12 KiB");          /* 6.125: even */
  expect (studio_format_bytes (1048575), "1.00 MiB");
  expect (studio_format_bytes (1247805), "1.19 MiB");
  expect (studio_format_bytes ((gsize) 3 << 30), "3.00 GiB");
}

static void
test_counts_are_decimal (void)
{
  expect (studio_format_count (12), "12");
  expect (studio_format_count (999), "999");
  expect (studio_format_count (1000), "1.00 k");
  expect (studio_format_count (207000), "207 k");
  expect (studio_format_count (999999), "1.00 M");
  expect (studio_format_count (1.81e6), "1.81 M");
  expect (studio_format_count (1.16e9), "1.16 G");
}

static void
test_reals_keep_three_digits_at_any_size (void)
{
  expect (studio_format_real (0), "0");
  expect (studio_format_real (0.0142), "0.0142");
  expect (studio_format_real (0.02), "0.0200");
  expect (studio_format_real (0.126), "0.126");
  expect (studio_format_real (0.00122), "1.22e-3");
  expect (studio_format_real (12.1), "12.1");
  expect (studio_format_real (-0.5), "-0.500");
  expect (studio_format_real (65504), "6.55e4");
  expect (studio_format_real (INFINITY), "inf");
  expect (studio_format_real (NAN), "NaN");
}

static void
test_percent_is_of_one (void)
{
  expect (studio_format_percent (0.252), "25.2 %");
  expect (studio_format_percent (1), "100 %");
  expect (studio_format_percent (0), "0.0 %");
}

static GVariant *
parse (const AnfAttr *attr, const char *text, char **reason)
{
  GVariant *value = studio_attr_parse (attr, text, reason);

  return value != NULL ? g_variant_ref_sink (value) : NULL;
}

static void
accepts (const AnfAttr *attr, const char *text, const char *expected)
{
  g_autofree char *reason = NULL;
  g_autoptr(GVariant) value = parse (attr, text, &reason);

  g_assert_null (reason);
  g_assert_nonnull (value);
  expect (g_variant_print (value, TRUE), expected);
}

static void
refuses (const AnfAttr *attr, const char *text, const char *why)
{
  g_autofree char *reason = NULL;

  g_assert_null (parse (attr, text, &reason));
  g_assert_cmpstr (reason, ==, why);
}

static void
test_attributes_are_read_by_their_kind (void)
{
  const AnfAttr whole = { "groups", ANF_ATTR_INT, "1", 1, 8 }, any = { "axis", ANF_ATTR_INT, "0" };
  const AnfAttr axes = { "stride", ANF_ATTR_INTS, "1", 1, 16 };
  const AnfAttr real = { "eps", ANF_ATTR_REAL, "1e-5", 0, 1 };
  const AnfAttr flag = { "causal", ANF_ATTR_FLAG, "false" };

  accepts (&whole, " 3 ", "int64 3");
  refuses (&whole, "9", "9 is out of range: 1 to 8");
  refuses (&whole, "1.5", "“1.5” is not a whole number");
  accepts (&any, "-1", "int64 -1");
  accepts (&axes, "2", "int64 2");
  accepts (&axes, "2, 1", "[int64 2, 1]");
  accepts (&axes, "2 × 1", "[int64 2, 1]");
  accepts (&axes, "2,", "[int64 2]");
  refuses (&axes, "2, 0", "0 is out of range: 1 to 16");
  refuses (&axes, "", "At least one number is needed");
  accepts (&real, "1e-3", "0.001");
  refuses (&real, "nan", "“nan” is not a number");
  refuses (&real, "2", "2 is out of range: 0 to 1");
  accepts (&flag, "True", "true");
  refuses (&flag, "yes", "“yes” is neither true nor false");
}

static void
test_attributes_are_written_as_they_are_read (void)
{
  const char *const texts[] = { "int64 3", "[int64 2, 1]", "[int64 2]", "0.1", "true", "'Width'" };
  const char *const expected[] = { "3", "2, 1", "2,", "0.1", "true", "Width" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GVariant) value = g_variant_parse (NULL, texts[i], NULL, NULL, NULL);

      expect (studio_attr_text (value), expected[i]);
    }
}

static void
test_a_step_stays_within_the_range (void)
{
  const AnfAttr whole = { "groups", ANF_ATTR_INT, "1", 1, 8 };
  const AnfAttr real = { "alpha", ANF_ATTR_REAL, "0.2", 0, 1 };
  g_autoptr(GVariant) eight = g_variant_ref_sink (g_variant_new_int64 (8));
  g_autoptr(GVariant) fifth = g_variant_ref_sink (g_variant_new_double (0.2));
  g_autoptr(GVariant) up = g_variant_ref_sink (studio_attr_step (&whole, eight, 1));
  g_autoptr(GVariant) down = g_variant_ref_sink (studio_attr_step (&whole, eight, -1));
  g_autoptr(GVariant) more = g_variant_ref_sink (studio_attr_step (&real, fifth, 1));

  g_assert_cmpint (g_variant_get_int64 (up), ==, 8);
  g_assert_cmpint (g_variant_get_int64 (down), ==, 7);
  g_assert_cmpfloat (g_variant_get_double (more), ==, 0.21);
}

static void
test_a_gate_knows_what_is_left (void)
{
  g_assert_cmpfloat_with_epsilon (studio_gate_margin ("rel_l2", 0.005, 0.02), 0.75, 1e-12);
  g_assert_cmpfloat_with_epsilon (studio_gate_margin ("max_abs", 0.03, 0.02), -0.5, 1e-12);
  g_assert_cmpfloat_with_epsilon (studio_gate_margin ("top1", 0.996, 0.99), 0.6, 1e-12);
  g_assert_cmpfloat_with_epsilon (studio_gate_margin ("psnr", 50, 40), 0.2, 1e-12);
  g_assert_true (isnan (studio_gate_margin ("cosine", NAN, 0.9)));
}

static void
test_statistics_of_a_weight (void)
{
  const float values[] = { -1, 0, 0, 3, INFINITY, NAN, 70000, 65504 };
  const gint64 shape[] = { 2, 4 };
  g_autoptr(AnfTensor) tensor = anf_tensor_new_floats (2, shape, values);
  StudioTensorStats stats;
  guint counted = 0;

  studio_tensor_stats (tensor, &stats);
  g_assert_cmpuint (stats.n, ==, 8);
  g_assert_false (stats.sampled);
  g_assert_cmpuint (stats.zeros, ==, 2);
  g_assert_cmpuint (stats.nans, ==, 1);
  g_assert_cmpuint (stats.infs, ==, 1);
  g_assert_cmpuint (stats.overflow, ==, 1);
  g_assert_cmpfloat (stats.min, ==, -1);
  g_assert_cmpfloat (stats.max, ==, 70000);
  g_assert_cmpfloat_with_epsilon (stats.mean, 135506 / 6.0, 1e-9);
  for (guint i = 0; i < stats.n_bins; i++)
    counted += stats.bin[i];
  g_assert_cmpuint (counted, ==, 6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/format/times-have-three-digits-and-a-unit",
                   test_times_have_three_digits_and_a_unit);
  g_test_add_func ("/format/bytes-are-binary", test_bytes_are_binary);
  g_test_add_func ("/format/counts-are-decimal", test_counts_are_decimal);
  g_test_add_func ("/format/reals-keep-three-digits-at-any-size",
                   test_reals_keep_three_digits_at_any_size);
  g_test_add_func ("/format/percent-is-of-one", test_percent_is_of_one);
  g_test_add_func ("/attr/read-by-their-kind", test_attributes_are_read_by_their_kind);
  g_test_add_func ("/attr/written-as-they-are-read", test_attributes_are_written_as_they_are_read);
  g_test_add_func ("/attr/a-step-stays-within-the-range", test_a_step_stays_within_the_range);
  g_test_add_func ("/gate/knows-what-is-left", test_a_gate_knows_what_is_left);
  g_test_add_func ("/weight/statistics", test_statistics_of_a_weight);
  return g_test_run ();
}
