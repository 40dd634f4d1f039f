"""A strict reader of MIL text and its weight file, sharing nothing with the writer.

check (text, blob) reads one program by the grammar and holds it against the rules: names unique and
defined before use, constants of the type they are declared as, parameters that the operator has,
shapes that follow from the operands, blob references that name a record of the right type and size.
"""
import re
import struct

HEAD = ('program(1.3)\n[buildInfo = dict<string, string>({{"coremlc-component-MIL", "3520.4.1"}, '
        '{"coremlc-version", "3520.5.1"}})]\n')
BITS = {'fp16': 16, 'fp32': 32, 'int8': 8, 'uint8': 8, 'int16': 16, 'uint16': 16, 'int32': 32,
        'uint32': 32, 'uint4': 4, 'uint1': 1, 'bool': 8, 'string': 0}
CODES = {1: 'fp16', 2: 'fp32', 3: 'uint8', 4: 'int8', 6: 'int16', 7: 'uint16', 9: 'uint1',
         11: 'uint4', 14: 'int32', 15: 'uint32'}
PORTS = {'fp16', 'int8', 'uint8', 'int16', 'uint16', 'int32'}
# Parameters by operator: ? may be left out, * must be a constant.
UNARY = 'abs atan ceil cos erf exp exp2 floor logical_not relu relu6 round sigmoid sign silu sin ' \
        'softplus softsign sqrt tanh'.split()
BINARY = 'add sub mul real_div pow maximum minimum'.split()
COMPARE = 'equal greater greater_equal less less_equal not_equal'.split()
REDUCE = 'l1_norm l2_norm log_sum log_sum_exp max mean min sum sum_square'.split()
OPS = {
    'avg_pool': 'exclude_padding_from_average?* x kernel_sizes* strides?* pad_type* pad?* '
                'ceil_mode?*',
    'batch_norm': 'x mean* variance* gamma?* beta?* epsilon?*',
    'cast': 'x dtype*', 'clamped_relu': 'x alpha* beta*', 'clip': 'x alpha* beta*',
    'concat': 'values axis* interleave?*',
    'conv': 'x weight bias? strides?* pad_type?* pad?* dilations?* groups?*',
    'conv_transpose': 'x weight bias? pad?* output_shape?* pad_type?* strides?* dilations?* groups?*',
    'crop': 'x crop_height* crop_width*', 'depth_to_space': 'x block_size*', 'elu': 'x alpha*',
    'expand_dims': 'x axes*', 'flatten2d': 'x axis?*', 'gelu': 'x mode?*',
    'instance_norm': 'x gamma?* beta?* epsilon?*', 'inverse': 'x epsilon?*',
    'leaky_relu': 'x alpha*', 'linear_activation': 'x alpha* beta*',
    'local_response_norm': 'x size* alpha?* beta?* k?*', 'log': 'x epsilon?*',
    'matmul': 'x y transpose_x?* transpose_y?*',
    'max_pool': 'x kernel_sizes* strides?* pad_type* pad?* ceil_mode?*',
    'pixel_shuffle': 'x upscale_factor*', 'pixel_unshuffle': 'x downscale_factor*',
    'prelu': 'x alpha*', 'reshape': 'x shape',
    'resize_bilinear': 'x target_size_height?* target_size_width?* sampling_mode?*',
    'resize_nearest_neighbor': 'x target_size_height* target_size_width*',
    'reverse': 'x axes?*', 'rsqrt': 'x epsilon?*', 'scaled_tanh': 'x alpha* beta*',
    'select': 'cond a b', 'sigmoid_hard': 'x alpha* beta*', 'slice_by_size': 'x begin size',
    'softmax': 'x axis?*', 'space_to_depth': 'x block_size*',
    'split': 'x num_splits?* split_sizes?* axis*', 'squeeze': 'x axes?*', 'stack': 'values axis*',
    'threshold': 'x alpha*', 'thresholded_relu': 'x alpha*', 'tile': 'x reps',
    'transpose': 'x perm*',
    'upsample_bilinear': 'x scale_factor_height?* scale_factor_width?* align_corners?* '
                         'half_pixel_centers?*',
    'upsample_nearest_neighbor': 'x scale_factor_height?* scale_factor_width?*',
    'affine': 'x transform_matrix output_height* output_width* sampling_mode* padding_mode* '
              'padding_value* coordinates_mode* align_corners*',
    'constexpr_lut_to_dense': 'indices* lut*', 'constexpr_sparse_to_dense': 'nonzero_data* mask*',
    'constexpr_blockwise_shift_scale': 'data* scale* offset?*',
}
OPS.update({name: 'x' for name in UNARY})
OPS.update({name: 'x y' for name in BINARY + COMPARE})
OPS.update({'reduce_' + name: 'x axes?* keep_dims?*' for name in REDUCE})
# These two are given by attributes.
ATTRIBUTES = {'const': {'val'},
              'constexpr_affine_dequantize': {'axis', 'quantized_data', 'scale', 'zero_point'}}

