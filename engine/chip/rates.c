/* rates.c - finds the rates of a target. Names, cores and clocks: the aneforge 0.4.0 package (MIT);
 * which machine an architecture is, and how rates scale: docs/latency-model.md. */
#include "chip/rates.h"

#include "chip/chips.h"
#include "chip/rates-data.h"

#include <math.h>

/* Curves of the package: cores, operating clock, the clock it is worth there, in MHz. */
static const AnfDie none = { 0, 0, 0 };
#define H13   { 4, 1142.4, 1142.4 }
#define H13G  { 8, 1171.2, 1171.2 }
#define H14   { 4, 1550.4, 1157.206 }
#define H15   { 4, 1651.2, 1204.8 }
#define H15C  { 32, 1891.2, 1438.539 }
#define H16S  { 16, 1891.2, 1411.44 }
#define H17C  { 32, 1891.2, 1411.44 }

/* @from: the measured machine whose rates are taken; @own: they were measured on this very one.
 * The package names h13, h14g, h16g and h17s for the M1, M2 Pro, M4 and M5. h13g is taken for the
 * M1 Max: the larger die of that generation, and twice as fast, as its cores say. */
static const struct { const char *arch, *from; gboolean own; AnfDie die; } archs[] = {
  { "h11", NULL, FALSE, { 4, 1008, 1008 } },
  { "h13", "m1", TRUE, H13 },
  { "h13g", "m1-max", TRUE, H13G },
  { "t1", "m1-max", FALSE, { 16, 1142.4, 1142.4 } },
  { "h14g", "m2-pro", TRUE, H14 }, { "h14", "m2-pro", FALSE, H14 },
  { "h14c", "m2-pro", FALSE, H14 }, { "h15", "m2-pro", FALSE, H15 },
  { "h15g", "m2-pro", FALSE, H15 }, { "h15c", "m4", FALSE, H15C },
  { "m11", "m2-pro", FALSE, { 1, 400, 500 } },
  { "h16", "m4", FALSE, { 4, 1728, 1336.8 } },
  { "h16g", "m4", TRUE, H16S }, { "h16c", "m4", FALSE, H16S }, { "h16s", "m4", FALSE, H16S },
  { "h17", "m5-both", FALSE, { 4, 1737.6, 1324.2 } },
  { "h17a", "m5-both", FALSE, H16S }, { "h17g", "m5-both", FALSE, H16S },
  { "h17s", "m5-both", TRUE, H16S },
  { "h17c", "m5-both", FALSE, H17C },
  { "h17d", "m5-both", FALSE, { 64, 1891.2, 1411.44 } },
  { "h18", "m5-both", FALSE, H16S },
};

/* The die of each measured machine, and the architecture whose limits it has. */
static const struct { const char *key, *arch; AnfDie die; } machines[] = {
  { "m1", "h13", H13 }, { "m1-max", "h13g", H13G }, { "m2-pro", "h14g", H14 },
  { "m4", "h16g", H16S }, { "m5", "h17s", H16S }, { "m5-pro", "h17s", H16S },
  { "m5-both", "h17s", H16S },
};

/* Rows of the catalogue whose elements were measured to cost more; unmeasured relatives beside. */
static const struct { const char *op; AnfElement element; } elements[] = {
  { "softmax", ANF_ELEMENT_SOFTMAX }, { "layer_norm", ANF_ELEMENT_LAYER_NORM },
  { "channel_layer_norm", ANF_ELEMENT_LAYER_NORM }, { "rms_norm", ANF_ELEMENT_RMS_NORM },
  { "group_norm", ANF_ELEMENT_GROUP_NORM }, { "instance_norm", ANF_ELEMENT_GROUP_NORM },
};

AnfElement
anf_rates_element (const char *op)
{
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
    if (g_str_equal (elements[i].op, op))
      return elements[i].element;
  return ANF_ELEMENT_PLAIN;
}

static int
find_arch (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (archs); i++)
    if (g_str_equal (archs[i].arch, name))
      return i;
  return -1;
}

