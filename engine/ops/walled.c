/* walled.c - operators the chips' compiler knows by name that no graph here can have: what each
 * family does with them, and what to use instead.
 *
 * Names and what families do are those of the operator catalogue of aneforge 0.4.0 (MIT). A file
 * that names one keeps it as a placeholder, with the finding OP102. */
#include "ops/family.h"

#define ROW(called, words, means) .name = called, .title = words, .doc = means

#define NATIVE         .kind = ANF_SEGMENT_FUSED
#define BRIDGE         .kind = ANF_SEGMENT_BRIDGE
#define WALLED         .kind = ANF_SEGMENT_HOST, .floor = G_MAXUINT, .below = ANF_REJECT
#define WALLED_TO(n)   .kind = ANF_SEGMENT_FUSED, .floor = n, .below = ANF_REJECT
#define BRIDGE_TO(n)   .kind = ANF_SEGMENT_FUSED, .floor = n, .below = ANF_BRIDGE

#define ELEMENTWISE    .category = ANF_CAT_ELEMENTWISE
#define COMPUTE        .category = ANF_CAT_COMPUTE
#define SHAPE          .category = ANF_CAT_SHAPE
#define SUBGRAPH       .category = ANF_CAT_SUBGRAPH
#define IO             .category = ANF_CAT_IO
#define CONSTANT       .category = ANF_CAT_CONST
#define RANDOM         SHAPE, .instead = "Draw the numbers outside and feed them as an input."
#define LIST           SUBGRAPH, WALLED, \
                       .instead = "Use split and concat: all parts are known here."
#define RECURRENT      SUBGRAPH, WALLED, \
                       .instead = "Unroll it: linear, sigmoid and tanh for each step."
#define STATE          IO, .instead = "Make the state an input and an output, and feed it back."
#define BUFFER         IO, BRIDGE, .instead = "Feed the tensor itself as an input."
#define BY_COMPILER    .instead = "Use the plain operator; the compiler chooses the unit itself."
#define WEIGHT_FORM    CONSTANT, .instead = "Attach the weight as numbers and choose its encoding."