TOKEN = re.compile(r'\s+|("(?:[^"\\]|\\.)*")|(-?0x[01](?:\.[0-9a-f]+)?p[+-]\d+)'
                   r'|([A-Za-z_@][A-Za-z0-9_@]*)|(-?\d+)|(->|[()\[\]{}<>=,;])')


class Bad(Exception):
    """The text breaks a rule."""


def need(truth, message, *words):
    if not truth:
        raise Bad(message % words)


def count(shape):
    n = 1
    for d in shape:
        n *= d
    return n


class Reader:
    """Tokens, and the parts of the grammar."""

    def __init__(self, text):
        need(text.startswith(HEAD), 'the head is not that of a program')
        text = text[len(HEAD):]
        self.tokens, at = [], 0
        while at < len(text):
            found = TOKEN.match(text, at)
            need(found, 'no token: %r', text[at:at + 20])
            at = found.end()
            if found.lastindex:
                self.tokens.append(found.group())
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def next(self):
        need(self.at < len(self.tokens), 'ends too early')
        self.at += 1
        return self.tokens[self.at - 1]

    def want(self, *tokens):
        for token in tokens:
            got = self.next()
            need(got == token, '%r where %r must be', got, token)

    def name(self):
        got = self.next()
        need(re.fullmatch(r'[A-Za-z_][A-Za-z0-9_@]*', got), '%r is no name', got)
        return got

    def list(self, item, end):
        out = []
        while self.peek() != end:
            if out:
                self.want(',')
            out.append(item())
        self.want(end)
        return out

    def type(self):
        """(dtype, shape); shape None: a scalar."""
        got = self.next()
        if got != 'tensor':
            need(got in BITS, '%r is no type', got)
            return got, None
        self.want('<')
        dtype = self.next()
        need(dtype in BITS and dtype != 'string', '%r is no type of a tensor', dtype)
        self.want(',', '[')
        shape = self.list(self.next, ']')
        self.want('>')
        need(shape and all(re.fullmatch(r'[1-9]\d*', d) for d in shape), 'shape %s', shape)
        return dtype, [int(d) for d in shape]

    def literal(self, dtype):
        got = self.next()
        if dtype == 'string':
            need(got[0] == '"', '%r is no string', got)
            return got[1:-1]
        if dtype == 'bool':
            need(got in ('true', 'false'), '%r is no truth value', got)
            return got == 'true'
        if dtype in ('fp16', 'fp32'):
            need('x' in got, '%r is no hex float', got)
            value = float.fromhex(got)
            code = '<e' if dtype == 'fp16' else '<f'
            need(struct.unpack(code, struct.pack(code, value))[0] == value, '%s is no %s', got,
                 dtype)
            return value
        need(re.fullmatch(r'-?\d+', got), '%r is no integer', got)
        low = 0 if dtype[0] == 'u' else -(1 << (BITS[dtype] - 1))
        need(low <= int(got) < low + (1 << BITS[dtype]), '%s does not fit %s', got, dtype)
        return int(got)

    def value(self):
        """(type, numbers or ('blob', path, offset))"""
        dtype, shape = kind = self.type()
        self.want('(')
        if self.peek() == 'BLOBFILE':
            self.want('BLOBFILE', '(', 'path', '=', 'string', '(')
            path = self.literal('string')
            self.want(')', ',', 'offset', '=', 'uint64', '(')
            offset = int(self.next())
            self.want(')', ')', ')')
            return kind, ('blob', path, offset)
        if shape is None:
            data = self.literal(dtype)
        else:
            self.want('[')
            data = self.list(lambda: self.literal(dtype), ']')
            need(len(data) == count(shape), '%d numbers for %s', len(data), shape)
        self.want(')')
        return kind, data

    def argument(self):
        key = self.name()
        self.want('=')
        if self.peek() == '(':
            self.next()
            return key, ('names', self.list(self.name, ')'))
        if self.peek() in BITS or self.peek() == 'tensor':
            return key, ('value',) + self.value()
        return key, ('names', [self.name()])

    def arguments(self, end):
        pairs = self.list(self.argument, end)
        need(len({k for k, _ in pairs}) == len(pairs), 'a key twice')
        return dict(pairs)

    def port(self):
        return self.type(), self.name()


