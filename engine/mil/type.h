/* type.h - what MIL calls its number types, and tensors of them. */
#pragma once

#include "anf.h"

#define ANF_MIL_MAX_RANK 10        /* a table of values adds two axes to its weight's */

typedef enum
{
  ANF_MIL_FP16, ANF_MIL_FP32, ANF_MIL_INT8, ANF_MIL_UINT8, ANF_MIL_INT16, ANF_MIL_UINT16,
  ANF_MIL_INT32, ANF_MIL_UINT32, ANF_MIL_UINT4, ANF_MIL_UINT1, ANF_MIL_BOOL, ANF_MIL_STRING,
  ANF_MIL_INT4, ANF_MIL_UINT2, ANF_MIL_UINT3, ANF_MIL_UINT6, ANF_MIL_INT64,  /* only read */
  ANF_MIL_N_DTYPES
} AnfMilDtype;

/* Rank 0 is a bare scalar. */
typedef struct { AnfMilDtype dtype; guint rank; gint64 dim[ANF_MIL_MAX_RANK]; } AnfMilType;

const char *anf_mil_dtype_name      (AnfMilDtype dtype);       /* as in the text: "uint4" */
guint       anf_mil_dtype_bits      (AnfMilDtype dtype);       /* 0: a string */
guint       anf_mil_dtype_code      (AnfMilDtype dtype);       /* in a BLOBFILE; 0: never there */
gboolean    anf_mil_dtype_from_code (guint code, AnfMilDtype *dtype);
gboolean    anf_mil_dtype_from_name (const char *name, AnfMilDtype *dtype);
AnfMilDtype anf_mil_dtype_of        (AnfDtype dtype);          /* of what flows along a wire */

void        anf_mil_type_init       (AnfMilType *self, AnfMilDtype dtype, guint rank,
                                     const gint64 *dim);
void        anf_mil_type_from       (AnfMilType *self, const AnfType *type);
gboolean    anf_mil_type_equal      (const AnfMilType *a, const AnfMilType *b);
char       *anf_mil_type_text       (const AnfMilType *self);  /* "fp16 [2, 3]" */
gsize       anf_mil_type_elements   (const AnfMilType *self);
gsize       anf_mil_type_bytes      (const AnfMilType *self);  /* packed over the whole tensor */

/* A tensor of numbers, packed as BLOBFILE and protobuf want it: little endian, row-major, elements
 * below a byte from the lowest bit on. */
typedef struct { AnfMilType type; GBytes *bytes; } AnfMilData;

/* A weight ready to be stored: its type as the program sees it, and its parts by encoding:
 * fp16: data. int8: data, scale. int4: indices, table. sparse: values, mask. blockwise: data,
 * scale. */
#define ANF_MIL_MAX_PARTS 2
typedef struct _AnfMilWeight
{
  AnfEncoding encoding;
  AnfMilType  type;
  AnfMilData  part[ANF_MIL_MAX_PARTS];
} AnfMilWeight;