const AnfOp anf_ops_walled[] = {
  /* functions */
  { ROW ("acos", "Arc cosine", "The angle whose cosine is x."), ELEMENTWISE, WALLED,
    .instead = "Use pi / 2 less atan of x / sqrt (1 - x x)." },
  { ROW ("acosh", "Area cosine", "The number whose hyperbolic cosine is x."), ELEMENTWISE, WALLED,
    .instead = "Use log of x + sqrt (x x - 1)." },
  { ROW ("asin", "Arc sine", "The angle whose sine is x."), ELEMENTWISE, WALLED,
    .instead = "Use atan of x / sqrt (1 - x x)." },
  { ROW ("asinh", "Area sine", "The number whose hyperbolic sine is x."), ELEMENTWISE, WALLED,
    .instead = "Use log of x + sqrt (x x + 1)." },
  { ROW ("atanh", "Area tangent", "The number whose hyperbolic tangent is x."), ELEMENTWISE, WALLED,
    .instead = "Use half the log of (1 + x) / (1 - x)." },
  { ROW ("cosh", "Hyperbolic cosine", "Half of exp (x) and exp (-x) together."), ELEMENTWISE,
    WALLED,
    .instead = "Use exp of x and of -x, added and halved." },
  { ROW ("sinh", "Hyperbolic sine", "Half of exp (x) less exp (-x)."), ELEMENTWISE, WALLED,
    .instead = "Use exp of x and of -x, subtracted and halved." },
  { ROW ("tan", "Tangent", "sin (x) / cos (x)."), ELEMENTWISE, WALLED,
    .instead = "Use sin, cos and real_div." },
  { ROW ("floor_div", "Floor division", "The next integer below x / y."), ELEMENTWISE, NATIVE,
    .instead = "Use real_div and floor." },
  { ROW ("mod", "Remainder", "x less y times the floor of x / y."), ELEMENTWISE, WALLED,
    .instead = "Use x - y floor (x / y), of real_div, floor, mul and sub." },
  { ROW ("logical_and", "And", "True where both are true."), ELEMENTWISE, WALLED,
    .instead = "Cast to fp16, use minimum, and compare with 0." },
  { ROW ("logical_or", "Or", "True where one or both are true."), ELEMENTWISE, WALLED,
    .instead = "Cast to fp16, use maximum, and compare with 0." },
  { ROW ("logical_xor", "Exclusive or", "True where just one is true."), ELEMENTWISE, WALLED,
    .instead = "Cast to fp16 and use not_equal." },
  { ROW ("softplus_parametric", "Parametric softplus", "alpha ln (1 + exp (beta x)) by channel."),
    .category = ANF_CAT_ACTIVATION, NATIVE,
    .instead = "Use softplus between two products with constants." },

  /* products and windows */
  { ROW ("matmul", "Matmul", "The matrix product in MIL."), COMPUTE, NATIVE,
    .instead = "Use bmm for two values, linear or matmul_w for a weight." },
  { ROW ("scaled_dot_product_attention", "Attention", "Attention as MIL spells it."),
    .category = ANF_CAT_ATTENTION, NATIVE, .instead = "Use sdpa, or mha with its projections." },
  { ROW ("l2_pool", "L2 pool", "The length of each window."), .category = ANF_CAT_POOL, NATIVE,
    .instead = "Use square, avg_pool times the window's size, and sqrt." },
  { ROW ("ne_conv", "Convolution unit", "A convolution on the neural unit."), COMPUTE, NATIVE,
    BY_COMPILER },
  { ROW ("ne_matmul", "Matmul unit", "A product on the neural unit."), COMPUTE, NATIVE,
    BY_COMPILER },
  { ROW ("ne_pool", "Pool unit", "A pool on the neural unit."), .category = ANF_CAT_POOL, NATIVE,
    BY_COMPILER },
  { ROW ("ne_bypass", "Unit bypass", "The neural unit handing its input on."), COMPUTE, BRIDGE,
    BY_COMPILER },
  { ROW ("pe_elementwise", "Planar arithmetic", "Arithmetic on the planar unit."), ELEMENTWISE,
    NATIVE, BY_COMPILER },
  { ROW ("pe_goc", "Planar gain", "Gain, offset and clamp on the planar unit."), ELEMENTWISE,
    BRIDGE, BY_COMPILER },
  { ROW ("pe_pool", "Planar pool", "A pool on the planar unit."), .category = ANF_CAT_POOL, NATIVE,
    BY_COMPILER },
  { ROW ("matrix_decomposition", "Matrix decomposition", "Factors of a matrix."), COMPUTE, BRIDGE,
    .instead = "Factor the matrix outside and attach the factors as weights." },

  /* reductions and places */
  { ROW ("reduce_argmax", "Place of the largest", "Where the largest number is along an axis."),
    .category = ANF_CAT_REDUCE, NATIVE, .instead = "Use argmax." },
  { ROW ("reduce_argmin", "Place of the smallest", "Where the smallest number is along an axis."),
    .category = ANF_CAT_REDUCE, BRIDGE_TO (4), .instead = "Use argmax of the negated input." },
  { ROW ("reduce_prod", "Product", "The product along axes."), .category = ANF_CAT_REDUCE, WALLED,
    .instead = "Use exp of reduce_sum of log above 0, or split and mul." },
  { ROW ("argsort", "Order", "The places of the numbers in order."), SHAPE, WALLED_TO (3),
    .instead = "Use sort with return_indices." },

  /* moving numbers */
  { ROW ("band_part", "Band of a matrix", "A matrix with all but a band of diagonals set to 0."),
    SHAPE, WALLED, .instead = "Use mul with a constant of 0 and 1." },
  { ROW ("fill", "Fill", "A tensor of one number."), SHAPE, NATIVE, .instead = "Use const." },
  { ROW ("fill_like", "Fill alike", "A tensor of one number in another's shape."), SHAPE, NATIVE,
    .instead = "Use const: every shape is known here." },
  { ROW ("gather_along_axis", "Gather along an axis", "Numbers picked by indices of each place."),
    SHAPE, NATIVE, .instead = "Use gather, if all places pick alike." },
  { ROW ("gather_nd", "Gather slices", "Slices picked by index tuples."), SHAPE, BRIDGE_TO (3),
    .instead = "Use reshape to merge the indexed axes, then gather." },
  { ROW ("identity", "Identity", "Its input, unchanged."), SHAPE, NATIVE,
    .instead = "Leave it out and wire its input on." },
  { ROW ("non_zero", "Places not 0", "Where numbers are not 0: a shape known only at run time."),
    SHAPE, WALLED, .instead = "Use not_equal with 0 as a mask of fixed shape." },
  { ROW ("one_hot", "One hot", "Rows of 0 with a 1 at an index."), SHAPE, WALLED,
    .instead = "Use gather from a const that holds the identity matrix." },
  { ROW ("pad", "Pad", "A tensor with a border of one number."), SHAPE, NATIVE,
    .instead = "Use the pad of conv and of pools, or concat with a const." },
  { ROW ("range_1d", "Range", "Numbers at even steps."), SHAPE, BRIDGE, .instead = "Use const." },
  { ROW ("reshape_like", "Reshape alike", "The numbers in another's shape."), SHAPE, NATIVE,
    .instead = "Use reshape: every shape is known here." },
  { ROW ("reverse_sequence", "Reverse sequences", "Beginnings of rows reversed by their lengths."),
    SHAPE, WALLED, .instead = "Use reverse, or gather with indices fed at run time." },
  { ROW ("scatter", "Scatter", "Numbers put at indices of an axis."), SHAPE, WALLED,
    .instead = "Use select with a mask, or bmm with a matrix of 0 and 1." },
  { ROW ("scatter_along_axis", "Scatter along an axis", "Numbers put at indices of each place."),
    SHAPE, WALLED, .instead = "Use select with a mask." },
  { ROW ("scatter_nd", "Scatter slices", "Slices put at index tuples."), SHAPE, WALLED,
    .instead = "Use select with a mask." },
  { ROW ("shape", "Shape", "The sizes of a tensor as numbers."), SHAPE, WALLED,
    .instead = "Use const: every shape is known here." },
  { ROW ("slice_by_index", "Slice by index", "A part between indices, with steps."), SHAPE, BRIDGE,
    .instead = "Use slice_by_size; for steps reshape first, or gather." },
  { ROW ("slice_update", "Slice update", "A tensor with a part replaced."), SHAPE, NATIVE,
    .instead = "Use slice_by_size and concat." },
  { ROW ("sliding_windows", "Sliding windows", "All windows of an axis side by side."), SHAPE,
    WALLED, .instead = "Use slice_by_size for each place, and stack." },

  /* images */
  { ROW ("crop_resize", "Crop and resize", "Boxes cut out and brought to one size."), SHAPE,
    WALLED_TO (3), .instead = "Use crop and resize_bilinear, or affine." },
  { ROW ("resample", "Resample", "An image read at given places."), SHAPE, WALLED_TO (3),
    .instead = "Use affine, if the places are an affine map." },
  { ROW ("resize", "Resize in MIL", "An image brought to another size."), SHAPE, BRIDGE_TO (3),
    .instead = "Use resize_bilinear or resize_nearest_neighbor." },
  { ROW ("upsample_nearest_neighbor", "Upsample in MIL", "Every pixel repeated."), SHAPE,
    BRIDGE_TO (3), .instead = "Use upsample." },
  { ROW ("gamma", "Gamma", "Linear light to display values."), SHAPE, BRIDGE,
    .instead = "Use pow with a constant, and select for the dark end." },
  { ROW ("degamma", "Inverse gamma", "Display values to linear light."), SHAPE, BRIDGE,
    .instead = "Use pow with a constant, and select for the dark end." },
  { ROW ("pixel_buffer_to_tensor", "Pixel buffer in", "An image buffer read as a tensor."),
    BUFFER },
  { ROW ("tensor_to_pixel_buffer", "Pixel buffer out", "A tensor written as an image buffer."),
    IO, BRIDGE, .instead = "Make the tensor an output." },

  /* detection and chance */
  { ROW ("non_maximum_suppression", "Non-maximum suppression", "Boxes without those they cover."),
    SHAPE, NATIVE, .instead = "Make boxes and scores outputs, and choose outside." },
  { ROW ("list_gather", "Gather of a list", "Elements of a list."), LIST },
  { ROW ("list_length", "Length of a list", "How many elements a list has."), LIST },
  { ROW ("list_read", "Read of a list", "One element of a list."), LIST },
  { ROW ("list_scatter", "Scatter to a list", "Elements put into a list."), LIST },
  { ROW ("list_write", "Write to a list", "One element put into a list."), LIST },
  { ROW ("make_list", "List", "An empty list."), LIST },
  { ROW ("random_bernoulli", "Random choices", "0 or 1 by chance."), WALLED, RANDOM },
  { ROW ("random_categorical", "Random classes", "Indices by chance."), WALLED, RANDOM },
  { ROW ("random_normal", "Random normal", "Normal numbers by chance."), WALLED, RANDOM },
  { ROW ("random_uniform", "Random uniform", "Even numbers by chance."), BRIDGE_TO (4), RANDOM },

  /* recurrence and control */
  { ROW ("gru", "GRU", "A gated recurrent unit."), RECURRENT },
  { ROW ("lstm", "LSTM", "A long short-term memory."), RECURRENT },
  { ROW ("rnn", "RNN", "A plain recurrent unit."), RECURRENT },
  { ROW ("call", "Call", "Another function of the program."), SUBGRAPH, BRIDGE,
    .instead = "Copy the nodes of that function to where it is called." },
  { ROW ("cond", "Condition", "One of two subgraphs."), SUBGRAPH, BRIDGE,
    .instead = "Compute both and use select." },
  { ROW ("while_loop", "Loop", "A subgraph while a condition holds."), SUBGRAPH, BRIDGE,
    .instead = "Unroll it, or run the program once for each turn." },

  /* state and buffers */
  { ROW ("read_state", "Read state", "A tensor kept from the run before."), NATIVE, STATE },
  { ROW ("write_state", "Write state", "A tensor kept for the next run."), NATIVE, STATE },
  { ROW ("circular_buffer_to_tensor", "Ring buffer in", "A ring buffer read as a tensor."),
    BRIDGE, STATE },
  { ROW ("tensor_to_circular_buffer", "Ring buffer out", "A tensor written to a ring buffer."),
    BRIDGE, STATE },
  { ROW ("tensor_buffer_to_tensor", "Buffer in", "A buffer read as a tensor."), BUFFER },
  { ROW ("tensor_to_tensor_buffer", "Buffer out", "A tensor written to a buffer."), IO, BRIDGE,
    .instead = "Make the tensor an output." },

  /* numbers of other kinds */
  { ROW ("quantize", "Quantise", "Numbers as integers with a scale."), ELEMENTWISE, NATIVE,
    .instead = "Leave values in fp16: only weights are encoded here." },
  { ROW ("dequantize", "Dequantise", "Integers with a scale as numbers."), ELEMENTWISE, NATIVE,
    .instead = "Leave values in fp16: only weights are encoded here." },
  { ROW ("constexpr_affine_dequantize", "Weight in int8", "A weight as int8 with scales."), BRIDGE,
    WEIGHT_FORM },
  { ROW ("constexpr_blockwise_shift_scale", "Weight in blocks", "A weight with a scale per block."),
    BRIDGE_TO (4), WEIGHT_FORM },
  { ROW ("constexpr_cast", "Weight of another kind", "A weight in fp32, as fp16."), WALLED,
    WEIGHT_FORM },
  { ROW ("constexpr_lut_to_dense", "Weight by table", "A weight as places in a table."), NATIVE,
    WEIGHT_FORM },
  { ROW ("constexpr_lut_to_sparse", "Sparse weight by table",
         "The numbers of a sparse weight as places in a table."), BRIDGE, WEIGHT_FORM },
  { ROW ("constexpr_sparse_blockwise_shift_scale", "Sparse weight in blocks",
         "The numbers of a sparse weight with a scale per block."), BRIDGE_TO (4), WEIGHT_FORM },
  { ROW ("constexpr_sparse_to_dense", "Sparse weight", "A weight as a mask and its numbers."),
    BRIDGE_TO (4), WEIGHT_FORM },
  { NULL }
};
