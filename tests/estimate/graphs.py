"""Documents for the tests of the estimate: small ones by hand, measured rows, the graphs of ../cases."""
import json
import os

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cases')
ROLES = {'w': 'weight', 'W': 'weight', 'b': 'bias', 'Wq': 'wq', 'Wk': 'wk', 'Wv': 'wv', 'Wo': 'wo'}


class Graph:
    """A document in the making; numbers of weights do not matter, so they are zeros."""

    def __init__(self):
        self.nodes, self.weights, self.last = [], {}, None

    def add(self, op, wires=None, attrs=None, weights=None, name=None, compress=None):
        name = name or 'n%d' % (len(self.nodes) + 1)
        node = {'id': len(self.nodes) + 1, 'op': op, 'name': name, 'attrs': attrs or {}}
        if wires is None and self.last is not None:
            wires = {'x': self.last}
        node['in'] = wires or {}
        node['weights'] = {}
        for role, shape in (weights or {}).items():
            key = '%s.%s' % (name, role)
            self.weights[key] = shape if isinstance(shape, dict) else {'shape': shape,
                                                                       'init': 'zeros'}
            node['weights'][role] = key
        if compress:
            node['compress'] = compress
        self.nodes.append(node)
        self.last = name
        return name

    def input(self, *shape, dtype=None):
        return self.add('input', {}, dict({'shape': list(shape)},
                                          **({'dtype': dtype} if dtype else {})))

    def linear(self, k, n):
        return self.add('linear', weights={'weight': [n, k]})

    def conv(self, cin, cout, k, stride=1, pad=None):
        return self.add('conv', attrs={'stride': stride, 'pad': k // 2 if pad is None else pad},
                        weights={'weight': [cout, cin, k, k]})

    def text(self, *outputs):
        outputs = outputs or [self.last]
        return json.dumps({'aneforge': 1, 'nodes': self.nodes, 'weights': self.weights,
                           'outputs': {'y%d' % i: o for i, o in enumerate(outputs)}})


def case_graph(name, ops):
    """A graph of ../cases as a document."""
    case = json.load(open(os.path.join(CASES, name + '.json')))
    g, wires = Graph(), {}
    for node in case['nodes']:
        attrs = dict(node.get('attrs', {}))
        which = attrs.pop('which', 0)
        if 'is_causal' in attrs:
            attrs['causal'] = attrs.pop('is_causal')
        inputs = [wires[i] for i in node.get('inputs', [])]
        ports = ops[node['op']]['ports']
        first = next(iter(ports), None)
        wired = ({first: inputs} if first and ports[first]['variadic']
                 else dict(zip(ports, inputs)))
        made = g.add(node['op'], wired, attrs, {ROLES.get(r, r): w['shape']
                                                for r, w in node.get('weights', {}).items()},
                     'n_' + node['id'])
        wires[node['id']] = '%s:%d' % (made, which) if which else made
    return g.text(wires[case['output']])


def row_graph(row):
    """A document that computes what a measured row did; None: it cannot be told or is too big."""
    p, w, g = row['params'], row['workload'], Graph()
    if row['device'] != 'ANE' or p.get('mode', 'fp16') != 'fp16':
        return None
    if w in ('gemm_square', 'gemm', 'gemv', 'compressed_matmul'):
        if p['K'] * p['N'] > 2 ** 25:
            return None
        g.input(p['M'], p['K'])
        g.linear(p['K'], p['N'])
    elif w in ('conv3x3_same', 'conv_same'):
        g.input(p.get('B', 1), p['C'], p['H'], p.get('W', p['H']))
        g.conv(p['C'], p['C'], p.get('k', 3), p.get('stride', 1))
    elif w.startswith(('stream:', 'op:')):
        name = w.split(':')[1].split()[0]
        shape = p['shape']
        g.input(*shape)
        d = shape[-1]
        if name == 'streaming':
            g.add('relu')
        elif name == 'reduction':
            g.add('reduce_sum', attrs={'axes': -1})
        elif name in ('relu', 'gelu', 'sigmoid', 'softmax', 'l2_norm'):
            g.add(name)
        elif name == 'layer_norm':
            g.add(name, weights={'gamma': [d], 'beta': [d]})
        elif name == 'rms_norm':
            g.add(name, weights={'gamma': [d]})
        elif name == 'group_norm':
            g.add(name, attrs={'groups': 8}, weights={'gamma': [shape[1]], 'beta': [shape[1]]})
        elif name in ('max_pool', 'avg_pool'):
            g.add(name, attrs={'k': 2, 'stride': 2})
        elif name == 'pixel_shuffle':
            g.add(name, attrs={'r': 2})
        else:
            return None
    elif w == 'gap:gemv':
        g.input(1, 4096)
        g.linear(4096, 4096)
    elif w == 'gap:fused_block':
        g.input(p['B'], p['C'], 64, 64)
        for _ in range(p['n_conv']):
            g.conv(p['C'], p['C'], 3)
    elif w == 'gap:attention':
        return attention(p['S'], p['D'], p['H'])
    elif w in ('conv resnet-ish (C=256,32x32,k=3,depth=16)', 'conv stack (C=256,32x32,k=3,depth=16)'):
        g.input(1, 256, 32, 32)
        for _ in range(16):
            g.conv(256, 256, 3)
    elif w == 'ResNet-18 forward (1x3x224x224)' or (w == 'resnet18' and 'n_ops' in p):
        return resnet18()
    elif w == 'serving:encoder (transformer block, S=128)' and p['B'] == 1:
        return encoder(128, 768, 12, 3072)
    else:
        return None
    return g.text()


def attention(s, d, heads):
    """softmax (q k') v of three inputs, as products."""
    g = Graph()
    q, k, v = (g.input(1, heads, s, d) for _ in range(3))
    turned = g.add('transpose', {'x': k}, {'perm': [0, 1, 3, 2]})
    score = g.add('bmm', {'x': q, 'y': turned})
    scaled = g.add('muls', {'x': score}, {'k': 0.125})
    soft = g.add('softmax', {'x': scaled})
    g.add('bmm', {'x': soft, 'y': v})
    return g.text()


def resnet18():
    g = Graph()
    g.input(1, 3, 224, 224)
    g.conv(3, 64, 7, 2, 3)
    g.add('relu')
    x = g.add('max_pool', attrs={'k': 3, 'stride': 2, 'pad': 1})
    cin = 64
    for stage, c in enumerate((64, 128, 256, 512)):
        for block in range(2):
            stride = 2 if stage > 0 and block == 0 else 1
            g.last = x
            g.conv(cin, c, 3, stride)
            g.add('relu')
            body = g.conv(c, c, 3)
            if stride == 2:
                g.last = x
                x = g.conv(cin, c, 1, 2, 0)
            g.add('add', {'x': body, 'y': x})
            x, cin = g.add('relu'), c
    g.add('reduce_mean', attrs={'axes': [2, 3]})
    g.add('reshape', attrs={'shape': [1, 512]})
    g.linear(512, 1000)
    return g.text()


def encoder(s, d, heads, ff):
    """A transformer block: attention, two norms, two products."""
    g = Graph()
    x = g.input(s, d)
    mixed = g.add('mha', {'x': x}, {'n_heads': heads},
                  {'wq': [d, d], 'wk': [d, d], 'wv': [d, d], 'wo': [d, d]})
    g.add('add', {'x': mixed, 'y': x})
    one = g.add('layer_norm', weights={'gamma': [d], 'beta': [d]})
    g.linear(d, ff)
    g.add('gelu')
    two = g.linear(ff, d)
    g.add('add', {'x': two, 'y': one})
    g.add('layer_norm', weights={'gamma': [d], 'beta': [d]})
    return g.text()
