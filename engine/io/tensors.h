/* tensors.h - what the readers of single formats share: lists of tensors that wait in a file. */
#pragma once

#include "anf.h"

/* Makes one tensor of the file. @place is what the format's reader noted when it opened the file;
 * the error's message is the cause alone. Called from any thread. */
typedef AnfTensor *(*AnfTensorLoad) (AnfTensors *self, gconstpointer place, GError **error);

/* The reader's side: @self is new, and its file is mapped. */
const guint8 *anf_tensors_data   (AnfTensors *self, gsize *size);
/* Bytes of the file, which stays mapped and known as open as long as they live. */
GBytes       *anf_tensors_slice  (AnfTensors *self, gsize offset, gsize size);
/* FALSE if the name is there already. @place taken, freed by g_free. */
gboolean      anf_tensors_expect (AnfTensors *self, const char *name, AnfTensorLoad load,
                                  gpointer place);
/* The same file opened twice is one object, as long as someone holds it or one of its tensors. */
AnfTensors   *anf_tensors_open_shared (const char *path, GError **error);
/* Whether somebody holds that file so, by whatever path. */
gboolean      anf_tensors_is_open (const char *path);

gboolean      anf_safetensors_scan (AnfTensors *self, GError **error);
gboolean      anf_npy_scan       (AnfTensors *self, GError **error);
gboolean      anf_npz_scan       (AnfTensors *self, GError **error);

/* Bytes of a tensor of that shape; FALSE if that is no number of bytes a machine can have. */
gboolean      anf_shape_bytes    (AnfDtype dtype, guint rank, const gint64 *shape, gsize *bytes);

/* The header of a .npy, alone or as member of a .npz. */
typedef struct
{
  AnfDtype dtype;
  gboolean swapped, fortran;       /* big endian; first axis fastest */
  guint    rank;
  gint64   shape[ANF_MAX_TENSOR_RANK];
  gsize    begin, size;            /* where the numbers are */
} AnfNpy;
gboolean      anf_npy_parse      (const guint8 *data, gsize size, AnfNpy *npy, GError **error);
/* @bytes: the numbers alone; shared if they are as we need them, else brought into order. */
AnfTensor    *anf_npy_tensor     (const AnfNpy *npy, GBytes *bytes, GError **error);
/* Header of a version 1.0 file for @tensor, padded to 64 bytes. (transfer full) */
GByteArray   *anf_npy_header     (const AnfTensor *tensor);
/* The numbers as a .npy holds them: bf16, which it has no name for, as fp32. (transfer full) */
GBytes       *anf_npy_payload    (const AnfTensor *tensor);
