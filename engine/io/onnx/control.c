/* control.c - none are read yet. */
#include "io/onnx/onnx.h"
const AnfOnnxOp anf_onnx_control_ops[] = { { NULL } };
