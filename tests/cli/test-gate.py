"""aneforge gate, compress, compile, export and render."""
import json
import math
import os
import sys
import xml.etree.ElementTree as xml

import tap
from arrays import normal, npy, npz, read_npy
from program import DIGITS, ENCODER, document, expect, folder, line, read, write

GATE_KEYS = {'output', 'metric', 'limit', 'value', 'ok'}


def small(where, gates, **more):
    """A linear layer whose int8 weights cannot be exact."""
    return document(where, [('input', 'x', {}, {'shape': [2, 16]}),
                            ('linear', 'l', {'x': 'x'}, {}, {'weight': 'w'})], {'y': 'l'},
                    {'w': {'shape': [8, 16], 'init': 'normal', 'scale': 1, 'seed': 5}},
                    compile={'compress': 'int8', 'target': 'h16s'}, gates=gates, **more)


def gate(metric, limit, **more):
    return {'output': 'y', 'metric': metric, 'limit': limit, **more}


def measured(where):
    """What the metrics are by their definitions, from the outputs of two runs."""
    path = small(where, [])
    x = write(where, 'x.npy', npy('f4', [6, 16], normal(77, 96)))
    for name, words in (('ane', []), ('fp32', ['--numerics', 'fp32', '--compress', 'fp16'])):
        expect(0, 'run', path, '--input', 'x=' + x, '--out', where + '/' + name, *words)
    y, ref = (read_npy('%s/%s/y.npy' % (where, name))[2] for name in ('ane', 'fp32'))
    error2 = math.fsum((a - b) ** 2 for a, b in zip(y, ref))
    y2, ref2 = math.fsum(a * a for a in y), math.fsum(b * b for b in ref)
    rows = [(y[i:i + 8], ref[i:i + 8]) for i in range(0, 48, 8)]
    return {
        'rel_l2': math.sqrt(error2 / ref2),
        'max_abs': max(abs(a - b) for a, b in zip(y, ref)),
        'cosine': math.fsum(a * b for a, b in zip(y, ref)) / math.sqrt(y2 * ref2),
        'psnr': 10 * math.log10(max(abs(b) for b in ref) ** 2 * 48 / error2),
        'top1': sum(a.index(max(a)) == b.index(max(b)) for a, b in rows) / 6,
    }


def test_metrics_by_their_definitions():
    """Each metric is what its definition gives for the outputs that run writes."""
    where = folder()
    expected = measured(where)
    assert expected['rel_l2'] > 1e-4, expected     # int8 has to show
    npz(where + '/c.npz', {'x': npy('f4', [6, 16], normal(77, 96)),
                           'label': npy('u1', [6], [0] * 6)})
    path = small(where, [gate(metric, 0, inputs='c.npz') for metric in expected])
    gates = expect(1, 'gate', path, '--json').json['gates']
    for result in gates:
        assert math.isclose(result['value'], expected[result['metric']], rel_tol=1e-9), \
            (result, expected)
        assert result['samples'] == 3 and result['random_inputs'] is False, result
    holds = {'cosine', 'psnr', 'top1'}             # at 0 and above
    assert {result['metric'] for result in gates if result['ok']} == holds, gates


def test_a_node_chooses_itself():
    """A node's own encoding wins over --compress, and the reference has none of it."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [2, 16]}),
                            ('linear', 'l', {'x': 'x'}, {}, {'weight': 'w'})], {'y': 'l'},
                    {'w': {'shape': [8, 16], 'init': 'normal', 'scale': 1, 'seed': 5}},
                    gates=[gate('rel_l2', 1)])
    values = {}
    for own in ('int8', None):
        root = json.loads(read(path))
        root['nodes'][1]['compress'] = {'weight': own} if own else {}
        with open(path, 'w') as file:
            json.dump(root, file)
        answer = expect(0, 'compile', path, '--compress', 'fp16', '-o', where + '/o', '--json')
        assert [w['chosen'] for w in answer.json['weights']] == [own or 'fp16'], answer
        values[own] = expect(0, 'gate', path, '--compress', 'fp16', '--json').json['gates'][0]
    assert values['int8']['value'] > 5 * values[None]['value'] > 0, values


def test_digits_hold():
    """The example's gates hold on its digits, and say how many they were measured on."""
    answer = expect(0, 'gate', DIGITS, '--json').json
    assert answer['ok'] is True and len(answer['gates']) == 2, answer
    for result in answer['gates']:
        assert GATE_KEYS <= result.keys() and result['samples'] == 1000, result
    by_metric = {result['metric']: result['value'] for result in answer['gates']}
    assert by_metric['rel_l2'] <= 0.02 and by_metric['top1'] >= 0.997, by_metric
    assert 'All gates hold' in expect(0, 'gate', DIGITS).out


