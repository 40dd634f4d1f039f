/* anf-lens.h - the part of anf.h that looks at single numbers: the sum behind one element, errors
 * against the numbers of another framework. */
#pragma once

G_BEGIN_DECLS

/* Where the device rounds on its way to a number. */
typedef enum
{
  ANF_ROUND_FACTORS = 1 << 0,      /* what is multiplied is fp16, with the errors it brings */
  ANF_ROUND_TILES   = 1 << 1,      /* four terms at a time at twelve bits: ane-lanes */
  ANF_ROUND_CLIFF   = 1 << 2,      /* sums of products end at 32768 */
  ANF_ROUND_RESULT  = 1 << 3,      /* the result is fp16 */
  ANF_ROUND_ALL     = 15,
} AnfRoundings;

/* One term. Without ANF_ROUND_FACTORS @x and @y are the exact ones. */
typedef struct
{
  double x, y;                     /* as the device has them; @y 1 where nothing is multiplied */
  double exact_x, exact_y;
  double sum;                      /* of all up to this one, as rounded */
  double exact;                    /* the same without any rounding */
} AnfTermStep;

typedef struct
{
  AnfRef       value;
  gsize        element;
  AnfRoundings on;
  guint        n;
  AnfTermStep *step;               /* in the order the device adds them, four to a tile */
  double       bias, exact_bias;   /* added after all of them */
  double       scale;              /* what the sum is multiplied with then */
  gboolean     product;            /* a sum of products: it has a cliff */
  double       result, exact;
  double       lost[4];            /* what each rounding alone, in the order of the bits, changes */
} AnfMicroscope;

/* Whether numbers of @node are such sums: convolutions, matrix products, sums and means. */
gboolean       anf_microscope_knows (const AnfNode *node);
/* How the device came to @element of @value, by the rules of `ane-lanes`; what it reads is taken
 * from the run of @errors. NULL with an error: the value or what it reads was not kept, there is no
 * such element, or the operator is not known. */
AnfMicroscope *anf_microscope_new   (const AnfErrors *errors, AnfRef value, gsize element,
                                     AnfRoundings on, GError **error);
void           anf_microscope_free  (AnfMicroscope *self);

/* The values of the run against others, as of another framework: members of @reference named like
 * a node, its "NAME.PORT", or the name of an output. Values of no such name are left out. Only
 * total errors are known. NULL with an error: none fits, or one has another number of elements. */
AnfErrors     *anf_errors_against   (const AnfErrors *self, AnfTensors *reference,
                                     GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnfMicroscope, anf_microscope_free)

G_END_DECLS
