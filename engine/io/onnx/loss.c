/* loss.c - none are read yet. */
#include "io/onnx/onnx.h"
const AnfOnnxOp anf_onnx_loss_ops[] = { { NULL } };
