"""What is exported: the examples, the graphs with known answers, and some made for the occasion."""
import importlib.util
import json
import os

from program import DIGITS, ENCODER, call, document, expect, folder, read, write

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cases')
ENCODINGS = ['fp16', 'int8', 'int4', 'sparse', 'blockwise', 'auto']
# Graphs that are no graph, or that no package can hold.
refused = {
    'rank6_error': 'the graph cannot be built',
    'too_big_all': 'no chip takes the graph',
    'bridge_pointcloud': 'Core ML has nothing that picks farthest points',
}
__all__ = ['DIGITS', 'ENCODER', 'ENCODINGS', 'refused', 'cases', 'export', 'sparse', 'bridges',
           'loose', 'ported']


def export(path, where, *words):
    out = os.path.join(where, 'net.mlpackage')
    expect(0, 'export', path, '--format', 'mlpackage', '-o', out, *words)
    return out


def loose(path):
    """The same document without gates, and any error of a weight allowed."""
    root = json.loads(read(path))
    root.pop('gates', None)
    root['compile'] = {**root.get('compile', {}), 'atol': 0.3}
    for weight in root['weights'].values():
        if 'file' in weight:
            weight['file'] = os.path.join(os.path.dirname(os.path.abspath(path)), weight['file'])
    return write(folder(), 'net.anf', json.dumps(root))


