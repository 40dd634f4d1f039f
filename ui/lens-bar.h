/* lens-bar.h - what threatens the numbers of fp16, one chip for each kind, and what mends it. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* From the findings of the check and, where there are any, from the values of a run. */
#define STUDIO_TYPE_LENS_BAR (studio_lens_bar_get_type ())
G_DECLARE_FINAL_TYPE (StudioLensBar, studio_lens_bar, STUDIO, LENS_BAR, StudioPanel)

typedef enum
{
  STUDIO_LENS_RANGE,               /* margin of values to 65504 */
  STUDIO_LENS_PRODUCT,             /* of sums of products to 32768 */
  STUDIO_LENS_SUBNORMAL, STUDIO_LENS_CANCELLING, STUDIO_LENS_SUM, STUDIO_LENS_SLICE,
  STUDIO_LENS_INFINITE,
  STUDIO_N_LENSES
} StudioLens;

typedef struct
{
  gboolean known, hazard;
  char    *words;                  /* "×5.41 k below 65504" */
  AnfId    node;                   /* the worst, 0: none */
  int      finding;                /* of the report, -1: none */
} StudioLensState;

GtkWidget *studio_lens_bar_new     (void);
void       studio_lens_state_of    (StudioLens lens, const AnfReport *report,
                                    const AnfErrors *errors, StudioLensState *state);
void       studio_lens_state_clear (StudioLensState *state);

G_END_DECLS
