#!/usr/bin/env python3
"""Makes the example documents of this folder.

Usage: make-examples.py MNIST_CNN.onnx MNIST_SUBSET.npz [FOLDER]

MNIST_CNN.onnx is the trained network (two convolutions, two linear layers, [1, 1, 28, 28] in,
[1, 10] logits out), MNIST_SUBSET.npz holds the test digits as `Xte` (uint8 [1000, 784]) and `yte`.
Needs the Python packages numpy and onnx. The network is evaluated here once in numpy, by itself, and
nothing is written if it does not classify the digits as well as it should.
"""
import json
import math
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np

# Node and grid measures of the canvas: a column is a node and the gap to the next one.
LEFT, TOP, COLUMN, ROW = 40, 80, 216, 168


# ------------------------------------------------------------------ the document file

def in_line(value):
    """JSON on one line; a number is the shortest text that reads back the same."""
    if isinstance(value, dict):
        rows = ['"%s": %s' % (key, in_line(v)) for key, v in value.items()]
        return '{ %s }' % ', '.join(rows) if rows else '{}'
    if isinstance(value, (list, tuple)):
        return '[%s]' % ', '.join(in_line(v) for v in value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(int(value)) if float(value).is_integer() else repr(float(value))


def pretty(value, depth=0, in_array=False):
    """The editor's layout: tables and nodes opened, whatever is in them on its own line."""
    open_ = depth <= 1 or depth == 2 and in_array
    if not isinstance(value, (dict, list)) or not value or not open_:
        return in_line(value)
    pad = '\n' + '  ' * (depth + 1)
    if isinstance(value, dict):
        rows = ['"%s": %s' % (key, pretty(v, depth + 1)) for key, v in value.items()]
        return '{%s%s%s}' % (pad, (',' + pad).join(rows), pad[:-2])
    rows = [pretty(v, depth + 1, True) for v in value]
    return '[%s%s%s]' % (pad, (',' + pad).join(rows), pad[:-2])


class Document:
    """Collects nodes in order; `add` places each at a column and a row of the canvas' grid."""

    def __init__(self, title):
        self.title, self.nodes, self.outputs, self.weights = title, [], {}, {}
        self.compile, self.gates = {}, []

    def add(self, name, op, at, feeds=None, attrs=None, weights=None):
        node = {'id': len(self.nodes) + 1, 'op': op, 'name': name}
        if feeds:
            node['in'] = feeds if isinstance(feeds, dict) else {'x': feeds}
        if attrs:
            node['attrs'] = attrs
        if weights:
            node['weights'] = weights
        node['at'] = [LEFT + at[0] * COLUMN, TOP + at[1] * ROW]
        self.nodes.append(node)
        return name

    def init(self, name, shape, how, seed=None, scale=None):
        entry = {'shape': list(shape), 'init': how}
        if scale is not None:
            entry['scale'] = scale
        if seed is not None:
            entry['seed'] = seed
        self.weights[name] = entry
        return name

    def save(self, path):
        text = pretty({
            'aneforge': 1, 'title': self.title, 'nodes': self.nodes, 'outputs': self.outputs,
            'weights': dict(sorted(self.weights.items())), 'compile': self.compile,
            'gates': self.gates, 'next_id': len(self.nodes) + 1})
        path.write_text(text + '\n', encoding='utf-8')


def save_safetensors(path, tensors):
    """fp32 tensors in the order given; the header is padded so that the data is 64-byte aligned."""
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {'dtype': 'F32', 'shape': list(array.shape),
                        'data_offsets': [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-(len(text) + 8) % 64)
    with open(path, 'wb') as out:
        out.write(struct.pack('<Q', len(text)) + text)
        for array in tensors.values():
            out.write(np.ascontiguousarray(array, '<f4').tobytes())


def save_npz(path, arrays):
    """np.savez_compressed with a fixed time in it, so that the same arrays give the same file."""
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(name + '.npy', (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with out.open(entry, 'w') as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0))


# ------------------------------------------------------------------ the digits

def read_weights(path):
    import onnx
    from onnx import numpy_helper
    given = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    names = {'c1.weight': 'onnx::Conv_32', 'c1.bias': 'onnx::Conv_33',
             'c2.weight': 'onnx::Conv_35', 'c2.bias': 'onnx::Conv_36',
             'fc1.weight': '9.weight', 'fc1.bias': '9.bias',
             'fc2.weight': '12.weight', 'fc2.bias': '12.bias'}
    return {ours: given[theirs].astype(np.float32) for ours, theirs in names.items()}


def conv3x3_relu_pool(x, weight, bias):
    """3x3 convolution with a border of one zero, ReLU, then the maximum of 2x2."""
    n, _, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    y = np.zeros((n, len(weight), h, w)) + bias[:, None, None]
    for i in range(3):
        for j in range(3):
            y += np.einsum('ncij,oc->noij', padded[:, :, i:i + h, j:j + w], weight[:, :, i, j])
    y = np.maximum(y, 0).reshape(n, len(weight), h // 2, 2, w // 2, 2)
    return y.max(axis=(3, 5))


def logits_of(images, tensors):
    """The network in double precision."""
    t = {name: array.astype(np.float64) for name, array in tensors.items()}
    x = conv3x3_relu_pool(images.astype(np.float64), t['c1.weight'], t['c1.bias'])
    x = conv3x3_relu_pool(x, t['c2.weight'], t['c2.bias']).reshape(len(images), -1)
    x = np.maximum(x @ t['fc1.weight'].T + t['fc1.bias'], 0)
    return x @ t['fc2.weight'].T + t['fc2.bias']


def mnist(model, digits, folder):
    tensors = read_weights(model)
    with np.load(digits) as z:
        # The network was trained on values from 0 to 1.
        images = (z['Xte'].reshape(-1, 1, 28, 28) / np.float32(255)).astype(np.float32)
        labels = z['yte'].astype(np.uint8)
    right = int((logits_of(images, tensors).argmax(axis=1) == labels).sum())
    print('mnist-cnn: %d of %d digits right in double precision' % (right, len(labels)))
    if right < 980:
        sys.exit('this is not the trained network')
    save_safetensors(folder / 'mnist-cnn.safetensors', tensors)
    save_npz(folder / 'mnist-digits.npz', {'image': images, 'label': labels})

    d = Document('MNIST CNN')
    for name in tensors:
        d.weights[name.replace('weight', 'w').replace('bias', 'b')] = {
            'file': 'mnist-cnn.safetensors', 'tensor': name}

    def weights(layer):
        return {'weight': layer + '.w', 'bias': layer + '.b'}

    d.add('image', 'input', (0, 0), attrs={'shape': [1, 1, 28, 28]})
    d.add('c1', 'conv', (1, 0), 'image', {'stride': 1, 'pad': 1}, weights('c1'))
    d.add('r1', 'relu', (2, 0), 'c1')
    d.add('p1', 'max_pool', (3, 0), 'r1', {'k': 2, 'stride': 2})
    d.add('c2', 'conv', (0, 1), 'p1', {'stride': 1, 'pad': 1}, weights('c2'))
    d.add('r2', 'relu', (1, 1), 'c2')
    d.add('p2', 'max_pool', (2, 1), 'r2', {'k': 2, 'stride': 2})
    d.add('flat', 'reshape', (3, 1), 'p2', {'shape': [1, 1568]})
    d.add('fc1', 'linear', (0, 2), 'flat', weights=weights('fc1'))
    d.add('r3', 'relu', (1, 2), 'fc1')
    d.add('fc2', 'linear', (2, 2), 'r3', weights=weights('fc2'))
    d.add('am', 'argmax', (3, 2), 'fc2', {'axis': -1})
    d.outputs = {'logits': 'fc2', 'digit': 'am'}
    d.compile = {'target': 'h16s', 'opt': 'routes', 'compress': 'int8', 'atol': 0.05,
                 'block_size': 32}
    d.gates = [
        {'output': 'logits', 'metric': 'rel_l2', 'limit': 0.02, 'inputs': 'mnist-digits.npz'},
        {'output': 'logits', 'metric': 'top1', 'limit': 0.997, 'inputs': 'mnist-digits.npz'}]
    d.save(folder / 'mnist-cnn.anf')


# ------------------------------------------------------------------ the encoder block

def encoder_block(folder, tokens=128, width=256, heads=4, hidden=1024):
    """Pre-norm transformer block; attention as one native operator between two fused segments."""
    d = Document('Encoder block')
    seed = iter(range(1, 100))

    def norm(name, source, at):
        return d.add(name, 'layer_norm', at, source, weights={
            'gamma': d.init(name + '.gamma', [width], 'ones'),
            'beta': d.init(name + '.beta', [width], 'zeros')})

    def linear(name, source, at, n_in=width, n_out=width):
        return d.add(name, 'linear', at, source, weights={
            'weight': d.init(name + '.w', [n_out, n_in], 'xavier', seed=next(seed)),
            'bias': d.init(name + '.b', [n_out], 'normal', seed=next(seed), scale=0.02)})

    d.add('x', 'input', (0, 1), attrs={'shape': [tokens, width]})
    norm('ln1', 'x', (1, 1))
    for row, name in enumerate('qkv'):
        linear(name, 'ln1', (2, row))
        d.add(name + '_split', 'reshape', (3, row), name,
              {'shape': [1, tokens, heads, width // heads]})
        d.add(name + '_heads', 'transpose', (4, row), name + '_split', {'perm': [0, 2, 1, 3]})
    d.add('attn', 'sdpa', (5, 1), {port: port + '_heads' for port in 'qkv'},
          {'scale': 1 / math.sqrt(width // heads)})
    d.add('rows', 'transpose', (0, 3), 'attn', {'perm': [0, 2, 1, 3]})
    d.add('merge', 'reshape', (1, 3), 'rows', {'shape': [tokens, width]})
    linear('proj', 'merge', (2, 3))
    d.add('res1', 'add', (3, 3), {'x': 'x', 'y': 'proj'})
    norm('ln2', 'res1', (4, 3))
    linear('up', 'ln2', (0, 4), width, hidden)
    d.add('act', 'gelu', (1, 4), 'up')
    linear('down', 'act', (2, 4), hidden, width)
    d.add('res2', 'add', (3, 4), {'x': 'res1', 'y': 'down'})
    d.outputs = {'y': 'res2'}
    # Opt 0 leaves the attention the bridge that it is drawn as.
    d.compile = {'target': 'h16s', 'opt': '0', 'compress': 'fp16', 'atol': 0.05, 'block_size': 32}
    d.gates = [{'output': 'y', 'metric': 'rel_l2', 'limit': 0.005}]
    d.save(folder / 'encoder-block.anf')


# ------------------------------------------------------------------ a mistake to find

def shape_error(folder):
    """c1 gives 16 channels, the weight of c2 was made for 8."""
    d = Document('A shape error')
    d.add('image', 'input', (0, 0), attrs={'shape': [1, 3, 32, 32]})
    d.add('c1', 'conv', (1, 0), 'image', {'stride': 1, 'pad': 1}, {
        'weight': d.init('c1.w', [16, 3, 3, 3], 'he', seed=1)})
    d.add('r1', 'relu', (2, 0), 'c1')
    d.add('c2', 'conv', (3, 0), 'r1', {'stride': 2, 'pad': 1}, {
        'weight': d.init('c2.w', [32, 8, 3, 3], 'he', seed=2)})
    d.add('r2', 'relu', (4, 0), 'c2')
    d.outputs = {'features': 'r2'}
    d.compile = {'target': 'h16s', 'opt': 'routes', 'compress': 'fp16', 'atol': 0.05,
                 'block_size': 32}
    d.save(folder / 'shape-error.anf')


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    folder = Path(sys.argv[3]) if len(sys.argv) == 4 else Path(__file__).resolve().parent
    mnist(sys.argv[1], sys.argv[2], folder)
    encoder_block(folder)
    shape_error(folder)


main()