def cases(none=refused):
    """(name, document) of every graph in ../cases; those in @none have no document."""
    spec = importlib.util.spec_from_file_location('cases', os.path.join(CASES, 'test-cases.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    ops = {op['op']: op for op in call('ops', '--json').json['ops']}
    for file in sorted(os.listdir(CASES)):
        if not file.endswith('.json'):
            continue
        case = json.loads(read(os.path.join(CASES, file)))
        known = case['name'] not in none
        yield case['name'], module.convert(case, folder(), ops)[0] if known else None


def sparse(new=False):
    """A product with a weight of which three quarters are zeros, and if @new attention, which makes
    it a program of version 9."""
    values = [0 if i % 4 else (i % 61 - 30) / 16 for i in range(24 * 40)]
    attention = [('input', 'q', {}, {'shape': [1, 2, 4, 16]}),
                 ('sdpa', 'attention', {'q': 'q', 'k': 'q', 'v': 'q'})]
    return document(folder(), [
        ('input', 'x', {}, {'shape': [3, 40]}),
        ('linear', 'fc', {'x': 'x'}, {}, {'weight': 'w', 'bias': 'b'}),
    ] + (attention if new else []), {'y': 'fc', **({'a': 'attention'} if new else {})}, {
        'w': {'shape': [24, 40], 'values': values},
        'b': {'shape': [24], 'values': [i / 8 for i in range(24)]}}, compile={'atol': 0.3, 'opt': '0'})


def bridges():
    """Every bridge that has a form in Core ML, even and odd, none routed around."""
    def shaped(name, *shape):
        return ('input', name, {}, {'shape': list(shape)})
    nodes = [
        shaped('rows', 5, 17), shaped('a', 3), shaped('b', 1, 3), shaped('four', 4),
        shaped('cube', 2, 3, 5), shaped('six', 1, 6, 4, 6), shaped('five', 1, 5, 4, 6),
        shaped('eight', 1, 8, 3, 2), shaped('batch', 12, 2, 3, 2), shaped('images', 2, 2, 4, 6),
        shaped('map', 6, 9), shaped('small', 3, 4), shaped('short', 20), shaped('long', 25),
        shaped('points', 20, 3), shaped('centres', 7, 3),
        shaped('q', 1, 2, 7, 16), shaped('k', 1, 2, 9, 16), shaped('v', 1, 2, 9, 16),
        shaped('mask', 1, 1, 7, 9),
        ('argmax', 'am1', {'x': 'rows'}, {'axis': 1}),
        ('argmax', 'am0', {'x': 'rows'}, {'axis': 0}),
        ('topk', 'largest', {'x': 'rows'}, {'k': 5}),
        ('topk', 'smallest', {'x': 'rows'}, {'k': 2, 'largest': False}),
        ('sort', 'falling', {'x': 'rows'}, {'descending': True}),
        ('sort', 'places', {'x': 'rows'}, {'return_indices': True}),
        ('cross_product', 'cross', {'a': 'a', 'b': 'b'}),
        ('dynamic_slice', 'two', {'x': 'four'}, {'start': 1, 'size': 2}),
        ('input_view', 'view', {'x': 'rows'}, {'offset': 4, 'size': 9}),
        ('flatten', 'flat', {'x': 'cube'}),
        ('minmax_norm', 'wide', {'x': 'six'}, {'dimension': 'Width'}),
        ('minmax_norm', 'high', {'x': 'six'}, {'dimension': 'Height'}),
        ('lrn', 'lrn6', {'x': 'six'}, {'alpha': 0.25}), ('lrn', 'lrn5', {'x': 'five'}),
        ('local_response_norm', 'lrn4', {'x': 'six'}, {'alpha': 1, 'size': 4}),
        ('channel_to_space', 'c2s', {'x': 'eight'}, {'r': 2}),
        ('space_to_channel', 's2c', {'x': 'six'}, {'r': 2}),
        ('batch_to_space', 'b2s', {'x': 'batch'}, {'bh': 2, 'bw': 3}),
        ('space_to_batch', 's2b', {'x': 'images'}, {'bh': 2, 'bw': 3}),
        ('cross_correlation', 'fit', {'x': 'map', 'template': 'small'}),
        ('cost_volume', 'cost', {'aux': 'short', 'ref': 'long'}, {'disparity_range': 5}),
        ('radius_search', 'near', {'points': 'points', 'centroids': 'centres'}, {'radius': 1.5}),
        ('sdpa', 'own', {'q': 'q', 'k': 'k', 'v': 'v', 'mask': 'mask'}),
        ('sdpa', 'scaled', {'q': 'q', 'k': 'k', 'v': 'v'}, {'scale': 0.125}),
        ('sdpa', 'causal', {'q': 'k', 'k': 'k', 'v': 'v'}, {'causal': True}),
    ]
    for op in ('Add', 'Mult', 'Min', 'Max'):
        nodes.append(('scaled_elementwise', 'pair' + op, {'x': 'cube', 'z': 'cube'},
                      {'op': op, 'scale': 1 if op == 'Mult' else 0.5}))
    made = [node[1] for node in nodes if node[0] != 'input']
    return document(folder(), nodes, {'out_' + name: name for name in made}, compile={'opt': '0'})


def ported():
    """Ports of every kind, and outputs that are no result of a row that is fused."""
    return document(folder(), [
        ('image_input', 'image', {}, {'shape': [1, 3, 4, 5], 'scale': [0.5, 0.25, 0.125],
                                      'bias': [-1, 0, 1]}),
        ('input', 'bytes', {}, {'shape': [2, 6], 'dtype': 'uint8'}),
        ('cast', 'numbers', {'x': 'bytes'}),
        ('input', 'x', {}, {'shape': [2, 6]}),
        ('input', 'ids', {}, {'shape': [6], 'dtype': 'int32'}),
        ('gather', 'picked', {'x': 'x', 'indices': 'ids'}, {'axis': 1}),
        ('greater', 'truth', {'x': 'x', 'y': 'numbers'}),
        ('relu', 'r', {'x': 'image'}),
        ('const', 'c', {}, {}, {'value': 'v'}),
    ], {'r': 'r', 'again': 'r', 'through': 'x', 'truth': 'truth', 'fixed': 'c',
        'picked': 'picked', 'bytes_out': 'bytes', 'ids_out': 'ids'},
        {'v': {'shape': [3], 'values': [1, 2, 4]}})
