"""Computes what a package says, in double and by the definitions of its operators; constants are
what they are in the package, encoded weights are decoded here. Shares nothing with the engine."""
import math

import numpy as np


def decode(operation, values):
    """An encoded weight in full, from the attributes of the old forms or the inputs of the new."""
    part = {key: array(value) for key, value in operation.attributes.items() if key != 'name'}
    part.update({key: values[bound[0]] if isinstance(bound[0], str) else array(bound[0])
                 for key, bound in operation.inputs.items()})
    shape = operation.outputs[0][2]
    old = bool(part) and not operation.inputs
    if operation.type == 'constexpr_affine_dequantize':
        along = [1] * len(shape)
        if part['scale'].ndim:
            along[int(part['axis'])] = -1
        return (part['quantized_data'] - part['zero_point']) * part['scale'].reshape(along)
    if operation.type == 'constexpr_blockwise_shift_scale':
        scale = part['scale']
        assert scale.ndim == len(shape)
        for axis, n in enumerate(shape):
            assert n % scale.shape[axis] == 0, 'blocks'
            scale = np.repeat(scale, n // scale.shape[axis], axis)
        return part['data'] * scale
    if old:
        assert tuple(int(n) for n in part['shape']) == shape, 'shape'
    n = math.prod(shape)
    if operation.type == 'constexpr_lut_to_dense':
        indices, table = part['indices'], part['lut']
        if old:
            assert table.ndim == 1 and len(table) == 16
            indices = np.array([v for byte in indices.astype(int)
                                for v in (byte & 15, byte >> 4)][:n]).reshape(shape)
        else:
            assert table.shape == (1,) * len(shape) + (16, 1) and indices.shape == shape
        return table.reshape(-1)[indices.astype(int)]
    assert operation.type == 'constexpr_sparse_to_dense', operation.type
    mask = part['mask']
    if old:
        mask = np.array([byte >> i & 1 for byte in mask.astype(int) for i in range(8)])
        assert not mask[n:].any(), 'bits past the end'
    mask = mask.reshape(-1)[:n].astype(bool)
    full = np.zeros(n)
    assert mask.sum() == len(part['nonzero_data'])
    full[mask] = part['nonzero_data']
    return full.reshape(shape)


def array(value):
    if value.dtype == 'string':
        return value.data
    return np.array(value.data, dtype=np.float64).reshape(value.shape)


def ints(value):
    return [int(v) for v in np.atleast_1d(value)]


def padded(x, pad, fill):
    return np.pad(x, [(0, 0), (0, 0), (pad[0], pad[1]), (pad[2], pad[3])], constant_values=fill)


def windows(x, kernel, stride, dilation):
    """[N, C, H', W', kh, kw]"""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, (2, 3))
    return view[:, :, ::stride[0], ::stride[1], ::dilation[0], ::dilation[1]]