def test_failing_gate():
    """A gate that fails exits 1; compile records it, warns and exits 0."""
    where = folder()
    path = small(where, [gate('rel_l2', 1e-9), gate('cosine', 0.9)])
    answer = expect(1, 'gate', path, '--json', '--junit', where + '/j.xml').json
    assert answer['ok'] is False and [g['ok'] for g in answer['gates']] == [False, True], answer
    assert all(g['random_inputs'] for g in answer['gates']), answer
    suite = xml.parse(where + '/j.xml').getroot()
    assert suite.tag == 'testsuite' and suite.get('tests') == '2', suite.attrib
    assert suite.get('failures') == '1' and len(suite.findall('testcase/failure')) == 1
    assert 'seed 0' in expect(1, 'gate', path).out
    answer = expect(0, 'compile', path, '-o', where + '/out', '--json')
    assert 'rel_l2' in answer.err, answer
    recorded = json.loads(read(where + '/out/manifest.json'))['gates']
    assert [g['ok'] for g in recorded] == [False, True], recorded


def test_limits_are_inclusive():
    """A value equal to the limit passes; fp16 weights of small whole numbers are exact."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [1, 4]}), ('relu', 'r', {'x': 'x'})],
                    {'y': 'r'}, gates=[gate('max_abs', 0, inputs='c.npz'),
                                       gate('cosine', 1, inputs='c.npz'),
                                       gate('top1', 1, inputs='c.npz'),
                                       gate('psnr', 300, inputs='c.npz')])
    npz(where + '/c.npz', {'x': npy('f4', [1, 4], [1, 2, -3, 4])})
    assert expect(0, 'gate', path, '--json').json['ok'] is True


def test_gates_that_cannot_be_measured():
    """An unknown metric or output, a missing or unfit calibration file: exit 2 and one line."""
    where = folder()
    npz(where + '/other.npz', {'z': npy('f4', [2, 16], [0] * 32)})
    npz(where + '/shape.npz', {'x': npy('f4', [2, 15], [0] * 30)})
    for bad in (gate('l7', 1), gate('rel_l2', 1, output='none'),
                gate('rel_l2', 1, inputs='none.npz'), gate('rel_l2', 1, inputs='other.npz'),
                gate('rel_l2', 1, inputs='shape.npz')):
        path = small(where, [{**gate('rel_l2', 1), **bad}])
        expect(2, 'gate', path)
        expect(2, 'gate', path, '--json')


def test_no_gates():
    """A document without gates passes them."""
    where = folder()
    assert expect(0, 'gate', small(where, []), '--json').json == {'ok': True, 'gates': []}


def test_compress_weights():
    """compress lists every encoding of every weight with bytes, error and verdict."""
    weights = expect(0, 'compress', DIGITS, '--json').json['weights']
    assert {(w['node'], w['role']) for w in weights} == {
        ('c1', 'weight'), ('c2', 'weight'), ('fc1', 'weight'), ('fc2', 'weight')}, weights
    for weight in weights:
        assert set(weight['encodings']) == {'fp16', 'int8', 'int4', 'sparse', 'blockwise'}, weight
        for name, facts in weight['encodings'].items():
            assert {'bytes', 'error', 'streams', 'ok', 'why'} <= facts.keys(), facts
    fc1, = [w for w in weights if w['node'] == 'fc1']
    assert fc1['shape'] == [64, 1568] and fc1['chosen'] == 'int8', fc1
    fp16, int8, int4 = (fc1['encodings'][name] for name in ('fp16', 'int8', 'int4'))
    assert fp16['bytes'] == 2 * 64 * 1568, fp16
    assert 64 * 1568 <= int8['bytes'] < 1.02 * 64 * 1568 and int8['ok'] is True, int8
    assert 64 * 1568 // 2 <= int4['bytes'] < 1.02 * 64 * 1568 // 2, int4
    assert 0 < int8['error'] < int4['error'] < 1, (int8, int4)
    expect(2, 'compress', DIGITS, '--mode', 'int3')


def test_compiled_bundle():
    """compile writes a bundle, replaces one, and leaves any other folder alone."""
    where = folder()
    out = where + '/mnist.anebundle'
    answer = expect(0, 'compile', DIGITS, '-o', out, '--json').json
    assert answer['bundle'] == out, answer
    for segment in answer['segments']:
        assert {'name', 'kind', 'ops', 'reason'} <= segment.keys(), segment
    assert any(segment['kind'] == 'bridge' and segment['ops'] == ['am']
               for segment in answer['segments']), answer
    for weight in answer['weights']:
        assert list(weight['encodings']) == [weight['chosen']], weight
    manifest = json.loads(read(out + '/manifest.json'))
    assert manifest['format'] == 1 and manifest['target'] == 'h16s', manifest
    assert [s['name'] for s in manifest['segments']] == [s['name'] for s in answer['segments']]
    expect(0, 'compile', DIGITS, '-o', out, '--target', 'h14')
    assert json.loads(read(out + '/manifest.json'))['target'] == 'h14'
    write(where, 'mine.txt', 'x')
    expect(2, 'compile', DIGITS, '-o', where)
    assert read(where + '/mine.txt') == b'x'
    assert sorted(os.listdir(where)) == ['mine.txt', 'mnist.anebundle'], os.listdir(where)


def test_bundle_runs_bit_for_bit():
    """run BUNDLE gives what run FILE with the same options gives; other options come too late."""
    where = folder()
    for name in (DIGITS, ENCODER):
        for options in (('--compress', 'int8'), ('--compress', 'auto', '--target', 'h14')):
            bundle = where + '/b'
            expect(0, 'compile', name, '-o', bundle, *options)
            expect(0, 'run', bundle, '--random', '3', '--out', where + '/from-bundle')
            expect(0, 'run', name, '--random', '3', '--out', where + '/from-file', *options)
            arrays = sorted(os.listdir(where + '/from-file'))
            assert arrays and arrays == sorted(os.listdir(where + '/from-bundle')), arrays
            for array in arrays:
                assert read(where + '/from-file/' + array) == read(where + '/from-bundle/' + array)
    expect(0, 'profile', where + '/b', '--runs', '2', '--warmup', '0')
    for option, value in (('--target', 'h13'), ('--compress', 'int4'), ('--opt', '2')):
        assert option in line(expect(2, 'run', where + '/b', option, value))
    assert 'bundle' in line(expect(2, 'gate', where + '/b'))


def test_pictures():
    """export and render draw the graph as SVG, PNG and PDF, even one with errors."""
    where = folder()
    heads = {'svg': b'<?xml', 'png': b'\x89PNG\r\n\x1a\n', 'pdf': b'%PDF-'}
    for name, head in heads.items():
        expect(0, 'export', DIGITS, '--format', name, '-o', where + '/a.' + name)
        expect(0, 'render', DIGITS, '-o', where + '/b.' + name)
        for stem in 'ab':
            assert read('%s/%s.%s' % (where, stem, name)).startswith(head), name
    xml.parse(where + '/a.svg')
    expect(0, 'render', os.path.join(os.path.dirname(DIGITS), 'shape-error.anf'),
           '-o', where + '/c.svg')
    expect(2, 'render', DIGITS, '-o', where + '/d.gif')
    expect(2, 'render', DIGITS, '-o', where + '/none/d.svg')
    assert not os.path.exists(where + '/d.gif')


def test_mil():
    """export --format mil writes the program's text and its weights beside it."""
    where = folder()
    expect(0, 'export', small(where, []), '--format', 'mil', '-o', where + '/a.mil')
    text = read(where + '/a.mil').decode()
    assert text.startswith('program(1') and 'func main' in text, text[:200]
    assert os.path.exists(where + '/a.bin'), os.listdir(where)


