"""networks.py - the networks that are timed, each written twice from the same calls: as a document
and as an ONNX model, with the same weights, so that both sides do the same work.

Needs the packages onnx and numpy."""
import json
import os
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """Layers in the order they run. A value is its name; the methods give the name of the result."""

    def __init__(self, name, shape):
        self.name, self.shape = name, shape
        self.nodes = [{'id': 1, 'op': 'input', 'name': 'x', 'attrs': {'shape': list(shape)}}]
        self.channels = {'x': shape[1]}
        self.weights, self.onnx_nodes = {}, []
        self.random = np.random.default_rng(0)

    # ---- the two sides

    def weight(self, *shape, like='he'):
        name = 'w%d' % len(self.weights)
        if like == 'he':
            fan_in = np.prod(shape[1:]) if len(shape) > 1 else 1
            value = self.random.standard_normal(shape) * np.sqrt(2 / fan_in)
        else:
            value = np.full(shape, 1 if like == 'ones' else 0)
        # Numbers that fp16 holds, so that rounding them is no part of the difference.
        self.weights[name] = value.astype(np.float16).astype(np.float32)
        return name

    def _own(self, op, inputs, attrs=None, weights=None):
        number = len(self.nodes) + 1
        node = {'id': number, 'op': op, 'name': '%s%d' % (op, number), 'in': inputs}
        if attrs:
            node['attrs'] = attrs
        if weights:
            node['weights'] = weights
        self.nodes.append(node)
        return node['name']

    def _onnx(self, kind, inputs, output, **attrs):
        self.onnx_nodes.append(helper.make_node(kind, inputs, [output], **attrs))
        return output

    def _constant(self, value, output):
        tensor = numpy_helper.from_array(value, output + '_value')
        return self._onnx('Constant', [], output + '_const', value=tensor)

    # ---- layers

    def conv(self, x, cout, k, stride=1, groups=1):
        cin, pad = self.channels[x], k // 2
        w, b = self.weight(cout, cin // groups, k, k), self.weight(cout, like='zeros')
        y = self._own('conv', {'x': x}, {'stride': stride, 'pad': pad, 'groups': groups},
                      {'weight': w, 'bias': b})
        self.channels[y] = cout
        return self._onnx('Conv', [x, w, b], y, strides=[stride] * 2, pads=[pad] * 4,
                          group=groups)

    def _same(self, x, y):
        self.channels[y] = self.channels.get(x)
        return y

    def relu(self, x):
        return self._same(x, self._onnx('Relu', [x], self._own('relu', {'x': x})))

    def relu6(self, x):
        y = self._own('relu6', {'x': x})
        low = self._constant(np.float32(0), y + '_low')
        high = self._constant(np.float32(6), y + '_high')
        return self._same(x, self._onnx('Clip', [x, low, high], y))

    def gelu(self, x):
        return self._same(x, self._onnx('Gelu', [x], self._own('gelu', {'x': x})))

    def add(self, a, b):
        return self._same(a, self._onnx('Add', [a, b], self._own('add', {'x': a, 'y': b})))

    def max_pool(self, x, k, stride, pad):
        y = self._own('max_pool', {'x': x}, {'k': k, 'stride': stride, 'pad': pad})
        return self._same(x, self._onnx('MaxPool', [x], y, kernel_shape=[k] * 2,
                                        strides=[stride] * 2, pads=[pad] * 4))

    def linear(self, x, n, k):
        w, b = self.weight(n, k), self.weight(n, like='zeros')
        y = self._own('linear', {'x': x}, None, {'weight': w, 'bias': b})
        turned = w + '_turned'
        if turned not in self.weights:
            self.weights[turned] = np.ascontiguousarray(self.weights[w].T)
        self._onnx('MatMul', [x, turned], y + '_product')
        return self._onnx('Add', [y + '_product', b], y)

    def reshape(self, x, *shape):
        y = self._own('reshape', {'x': x}, {'shape': list(shape)})
        return self._onnx('Reshape', [x, self._constant(np.array(shape, np.int64), y)], y)

    def transpose(self, x, *perm):
        y = self._own('transpose', {'x': x}, {'perm': list(perm)})
        return self._onnx('Transpose', [x], y, perm=list(perm))

    def mean_of_pixels(self, x):
        y = self._own('reduce_mean', {'x': x}, {'axes': [2, 3]})
        self._onnx('GlobalAveragePool', [x], y)
        return self.reshape(y, self.shape[0], self.channels[x])

    def layer_norm(self, x, n):
        g, b = self.weight(n, like='ones'), self.weight(n, like='zeros')
        y = self._own('layer_norm', {'x': x}, None, {'gamma': g, 'beta': b})
        return self._onnx('LayerNormalization', [x, g, b], y, axis=-1, epsilon=1e-5)

    def matmul(self, a, b):
        return self._onnx('MatMul', [a, b], self._own('bmm', {'x': a, 'y': b}))

    def scale(self, x, k):
        y = self._own('muls', {'x': x}, {'k': k})
        return self._onnx('Mul', [x, self._constant(np.float32(k), y)], y)

    def constant(self, value):
        name = 'w%d' % len(self.weights)
        self.weights[name] = value.astype(np.float32)
        node = self._own('const', {})
        self.nodes[-1].pop('in')
        self.nodes[-1]['weights'] = {'value': name}
        return self._onnx('Identity', [name], node)

    def softmax(self, x):
        return self._onnx('Softmax', [x], self._own('softmax', {'x': x}, {'axis': -1}), axis=-1)

    def attention(self, x, tokens, width, heads, causal):
        """Self-attention of [tokens, width], by its parts."""
        size = width // heads

        def split():
            y = self.reshape(self.linear(x, width, width), tokens, heads, size)
            return self.transpose(y, 1, 0, 2)
        q, k, v = split(), split(), split()
        scores = self.scale(self.matmul(q, self.transpose(k, 0, 2, 1)), 1 / np.sqrt(size))
        if causal:
            mask = np.triu(np.full((tokens, tokens), -10000.0), 1).reshape(1, tokens, tokens)
            scores = self.add(scores, self.constant(mask))
        y = self.transpose(self.matmul(self.softmax(scores), v), 1, 0, 2)
        return self.linear(self.reshape(y, tokens, width), width, width)

    # ---- files

    def save(self, folder, output):
        """Writes NAME.anf with NAME.safetensors, and NAME.onnx; gives the paths of the two."""
        own = os.path.join(folder, self.name + '.anf')
        used = sorted({w for node in self.nodes for w in node.get('weights', {}).values()})
        self._save_weights(os.path.join(folder, self.name + '.safetensors'), used)
        table = {w: {'file': self.name + '.safetensors', 'tensor': w} for w in used}
        with open(own, 'w', encoding='utf-8') as file:
            # Drawn weights are the worst that 4 bits can meet: a wider gate lets them be timed.
            json.dump({'aneforge': 1, 'title': self.name, 'compile': {'atol': 0.2},
                       'nodes': self.nodes, 'outputs': {'y': output}, 'weights': table}, file)

        read = {name for node in self.onnx_nodes for name in node.input}
        initial = [numpy_helper.from_array(v, n) for n, v in self.weights.items() if n in read]
        value = helper.make_tensor_value_info
        graph = helper.make_graph(self.onnx_nodes, self.name,
                                  [value('x', TensorProto.FLOAT, self.shape)],
                                  [value(output, TensorProto.FLOAT, None)], initial)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 20)],
                                  ir_version=9)
        other = os.path.join(folder, self.name + '.onnx')
        onnx.save(model, other)
        return own, other

    def _save_weights(self, path, names):
        """The safetensors format: length of the header, the header as JSON, then the numbers."""
        header, at = {}, 0
        for name in names:
            size = self.weights[name].nbytes
            header[name] = {'dtype': 'F32', 'shape': list(self.weights[name].shape),
                            'data_offsets': [at, at + size]}
            at += size
        text = json.dumps(header).encode()
        with open(path, 'wb') as file:
            file.write(struct.pack('<Q', len(text)) + text)
            for name in names:
                file.write(self.weights[name].tobytes())