class Blob:
    """Records of a weight file by offset."""

    def __init__(self, data, name):
        self.data, self.name, self.used = data, name, set()
        n, version = struct.unpack_from('<II', data)
        need(version == 2 and not any(data[8:64]), 'no weight file of version 2')
        self.offsets, at = [], 64
        for _ in range(n):
            mark, _, size, where, padding = struct.unpack_from('<IIQQQ', data, at)
            need(mark == 0xDEADBEEF and where == at + 64, 'record at %d', at)
            need(not any(data[at + 32:at + 64]) and padding < 8, 'record at %d', at)
            need(where + size <= len(data), 'record at %d is cut off', at)
            self.offsets.append(at)
            end, at = where + size, (where + size + 63) // 64 * 64
            need(not any(data[end:at]), 'what fills up record %d is not zero', self.offsets[-1])
        need(len(data) == (end if n else 64), 'bytes after the last record')

    def check(self, kind, where):
        _, path, offset = where
        dtype, shape = kind
        need(path == '@model_path/' + self.name, 'path %s', path)
        need(offset in self.offsets, 'no record at %d', offset)
        _, code, size, _, padding = struct.unpack_from('<IIQQQ', self.data, offset)
        need(CODES.get(code) == dtype, 'record %d holds %s, not %s', offset, CODES.get(code), dtype)
        need(size * 8 - padding == count(shape) * BITS[dtype], 'record %d is no %s of %s', offset,
             shape, dtype)
        self.used.add(offset)


def broadcast(*shapes):
    out = []
    for i in range(1, max(map(len, shapes)) + 1):
        dims = {s[-i] for s in shapes if len(s) >= i} - {1}
        need(len(dims) <= 1, '%s do not broadcast', shapes)
        out.append(dims.pop() if dims else 1)
    return out[::-1]


def windows(size, k, stride, before, after, dilation=1):
    return (size + before + after - dilation * (k - 1) - 1) // stride + 1


def pooled(x, a):
    pad, k, s = a['pad'], a['kernel_sizes'], a['strides']
    need(a['pad_type'] == 'custom' and a['ceil_mode'] is False, 'pool')
    return x[:2] + [windows(x[2 + i], k[i], s[i], pad[2 * i], pad[2 * i + 1]) for i in range(2)]


def conv(x, a):
    w, pad, s, d = a['weight'], a['pad'], a['strides'], a['dilations']
    need(a['pad_type'] == 'custom' and w[1] * a['groups'] == x[1], 'conv')
    return [x[0], w[0]] + [windows(x[2 + i], w[2 + i], s[i], pad[2 * i], pad[2 * i + 1], d[i])
                           for i in range(2)]


def conv_transpose(x, a):
    w, pad, s, d = a['weight'], a['pad'], a['strides'], a['dilations']
    need(a['pad_type'] == 'custom' and w[0] == x[1], 'conv_transpose')
    return [x[0], w[1] * a['groups']] + [
        (x[2 + i] - 1) * s[i] - pad[2 * i] - pad[2 * i + 1] + d[i] * (w[2 + i] - 1) + 1
        for i in range(2)]


def matmul(x, a):
    y = a['y']
    need(not a['transpose_x'], 'transpose_x')
    y = y[:-2] + [y[-1], y[-2]] if a['transpose_y'] else y
    need(x[-1] == y[-2], 'inner sizes %s %s', x, y)
    return broadcast(x[:-2], y[:-2]) + x[-2:-1] + [y[-1]]


def reduced(x, a):
    need(a['keep_dims'] is True and all(0 <= i < len(x) for i in a['axes']), 'reduce')
    return [1 if i in a['axes'] else d for i, d in enumerate(x)]


def sliced(x, a):
    need(all(0 <= b and s > 0 and b + s <= d for b, s, d in zip(a['begin'], a['size'], x)),
         'slice outside')
    return list(a['size'])


