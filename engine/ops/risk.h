/* risk.h - what threatens numbers although the graph is right, and how to compute the same safely:
 * the columns "risk", "safer" and "split" of the rows.
 *
 * Codes, stable:
 *   NUM201 a slice that loses what is above 4094 (A13, A14)
 *   NUM202 slices joined again: wrong elements (before the A16)
 *   NUM203 a number beyond fp16, kept at its end
 *   NUM301 a long sum of numbers of both signs
 *   NUM302 a difference that may cancel
 *   NUM303 a product that may reach 32768
 */
#pragma once

#include "ops/family.h"

gboolean  anf_risk_sum         (AnfRisk *risk);        /* NUM301 */
AnfGraph *anf_safer_sum        (AnfShapes *shapes);    /* a product with ones */
gboolean  anf_risk_difference  (AnfRisk *risk);        /* NUM302 */
gboolean  anf_risk_slice       (AnfRisk *risk);        /* NUM201 */
AnfGraph *anf_safer_slice      (AnfShapes *shapes);    /* an axis after the last */
gboolean  anf_risk_joined      (AnfRisk *risk);        /* NUM202 */
gboolean  anf_risk_product     (AnfRisk *risk);        /* NUM303; rows whose weight is role 0 */
AnfGraph *anf_safer_product    (AnfShapes *shapes);    /* x made smaller, the result larger */
gboolean  anf_risk_number      (AnfRisk *risk);        /* NUM203; attribute "k" */

AnfGraph *anf_split_conv       (AnfShapes *shapes);    /* a kernel too wide: turned, or in parts */