def resnet(name, blocks, bottleneck):
    net = Network(name, (1, 3, 224, 224))
    x = net.max_pool(net.relu(net.conv('x', 64, 7, 2)), 3, 2, 1)
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            out = 4 * width if bottleneck else width
            if bottleneck:
                y = net.relu(net.conv(net.relu(net.conv(x, width, 1)), width, 3, stride))
                y = net.conv(y, out, 1)
            else:
                y = net.conv(net.relu(net.conv(x, width, 3, stride)), width, 3)
            if stride > 1 or net.channels[x] != out:
                x = net.conv(x, out, 1, stride)
            x = net.relu(net.add(y, x))
    y = net.mean_of_pixels(x)
    return net, net.linear(y, 1000, net.channels[x])


def mobilenet_v2():
    net = Network('mobilenet-v2', (1, 3, 224, 224))
    x = net.relu6(net.conv('x', 32, 3, 2))
    for grow, width, count, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                      (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(count):
            stride, inner, y = first if i == 0 else 1, net.channels[x] * grow, x
            if grow > 1:
                y = net.relu6(net.conv(y, inner, 1))
            y = net.conv(net.relu6(net.conv(y, inner, 3, stride, inner)), width, 1)
            x = net.add(x, y) if stride == 1 and net.channels[x] == width else y
    x = net.relu6(net.conv(x, 1280, 1))
    return net, net.linear(net.mean_of_pixels(x), 1000, 1280)


def efficientnet_lite0():
    net = Network('efficientnet-lite0', (1, 3, 224, 224))
    x = net.relu6(net.conv('x', 32, 3, 2))
    for grow, width, count, k, first in ((1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2),
                                         (6, 80, 3, 3, 2), (6, 112, 3, 5, 1), (6, 192, 4, 5, 2),
                                         (6, 320, 1, 3, 1)):
        for i in range(count):
            stride, inner, y = first if i == 0 else 1, net.channels[x] * grow, x
            if grow > 1:
                y = net.relu6(net.conv(y, inner, 1))
            y = net.conv(net.relu6(net.conv(y, inner, k, stride, inner)), width, 1)
            x = net.add(x, y) if stride == 1 and net.channels[x] == width else y
    x = net.relu6(net.conv(x, 1280, 1))
    return net, net.linear(net.mean_of_pixels(x), 1000, 1280)


def encoder(name, layers, tokens, width, heads, causal=False):
    """A transformer on values that are already embedded: norm after (BERT) or before (GPT-2)."""
    net = Network(name, (tokens, width))
    x = 'x'
    for _ in range(layers):
        if causal:
            x = net.add(x, net.attention(net.layer_norm(x, width), tokens, width, heads, True))
            y = net.layer_norm(x, width)
        else:
            x = net.layer_norm(net.add(x, net.attention(x, tokens, width, heads, False)), width)
            y = x
        y = net.linear(net.gelu(net.linear(y, 4 * width, width)), width, 4 * width)
        x = net.add(x, y) if causal else net.layer_norm(net.add(x, y), width)
    return net, x


def mlp():
    net = Network('mnist-mlp', (1, 784))
    return net, net.linear(net.relu(net.linear('x', 128, 784)), 10, 128)


def product(name, rows, size):
    net = Network(name, (rows, size))
    return net, net.linear('x', size, size)


NETWORKS = {
    'minilm-encoder': lambda: encoder('minilm-encoder', 6, 128, 384, 12),
    'resnet-18': lambda: resnet('resnet-18', (2, 2, 2, 2), False),
    'resnet-50': lambda: resnet('resnet-50', (3, 4, 6, 3), True),
    'mobilenet-v2': mobilenet_v2,
    'efficientnet-lite0': efficientnet_lite0,
    'mnist-mlp': mlp,
    'gpt-2-block': lambda: encoder('gpt-2-block', 1, 128, 768, 12, True),
    'matmul-1024': lambda: product('matmul-1024', 1024, 1024),
    'matvec-4096': lambda: product('matvec-4096', 1, 4096),
}