def reshaped(x, a):
    need(count(a['shape']) == count(x), 'reshape of %s to %s', x, a['shape'])
    return list(a['shape'])


def unsqueezed(x, a):
    x = list(x)
    for i in sorted(a['axes']):
        x.insert(i, 1)
    return x


def squeezed(x, a):
    need(all(x[i] == 1 for i in a['axes']), 'squeeze')
    return [d for i, d in enumerate(x) if i not in a['axes']]


def joined(values, a):
    out = list(values[0])
    out[a['axis']] = sum(v[a['axis']] for v in values)
    need(all(v[:a['axis']] + v[a['axis'] + 1:] == out[:a['axis']] + out[a['axis'] + 1:]
             for v in values), 'concat of %s', values)
    return out


def stacked(values, a):
    need(all(v == values[0] for v in values), 'stack')
    return values[0][:a['axis']] + [len(values)] + values[0][a['axis']:]


def lut(_, a):
    rank = len(a['indices'])
    need(a['lut'] == [1] * rank + [16, 1], 'lut of shape %s', a['lut'])
    return a['indices']


def blockwise(_, a):
    data, scale = a['data'], a['scale']
    need(len(data) == len(scale) and all(d % s == 0 for d, s in zip(data, scale)),
         'scale %s of data %s', scale, data)
    return data


def same(x, _):
    return x


SHAPES = {
    'avg_pool': pooled, 'max_pool': pooled, 'conv': conv, 'conv_transpose': conv_transpose,
    'matmul': matmul, 'slice_by_size': sliced, 'reshape': reshaped, 'expand_dims': unsqueezed,
    'squeeze': squeezed, 'constexpr_lut_to_dense': lut, 'constexpr_blockwise_shift_scale': blockwise,
    'constexpr_sparse_to_dense': lambda _, a: a['mask'],
    'transpose': lambda x, a: [x[i] for i in a['perm']],
    'tile': lambda x, a: [d * r for d, r in zip(x, a['reps'])],
    'crop': lambda x, a: x[:2] + [x[2] - sum(a['crop_height']), x[3] - sum(a['crop_width'])],
    'flatten2d': lambda x, a: [count(x[:a['axis']]), count(x[a['axis']:])],
    'select': lambda _, a: broadcast(a['cond'], a['a'], a['b']),
}
SHAPES.update({'reduce_' + name: reduced for name in REDUCE})
SHAPES.update({name: lambda x, a: broadcast(x, a['y']) for name in BINARY + COMPARE})
SHAPES.update({name: same for name in UNARY + [
    'batch_norm', 'cast', 'clamped_relu', 'clip', 'elu', 'gelu', 'instance_norm', 'inverse',
    'leaky_relu', 'linear_activation', 'local_response_norm', 'log', 'prelu', 'reverse', 'rsqrt',
    'scaled_tanh', 'sigmoid_hard', 'softmax', 'threshold', 'thresholded_relu']})