def conv(x, weight, p):
    groups = int(p.get('groups', 1))
    pad = ints(p['pad']) if p['pad_type'] == 'custom' else [0] * 4
    view = windows(padded(x, pad, 0), weight.shape[2:], ints(p.get('strides', [1, 1])),
                   ints(p.get('dilations', [1, 1])))
    n, c = x.shape[0], weight.shape[0]
    view = view.reshape((n, groups, -1) + view.shape[2:])
    weight = weight.reshape((groups, c // groups) + weight.shape[1:])
    return np.einsum('ngihwyx,goiyx->ngohw', view, weight).reshape((n, c) + view.shape[3:5])


def conv_transpose(x, weight, p):
    groups, stride = int(p.get('groups', 1)), ints(p.get('strides', [1, 1]))
    dilation, pad = ints(p.get('dilations', [1, 1])), ints(p['pad'])
    n, _, h, w = x.shape
    kh, kw = weight.shape[2:]
    x = x.reshape(n, groups, -1, h, w)
    weight = weight.reshape((groups, -1) + weight.shape[1:])
    out = np.zeros((n, groups, weight.shape[2], (h - 1) * stride[0] + (kh - 1) * dilation[0] + 1,
                    (w - 1) * stride[1] + (kw - 1) * dilation[1] + 1))
    for y in range(kh):
        for z in range(kw):
            top, left = y * dilation[0], z * dilation[1]
            out[..., top:top + h * stride[0]:stride[0], left:left + w * stride[1]:stride[1]] += \
                np.einsum('ngihw,gio->ngohw', x, weight[..., y, z])
    out = out.reshape((n, -1) + out.shape[3:])
    return out[:, :, pad[0]:out.shape[2] - pad[1], pad[2]:out.shape[3] - pad[3]]


def pool(x, p, most):
    kernel, stride = ints(p['kernel_sizes']), ints(p['strides'])
    assert not p['ceil_mode'] and p['pad_type'] == 'custom'
    view = windows(padded(x, ints(p['pad']), -np.inf if most else 0), kernel, stride, [1, 1])
    if most:
        return view.max((4, 5))
    if not p['exclude_padding_from_average']:
        return view.mean((4, 5))
    there = windows(padded(np.ones_like(x), ints(p['pad']), 0), kernel, stride, [1, 1])
    return view.sum((4, 5)) / there.sum((4, 5))


def attention(p):
    scores = p['query'] @ np.swapaxes(p['key'], -1, -2) / math.sqrt(p['query'].shape[-1])
    if 'attn_mask' in p:
        scores = scores + p['attn_mask']
    return softmax(scores, -1) @ p['value']


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def response(x, p):
    size, c = int(p['size']), x.shape[1]
    assert size % 2 == 1, 'which half of an even window is the larger one is not said anywhere'
    squares = np.zeros_like(x)
    for k in range(c):
        squares[:, k] = (x[:, max(0, k - size // 2):k + size // 2 + 1] ** 2).sum(1)
    return x / (p['k'] + p['alpha'] / size * squares) ** p['beta']


def blocks(x, r, inner):
    """Channels to blocks of pixels; @inner: channel by channel, else block by block."""
    n, c, h, w = x.shape
    x = (x.reshape(n, c // r ** 2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3) if inner else
         x.reshape(n, r, r, c // r ** 2, h, w).transpose(0, 3, 4, 1, 5, 2))
    return x.reshape(n, c // r ** 2, h * r, w * r)


def unblocks(x, r, inner):
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // r, r, w // r, r)
    return x.transpose((0, 1, 3, 5, 2, 4) if inner else (0, 3, 5, 1, 2, 4)).reshape(
        n, c * r * r, h // r, w // r)


def sample(x, axis, n, places):
    """Linear between neighbours along an axis."""
    low = np.clip(np.floor(places).astype(int), 0, x.shape[axis] - 1)
    high = np.minimum(low + 1, x.shape[axis] - 1)
    share = np.clip(places - low, 0, 1).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return np.take(x, low, axis) * (1 - share) + np.take(x, high, axis) * share


def places(size, n, mode):
    at = np.arange(n)
    if mode == 'corners':
        return at * ((size - 1) / (n - 1) if n > 1 else 0)
    if mode == 'default':              # resize_bilinear's: corners, but for one fewer at the end
        return at * (size / n)
    return np.maximum((at + 0.5) * size / n - 0.5, 0)


def bilinear(x, sizes, mode):
    for axis, n in zip((2, 3), sizes):
        x = sample(x, axis, n, places(x.shape[axis], n, mode))
    return x


UNARY = {
    'relu': lambda x: np.maximum(x, 0), 'relu6': lambda x: np.clip(x, 0, 6), 'abs': np.abs,
    'erf': np.vectorize(math.erf), 'tanh': np.tanh, 'sqrt': np.sqrt, 'round': np.round,
    'silu': lambda x: x / (1 + np.exp(-x)), 'softplus': lambda x: np.log1p(np.exp(x)),
    'gelu': lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
}
BINARY = {
    'add': np.add, 'sub': np.subtract, 'mul': np.multiply, 'real_div': np.divide,
    'maximum': np.maximum, 'minimum': np.minimum, 'greater': np.greater, 'less': np.less,
    'less_equal': np.less_equal, 'pow': np.power,
}
REDUCE = {
    'reduce_mean': np.mean, 'reduce_min': np.min, 'reduce_max': np.max, 'reduce_sum': np.sum,
    'reduce_l2_norm': lambda x, axes, keepdims: np.sqrt(np.sum(x * x, axes, keepdims=keepdims)),
}


def normal(x, p):
    mean, variance = x.mean((2, 3), keepdims=True), x.var((2, 3), keepdims=True)
    along = [1, -1, 1, 1]
    return ((x - mean) / np.sqrt(variance + p['epsilon']) * p['gamma'].reshape(along)
            + p['beta'].reshape(along))


def ranked(x, p):
    order = np.argsort(x if p['ascending'] else -x, int(p['axis']), kind='stable')
    order = np.take(order, range(int(p['k'])), int(p['axis']))
    return np.take_along_axis(x, order, int(p['axis'])), order


def cut(x, p):
    top, bottom = ints(p['crop_height'])
    left, right = ints(p['crop_width'])
    return x[:, :, top:x.shape[2] - bottom, left:x.shape[3] - right]


def whole(x, dtype):
    return np.trunc(x) if dtype in ('int32', 'uint8') else (x != 0) if dtype == 'bool' else x


def product(p):
    x = np.swapaxes(p['x'], -1, -2) if p.get('transpose_x', 0) else p['x']
    y = np.swapaxes(p['y'], -1, -2) if p.get('transpose_y', 0) else p['y']
    return x @ y


OTHER = {
    'conv': lambda x, p: conv(x, p['weight'], p),
    'conv_transpose': lambda x, p: conv_transpose(x, p['weight'], p),
    'max_pool': lambda x, p: pool(x, p, True), 'avg_pool': lambda x, p: pool(x, p, False),
    'matmul': lambda x, p: product(p), 'softmax': lambda x, p: softmax(x, int(p['axis'])),
    'scaled_dot_product_attention': lambda x, p: attention(p),
    'reshape': lambda x, p: x.reshape(ints(p['shape'])),
    'transpose': lambda x, p: x.transpose(ints(p['perm'])),
    'squeeze': lambda x, p: x.squeeze(tuple(ints(p['axes']))),
    'reverse': lambda x, p: np.flip(x, ints(p['axes'])),
    'tile': lambda x, p: np.tile(x, ints(p['reps'])), 'crop': cut,
    'slice_by_size': lambda x, p: x[tuple(slice(b, b + s) for b, s in
                                          zip(ints(p['begin']), ints(p['size'])))],
    'concat': lambda x, p: np.concatenate(p['values'], int(p['axis'])),
    'stack': lambda x, p: np.stack(p['values'], int(p['axis'])),
    'split': lambda x, p: tuple(np.split(x, int(p['num_splits']), int(p['axis']))),
    'gather': lambda x, p: np.take(x, p['indices'].astype(int), int(p['axis'])),
    'cast': lambda x, p: whole(x, p['dtype']),
    'select': lambda x, p: np.where(p['cond'], p['a'], p['b']),
    'clip': lambda x, p: np.clip(x, p['alpha'], p['beta']),
    'rsqrt': lambda x, p: 1 / np.sqrt(x + p['epsilon']),
    'leaky_relu': lambda x, p: np.where(x > 0, x, p['alpha'] * x), 'topk': ranked,
    'reduce_argmax': lambda x, p: np.expand_dims(x.argmax(int(p['axis'])), int(p['axis'])),
    'local_response_norm': response, 'instance_norm': normal,
    'depth_to_space': lambda x, p: blocks(x, int(p['block_size']), False),
    'space_to_depth': lambda x, p: unblocks(x, int(p['block_size']), False),
    'pixel_shuffle': lambda x, p: blocks(x, int(p['upscale_factor']), True),
    'pixel_unshuffle': lambda x, p: unblocks(x, int(p['downscale_factor']), True),
    'upsample_nearest_neighbor': lambda x, p: x.repeat(int(p['scale_factor_height']), 2).repeat(
        int(p['scale_factor_width']), 3),
    'upsample_bilinear': lambda x, p: bilinear(
        x, [x.shape[2] * int(p['scale_factor_height']), x.shape[3] * int(p['scale_factor_width'])],
        'corners' if p['align_corners'] else 'half'),
    'resize_bilinear': lambda x, p: bilinear(
        x, [int(p['target_size_height']), int(p['target_size_width'])],
        {'ALIGN_CORNERS': 'corners', 'DEFAULT': 'default'}[p['sampling_mode']]),
    'flatten2d': lambda x, p: x.reshape(math.prod(x.shape[:int(p['axis'])]), -1),
}


def compute(operation, p):
    kind, x = operation.type, p.get('x')
    if kind in UNARY:
        return UNARY[kind](x)
    if kind in BINARY:
        return BINARY[kind](x, p['y'])
    if kind in REDUCE:
        return REDUCE[kind](x, tuple(ints(p['axes'])), keepdims=bool(p['keep_dims']))
    return OTHER[kind](x, p)


def evaluate(package, fed):
    """name -> array of the outputs; @fed: of the inputs, by name."""
    values = {name: np.asarray(fed[name], dtype=np.float64).reshape(shape)
              for name, _, shape in package.inputs}
    for operation in package.operations:
        if operation.type == 'const':
            results = array(operation.attributes['val'])
        elif operation.type.startswith('constexpr_'):
            results = decode(operation, values)
        else:
            p = {key: [values[name] for name in bound] if key == 'values' else values[bound[0]]
                 for key, bound in operation.inputs.items()}
            results = compute(operation, p)
        for result, (name, _, shape) in zip(results if isinstance(results, tuple) else [results],
                                            operation.outputs):
            assert isinstance(result, str) or np.shape(result) == shape, (name, operation.type)
            values[name] = result
    return {name: values[name] for name, _, _ in package.outputs}
