/* roof.c - the greatest rates of a chip, as its estimates use them: the roof of a roofline. */
#include "chip/rates.h"

gboolean
anf_target_roof (const char *target, AnfRoof *roof)
{
  AnfChipRates chip;
  const char *why;

  g_return_val_if_fail (target != NULL && roof != NULL, FALSE);

  if (!anf_rates_find (target, &chip, &why))
    return FALSE;
  *roof = (AnfRoof) {
    .tflops = chip.rates.peak, .weight_gbs = chip.rates.weight, .port_gbs = chip.rates.read,
    .floor_us = chip.rates.floor,
    .basis = chip.measured ? ANF_BASIS_MEASURED : ANF_BASIS_EXTRAPOLATED,
    .from = chip.rates.title,
  };
  return TRUE;
}
