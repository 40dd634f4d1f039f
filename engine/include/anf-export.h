/* anf-export.h - documents for other programs; a part of anf.h, which includes it. */
#pragma once

/* MIL text at @path and BLOBFILE beside it (.bin); with several fused segments a folder. */
gboolean anf_mil_save    (const AnfProgram *program, const char *path, GError **error);
/* A Core ML package: the whole graph as one program, of the oldest version that has all it uses.
 * Bridges are ordinary operators in it; ANF_ERROR_COMPILE names the node of one that Core ML has
 * not. What is fed as bytes is fp16. A package there is replaced atomically; any other non-empty
 * folder is an error. */
gboolean anf_mlpackage_save (const AnfProgram *program, const char *path, GError **error);

/* An ONNX model (opset 17) of the report's graph: one node per node of the document, the weights'
 * own numbers, all else in fp32; reading it again gives a graph with the same hash. @beside: the
 * numbers go to PATH.data, as they do anyway where they do not fit into one file. Files there are
 * replaced in one step. ANF_ERROR_REFUSED: the check found errors; ANF_ERROR_COMPILE names a node
 * that has no words in ONNX. */
gboolean anf_onnx_save   (const AnfReport *report, const char *path, gboolean beside,
                          GError **error);
/* A program in Python that builds the same graph with the aneforge package, and its weights in
 * STEM.npz beside it. ANF_ERROR_REFUSED: the check found errors; ANF_ERROR_COMPILE names a node the
 * package has no function for. */
gboolean anf_python_save (const AnfReport *report, const char *path, GError **error);