def test_onnx():
    """export --format onnx writes the document, which import reads as the same one."""
    where = folder()
    answer = expect(0, 'export', DIGITS, '--format', 'onnx', '-o', where + '/a.onnx', '--json').json
    assert answer == {'format': 'onnx', 'output': where + '/a.onnx'}, answer
    expect(0, 'import', where + '/a.onnx', '-o', where + '/a.anf')
    said = expect(1, 'diff', DIGITS, where + '/a.anf', '--json').json    # gates have no place there
    assert not said['added'] and not said['removed'], said
    assert {change['field'] for change in said['changed']} <= {'gates'}, said
    expect(0, 'export', '--external-data', '-o', where + '/b.onnx', '--format', 'onnx', DIGITS)
    assert os.path.getsize(where + '/b.onnx') < 20000 < os.path.getsize(where + '/b.onnx.data')
    expect(0, 'import', where + '/b.onnx', '-o', where + '/b.anf')
    expect(0, 'diff', where + '/b.anf', where + '/a.anf')
    said = line(expect(2, 'export', DIGITS, '--format', 'mil', '--external-data', '-o', where + '/x'))
    assert '--external-data' in said, said


def test_onnx_refused():
    """What has no words in ONNX is named with its node, exit 3; an errant document is exit 2."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [2, 3]}),
                            ('onnx:NonZero', 'odd', {'x': 'x'})], {'y': 'odd'})
    answer = expect(3, 'export', path, '--format', 'onnx', '-o', where + '/a.onnx', '--json')
    assert answer.json['node'] == 'odd' and 'onnx:NonZero' in answer.json['error'], answer
    said = line(expect(3, 'export', path, '--format', 'onnx', '-o', where + '/a.onnx'))
    assert 'odd' in said and 'onnx:NonZero' in said, said
    path = document(where, [('relu', 'r', {})], {'y': 'r'})
    line(expect(2, 'export', path, '--format', 'onnx', '-o', where + '/a.onnx'))
    assert not os.path.exists(where + '/a.onnx')


def test_formats():
    """Unknown formats are refused, and nothing is written."""
    where = folder()
    expect(2, 'export', DIGITS, '--format', 'gif', '-o', where + '/x')
    assert os.listdir(where) == []


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
