"""Runs every graph of this folder through the program: shapes, chips, and numbers."""
import glob
import json
import math
import os
import struct
import sys

from arrays import count, half, normal, npy, read_npy, single, uniform
from program import call, folder, write

HERE = os.path.dirname(os.path.abspath(__file__))
FAMILIES = {'1': 'h11', '2': 'h13', '3': 'h14', '4': 'h15', '5': 'h16s'}
ROLES = {'w': 'weight', 'W': 'weight', 'b': 'bias', 'Wq': 'wq', 'Wk': 'wk', 'Wv': 'wv', 'Wo': 'wo'}
ATTRIBUTES = {'is_causal': 'causal'}
# The evaluator holds scalar constants in fp16, as the hardware does; these it does not.
EXACT_ATTRIBUTES = {'eps'}
# fp32 sums in any order against double, relative to the norm of the result.
FP32_LIMIT = 1e-5
# Four roundings to fp16 (2^-11 each) that all fall the same way.
ANE_LIMIT = 4 * 2.0 ** -11


def draw(weight):
    """The numbers of a weight, by its distribution."""
    n, seed, scale = count(weight['shape']), weight.get('seed', 0), weight.get('scale', 1.0)
    row = count(weight['shape'][1:])
    dist = weight['dist']
    if dist == 'uniform':
        values = [(u * 2 - 1) * scale for u in uniform(seed, n)]
    elif dist == 'posuniform':
        values = [u * scale + weight.get('offset', 0.5) for u in uniform(seed, n)]
    elif dist == 'lut16':
        values = [(math.floor(16 * u) - 7.5) / 8 * scale for u in uniform(seed, n)]
    elif dist == 'const':
        values = [scale] * n
    else:
        values = [z * scale for z in normal(seed, n)]
    if dist == 'sparse':
        drop = uniform(seed + 1, n)
        values = [0 if u < weight['sparsity'] else v for u, v in zip(drop, values)]
    elif dist == 'outlier':
        values = [v * 50 if i % row == 0 else v for i, v in enumerate(values)]
    elif dist == 'rowscale':
        values = [v * 2.0 ** (i // row % 8) for i, v in enumerate(values)]
    return [single(v) for v in values]


def hold(node, role, values, width, numerics):
    """As the evaluator's fp16 constants have them. @width: features of the node."""
    if node['op'] == 'mha' and role in ('Wq', 'bq') and numerics == 'fp32':
        # There the factor of the scores is a constant of fp16; here, under fp32, it is not rounded.
        # The queries can carry the difference.
        factor = (width // node['attrs']['n_heads']) ** -0.5
        return [single(half(v) * (half(factor) / factor)) for v in values]
    if node['op'] == 'rms_norm' and role == 'gamma':
        # There it is an L2 norm and one constant, gamma times sqrt (D).
        root = math.sqrt(len(values))
        return [half(v * root) / root for v in values]
    return [half(v) for v in values]


def save_weights(where, tensors):
    """A safetensors file of fp32 tensors: {name: (shape, values)}."""
    head, data = {}, b''
    for name, (shape, values) in tensors.items():
        packed = struct.pack('<%df' % len(values), *values)
        head[name] = {'dtype': 'F32', 'shape': shape,
                      'data_offsets': [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(head).encode()
    write(where, 'w.safetensors', struct.pack('<Q', len(text)) + text + data)


def attributes(node, case):
    """The document's names, scalar constants as the hardware holds them."""
    attrs = {ATTRIBUTES.get(name, name):
             half(value) if isinstance(value, float) and name not in EXACT_ATTRIBUTES else value
             for name, value in node.get('attrs', {}).items() if name != 'which'}
    if node['op'] == 'sdpa':
        attrs.setdefault('scale', half(case['shapes'][node['inputs'][0]][-1] ** -0.5))
    return attrs


def convert(case, where, ops, numerics='ane'):
    """Writes the case as a document with weights; returns its path and the words that feed it."""
    nodes, tensors, wires, feeds = [], {}, {}, []
    for number, node in enumerate(case['nodes'], 1):
        name = 'n_' + node['id']
        which = node.get('attrs', {}).get('which', 0)
        wires[node['id']] = '%s:%d' % (name, which) if which else name
        ports, inputs = ops[node['op']]['ports'], [wires[i] for i in node.get('inputs', [])]
        first = next(iter(ports), None)
        wired = ({first: inputs} if first and ports[first]['variadic']
                 else dict(zip(ports, inputs)))
        weights = {}
        for role, weight in node.get('weights', {}).items():
            key = '%s.%s' % (name, role)
            tensors[key] = (weight['shape'], hold(node, role, draw(weight),
                                                  case['shapes'][node['id']][-1], numerics))
            weights[ROLES.get(role, role)] = key
        nodes.append({'id': number, 'op': node['op'], 'name': name, 'in': wired,
                      'attrs': attributes(node, case), 'weights': weights})
        if node['op'] == 'input':
            shape = node['attrs']['shape']
            values = [half(single(z)) for z in normal(7000 + len(feeds) // 2, count(shape))]
            feeds += ['--input', name + '=' + write(where, name + '.npy',
                                                    npy('f2', shape, values))]
    save_weights(where, tensors)
    text = json.dumps({
        'aneforge': 1, 'title': case['name'], 'nodes': nodes,
        'outputs': {'y': wires[case['output']]},
        'weights': {key: {'file': 'w.safetensors', 'tensor': key} for key in tensors},
        'compile': {'target': 'h16s', 'compress': 'fp16'}})
    return write(where, 'g.anf', text), feeds


def close(expected, path, limit):
    """The output at @path is what was expected, relative to its norm."""
    shape, values = read_npy(path)[1:]
    assert shape == expected['shape'], (shape, expected['shape'])
    first = expected['first']
    size = math.sqrt(math.fsum(v * v for v in first)) or 1.0
    off = math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(values, first))) / size
    assert off <= limit, ('first values', off, limit)
    norm = math.sqrt(math.fsum(v * v for v in values))
    assert abs(norm - expected['l2']) <= limit * (expected['l2'] or 1.0), (norm, expected['l2'])


def examine(case, ops):
    """Asserts everything the case says."""
    where = folder()
    path = convert(case, where, ops, 'ane')[0]
    answer = call('check', path, '--target', 'all', '--json')
    if case.get('refused'):
        assert answer.code == 1, answer
        return
    assert answer.code == 0, answer
    found = answer.json
    for node, shape in case['shapes'].items():
        assert found['nodes']['n_' + node]['shape'] == shape, (node, found['nodes']['n_' + node])
    for family, expected in case['families'].items():
        verdict = found['targets'][FAMILIES[family]]
        assert {'ok': verdict['ok'], 'reject': bool(verdict['reject']),
                'oversize': bool(verdict['oversize'])} == expected, (family, verdict, expected)
    for key, numerics, limit in (('f64', 'fp32', FP32_LIMIT), ('f16', 'ane', ANE_LIMIT)):
        if key not in case or (numerics == 'ane' and not case['families']['5']['ok']):
            continue
        path, feeds = convert(case, where, ops, numerics)
        answer = call('run', path, *feeds, '--numerics', numerics, '--out', where + '/' + key)
        assert answer.code == 0, answer
        close(case[key], '%s/%s/y.npy' % (where, key), limit)


def main():
    ops = {op['op']: op for op in call('ops', '--json').json['ops']}
    paths = sorted(glob.glob(os.path.join(HERE, '*.json')))
    failed = 0
    print('1..%d' % len(paths))
    for number, path in enumerate(paths, 1):
        with open(path) as file:
            case = json.load(file)
        missing = sorted({node['op'] for node in case['nodes']} - ops.keys())
        if missing:
            print('ok %d - %s # SKIP no operator %s yet' % (number, case['name'],
                                                            ', '.join(missing)), flush=True)
            continue
        try:
            examine(case, ops)
            print('ok %d - %s' % (number, case['name']), flush=True)
        except Exception as problem:
            failed += 1
            print('not ok %d - %s' % (number, case['name']))
            for line in ('%s: %s' % (type(problem).__name__, problem)).splitlines():
                print('# ' + line, flush=True)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