class Program:
    """One program read and checked; blob None: references are not followed."""

    def __init__(self, text, blob=None):
        self.reader, self.blob = Reader(text), blob
        self.values = {}             # name -> (type, constant numbers or None)
        self.ops = []
        r = self.reader
        r.want('{', 'func')
        need(r.name() == 'main', 'the function is not main')
        r.want('<', 'ios18', '>', '(')
        self.inputs = r.list(r.port, ')')
        for kind, name in self.inputs:
            need(kind[0] in PORTS and kind[1], 'input %s of type %s', name, kind)
            self.define(name, kind)
        r.want('{')
        while r.peek() != '}':
            self.statement()
        r.want('}', '->', '(')
        self.outputs = r.list(r.name, ')')
        r.want(';', '}')
        need(r.peek() is None, 'text after the program')
        need(self.outputs and len(set(self.outputs)) == len(self.outputs), 'outputs')
        for name in self.outputs:
            need(name in self.values, 'output %s is not defined', name)
            need(name not in [n for _, n in self.inputs], 'output %s is an input', name)
            need(self.values[name][0][0] in PORTS, 'output %s is %s', name, self.values[name][0])

    def define(self, name, kind, data=None):
        need(name not in self.values, '%s is defined twice', name)
        self.values[name] = (kind, data)

    def statement(self):
        r = self.reader
        outputs = [r.port()]
        while r.peek() == ',':
            r.next()
            outputs.append(r.port())
        r.want('=')
        op = r.name()
        r.want('(')
        inputs = r.arguments(')')
        r.want('[')
        attrs = r.arguments(']')
        r.want(';')
        need(attrs.pop('name', None) == ('value', ('string', None), outputs[0][1]),
             'the name of %s', outputs[0][1])
        need(set(attrs) == ATTRIBUTES.get(op, set()), 'attributes of %s: %s', op, sorted(attrs))
        self.ops.append(op)
        try:
            if op in ATTRIBUTES:
                need(not inputs, '%s takes no inputs', op)
                self.constant(op, outputs, attrs)
            else:
                self.call(op, outputs, inputs)
        except Bad as bad:
            raise Bad('%s: %s' % (outputs[0][1], bad)) from bad

    def follow(self, kind, data):
        if isinstance(data, tuple) and self.blob:
            self.blob.check(kind, data)

    def constant(self, op, outputs, attrs):
        (kind, name), = outputs
        for _, type_, data in attrs.values():
            self.follow(type_, data)
        if op == 'const':
            _, type_, data = attrs['val']
            need(type_ == kind, 'is declared %s and is %s', kind, type_)
            self.define(name, kind, data)
            return
        q, s, z = (attrs[k][1] for k in ('quantized_data', 'scale', 'zero_point'))
        axis = attrs['axis'][2]
        need(q == ('int8', kind[1]) and kind[0] == 'fp16', 'quantized_data %s', q)
        need(s == ('fp16', [q[1][axis]]), 'scale %s', s)
        need(z == ('int8', None), 'zero_point %s', z)
        self.define(name, kind, ('unpacked',))

    def operand(self, argument, constant):
        """A list of (type, data)."""
        if argument[0] == 'value':
            need(not isinstance(argument[2], tuple), 'a blob in place')
            return [argument[1:]]
        for name in argument[1]:
            need(name in self.values, '%s is not defined yet', name)
            need(not constant or self.values[name][1] is not None, '%s must be constant', name)
        return [self.values[name] for name in argument[1]]

    def call(self, op, outputs, inputs):
        need(op in OPS, 'unknown operator %s', op)
        known = {p.rstrip('*').rstrip('?'): p for p in OPS[op].split()}
        need(set(inputs) <= set(known), '%s has no %s', op, set(inputs) - set(known))
        for name, flags in known.items():
            need('?' in flags or name in inputs, '%s needs %s', op, name)
        found = {k: self.operand(v, '*' in known[k]) for k, v in inputs.items()}
        need(all(len(v) == 1 for k, v in found.items() if k != 'values'), 'several values')
        self.dtypes(op, outputs, found)
        for kind, name in outputs:
            self.define(name, kind, ('unpacked',) if op.startswith('constexpr') else None)
        self.shape(op, outputs, found)

    @staticmethod
    def dtypes(op, outputs, found):
        kinds = {kind[0] for key in ('x', 'y', 'a', 'b', 'values', 'weight')
                 for kind, _ in found.get(key, [])}
        if op == 'cast':
            need(outputs[0][0][0] == found['dtype'][0][1], 'cast to %s', found['dtype'][0][1])
        elif not op.startswith('constexpr'):
            need(len(kinds) == 1, 'operands of %s', kinds)
            want = 'bool' if op in COMPARE else kinds.pop()
            need(all(kind[0] == want for kind, _ in outputs), 'is not %s', want)

    @staticmethod
    def shape(op, outputs, found):
        flat = {}
        for key, operands in found.items():
            (kind, data) = operands[0]
            small = data is not None and not isinstance(data, tuple)
            flat[key] = data if small and kind[0] != 'fp16' else kind[1] or []
        if op in ('concat', 'stack'):
            shapes = [kind[1] for kind, _ in found['values']]
            got = (joined if op == 'concat' else stacked)(shapes, flat)
        elif op == 'split':
            got, n = list(flat['x']), flat['num_splits']
            need(n == len(outputs) and got[flat['axis']] % n == 0, 'split')
            got[flat['axis']] //= n
        elif op in SHAPES:
            got = SHAPES[op](flat.get('x'), flat)
        else:
            return
        for kind, _ in outputs:
            need(kind[1] == got, 'is declared %s; %s makes %s', kind[1], op, got)


def check(text, blob=None, blob_name='weights.bin'):
    """Raises Bad; returns the program."""
    return Program(text, Blob(blob, blob_name) if blob is not None else None)