static int
find_machine (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (machines); i++)
    if (g_str_equal (machines[i].key, key))
      return i;
  return -1;
}

static const AnfRates *
find_measured (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (measured); i++)
    if (g_str_equal (measured[i].key, key))
      return &measured[i];
  g_assert_not_reached ();
}

AnfDie
anf_arch_die (const char *arch)
{
  int i = find_arch (arch);

  return i >= 0 ? archs[i].die : none;
}

const char *
anf_target_arch (const char *target)
{
  int i = find_machine (target);

  if (i >= 0)
    return machines[i].arch;
  return anf_arch_family (target) > 0 ? target : NULL;
}

/* Ratios multiply: cores move bytes, cores at their clock compute, the clock alone starts. */
static void
scale (AnfRates *rates, const AnfDie *to, const AnfDie *from)
{
  double cores = to->cores / from->cores;
  double speed = cores * to->effective / from->effective;

  rates->floor *= from->clock / to->clock;
  rates->read *= cores;
  rates->write *= cores;
  rates->weight *= cores;
  rates->reload *= cores;
  rates->inside *= cores;
  rates->peak *= speed;
  for (guint i = 0; i < ANF_N_ELEMENTS; i++)
    rates->element[i] /= speed;
}

/* Independent errors add in the logarithm as squares. */
void
anf_band_widen (double *band)
{
  for (guint i = 0; i < 2; i++)
    {
      double width = hypot (log (band[i]), log (across[i]));

      band[i] = exp (i == 0 ? -width : width);
    }
}

gboolean
anf_rates_find (const char *target, AnfChipRates *found, const char **why)
{
  int i = find_arch (target), machine = find_machine (target);
  const char *key = machine >= 0 ? target : i >= 0 ? archs[i].from : NULL;

  if (machine < 0 && anf_arch_family (target) == 0)
    *why = "There is no such target.";
  else if (machine < 0 && anf_arch_family (target) < ANF_OLDEST_FAMILY)
    *why = "It takes no MIL, so nothing can run on it.";
  else if (key == NULL)
    *why = "Nothing is known of its cores and clock.";
  else
    *why = NULL;
  if (*why != NULL)
    return FALSE;

  found->rates = *find_measured (key);
  found->rates.inside = INSIDE;
  found->arch = anf_target_arch (target);
  found->measured = machine >= 0 || archs[i].own;
  if (!found->measured)
    {
      scale (&found->rates, &archs[i].die, &machines[find_machine (key)].die);
      anf_band_widen (found->rates.single);
      anf_band_widen (found->rates.chain);
    }
  return TRUE;
}

const AnfBridgeRate *
anf_rates_bridge (const char *op)
{
  for (guint i = 0; i < G_N_ELEMENTS (bridges); i++)
    if (g_str_equal (bridges[i].op, op))
      return &bridges[i];
  return NULL;
}

double
anf_bridge_us (const AnfBridgeRate *self, double work, const AnfRates *rates)
{
  const AnfRates *host = find_measured (ANF_BRIDGE_MACHINE);
  guint last = self->n - 1, i = 0;
  double least = self->point[0].even, us = least;

  while (i < self->n && work > self->point[i].work)
    i++;
  if (i > last)
    us = least + (self->point[last].even - least) * work / self->point[last].work;
  else if (i > 0 && self->point[i].work > self->point[i - 1].work)
    us = self->point[i - 1].even
         + (self->point[i].even - self->point[i - 1].even)
           * (work - self->point[i - 1].work) / (self->point[i].work - self->point[i - 1].work);
  return least * rates->floor / host->floor + (us - least) * host->peak / rates->peak;
}

gboolean
anf_project_peak (const char *arch, AnfPeak *peak)
{
  AnfDie die = anf_arch_die (arch), m1 = anf_arch_die ("h13");

  if (die.cores == 0)
    return FALSE;
  peak->relative = die.cores * die.effective / (m1.cores * m1.effective);
  peak->tflops = 1.8 * peak->relative;   /* of the M1, as the package has it */
  peak->cores = die.cores;
  peak->ghz = die.clock / 1e3;
  return TRUE;
}
