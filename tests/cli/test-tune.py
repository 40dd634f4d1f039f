"""Settings, encodings and differences: tune, compress --solve, diff."""
import json
import os
import sys

import tap
from program import document, expect, folder, line, write


def net(where, name='g.anf', **more):
    """Two products, of values that are promised to be small."""
    weights = {'a': {'init': 'normal', 'shape': [64, 48], 'seed': 1},
               'b': {'init': 'normal', 'shape': [16, 64], 'seed': 2}}
    return document(where, [
        ('input', 'x', None, {'shape': [4, 48], 'max_abs': 4}),
        ('linear', 'p', {'x': 'x'}, None, {'weight': 'a'}),
        ('muls', 'm', {'x': 'p'}, {'k': 1}),
        ('linear', 'q', {'x': 'm'}, None, {'weight': 'b'})], {'y': 'q'}, weights, name, **more)


def long_sum(where):
    return document(where, [
        ('input', 'x', None, {'shape': [8, 400], 'max_abs': 4}),
        ('reduce_sum', 's', {'x': 'x'}, {'axes': 1})], {'y': 's'})


def test_tune_lists_variants():
    """Every variant has settings, time, error and verdict; the winner's settings are written."""
    where = folder()
    out = os.path.join(where, 'out.anf')
    answer = expect(0, 'tune', net(where), '-o', out, '--json').json
    assert {v['settings']['opt'] for v in answer['variants']} == {'0', 'routes', '1'}, answer
    for v in answer['variants']:
        assert v['us'] > 0 and v['error'] < 0.01 and v['ok'] in (True, False) and v['why'], v
        assert not v['lossy'] and v['settings']['compress'] == 'fp16', v
    with open(out) as file:
        written = json.load(file)
    winner = answer['variants'][answer['winner']]
    assert written['compile']['opt'] == winner['settings']['opt'] and winner['ok'], written
    expect(0, 'run', out)


def test_tune_within_an_error():
    """With --error encodings are tried; none that wins exceeds it, and the document says so."""
    where = folder()
    out = os.path.join(where, 'out.anf')
    answer = expect(0, 'tune', net(where), '--error', '0.02', '-o', out, '--json').json
    tried = {v['settings']['compress'] for v in answer['variants']}
    assert {'int8', 'auto', 'recipe'} <= tried, tried
    assert answer['variants'][answer['winner']]['error'] <= 0.02, answer
    for v in answer['variants']:
        assert not v['ok'] or v['error'] <= 0.02, v


def test_tune_that_cannot_keep_it():
    """An error that nothing keeps gives exit 1 and no document."""
    where = folder()
    out = os.path.join(where, 'out.anf')
    answer = expect(1, 'tune', net(where), '--error', '1e-9', '-o', out, '--json').json
    assert answer['winner'] is None and not os.path.exists(out), answer
    assert all('error' in v['why'] for v in answer['variants'] if not v['ok']), answer


def test_tune_knows_safer_forms():
    """What the check warns of is tried in its safer form."""
    where = folder()
    answer = expect(0, 'tune', long_sum(where), '-o', os.path.join(where, 'o.anf'), '--json').json
    rewrites = [v['settings']['rewrites'] for v in answer['variants']]
    assert ['Write s as a product with ones'] in rewrites, rewrites


def recipe(*words):
    return expect(0, 'compress', *words, '--json').json['recipe']


def test_solve_error():
    """The smallest within an error is no larger than any single encoding that keeps it."""
    where = folder()
    path = net(where, compile={'atol': 0.2})
    weights = expect(0, 'compress', path, '--json').json['weights']
    out = os.path.join(where, 'small.anf')
    got = recipe(path, '--solve', 'error=0.01', '-o', out)
    assert got['error'] <= 0.01 and got['output_error'] <= 0.01 and got['gap'] == 0, got
    for name in ('fp16', 'int8'):
        facts = [w['encodings'][name] for w in weights]
        if all(f['error'] is not None and f['error'] <= 0.009 for f in facts):
            assert got['bytes'] <= sum(f['bytes'] for f in facts), (name, got)
    chosen = {w['node']: w['encoding'] for w in got['weights']}
    with open(out) as file:
        nodes = {n['name']: n for n in json.load(file)['nodes']}
    assert {n: nodes[n]['compress']['weight'] for n in chosen} == chosen, chosen
    bundle = os.path.join(where, 'b')
    made = expect(0, 'compile', out, '-o', bundle, '--json').json['weights']
    assert {w['node']: w['chosen'] for w in made} == chosen, made


def test_solve_bytes():
    """The most accurate within so many bytes keeps them, and is worse for fewer."""
    path = net(folder(), compile={'atol': 0.5})
    plain = recipe(path, '--solve', 'bytes=100000')
    errors = [recipe(path, '--solve', 'bytes=%d' % (plain['bytes'] * share))
              for share in (1, 0.7, 0.55, 0.4)]
    assert all(r['bytes'] <= r['limit'] for r in errors), errors
    assert all(a['error'] <= b['error'] for a, b in zip(errors, errors[1:])), errors


def test_solve_as_a_file():
    """A recipe can be had as JSON."""
    where = folder()
    out = os.path.join(where, 'recipe.json')
    expect(0, 'compress', net(where), '--solve', 'us=1000', '-o', out)
    with open(out) as file:
        assert json.load(file)['recipe']['goal'] == 'us'


def test_solve_goals():
    """A goal that cannot be kept exits 1, one that is none exits 2."""
    path = net(folder())
    assert expect(1, 'compress', path, '--solve', 'bytes=10', '--json').json['exit'] == 1
    for goal in ('error', 'error=', 'error=x', 'size=3', 'bytes=-1', 'us=nan', ''):
        assert 'error=E' in line(expect(2, 'compress', path, '--solve', goal)), goal


def diff(code, *words):
    answer = expect(code, 'diff', *words, '--json').json
    return answer['added'], answer['removed'], answer['changed']


def test_diff_of_the_same():
    """A document does not differ from itself, nor from its copy elsewhere."""
    where = folder()
    path = net(where)
    assert diff(0, path, path) == ([], [], [])
    assert diff(0, path, net(where, 'h.anf', title='Other')) == ([], [], [])


def test_diff_names_what_changed():
    """Nodes, attributes, wires, weights, outputs and settings are told."""
    where = folder()
    with open(net(where)) as file:
        root = json.load(file)
    root['nodes'][2]['attrs']['k'] = 2
    root['nodes'][3]['in']['x'] = 'r'
    root['nodes'].append({'id': 9, 'op': 'relu', 'name': 'r', 'in': {'x': 'm'}})
    root['weights']['a']['seed'] = 5
    root['outputs'] = {'y': 'r', 'z': 'q'}
    root['compile'] = {'opt': '1'}
    other = write(where, 'other.anf', json.dumps(root))
    added, removed, changed = diff(1, net(where), other)
    assert added == ['r'] and removed == [], (added, removed)
    assert diff(1, other, net(where))[1] == ['r']
    fields = {(c['node'], c['field']): (c['a'], c['b']) for c in changed}
    assert fields[('m', 'k')] == (1, 2), fields
    assert fields[('q', 'x')] == ('m', 'r'), fields
    assert fields[(None, 'outputs.y')] == ('q', 'r'), fields
    assert fields[(None, 'outputs.z')] == (None, 'q'), fields
    assert fields[(None, 'compile.opt')][1] == '1', fields
    assert ('p', 'weight') in fields and len(fields) == 6, fields


def test_diff_with_a_tolerance():
    """Numbers that are near enough do not count."""
    where = folder()
    with open(net(where)) as file:
        root = json.load(file)
    root['nodes'][2]['attrs']['k'] = 1 + 1e-6
    other = write(where, 'other.anf', json.dumps(root))
    diff(1, net(where), other)
    diff(0, net(where), other, '--tol', '1e-5')


def test_diff_of_bundles():
    """A bundle differs from its document by what fp16 rounds off."""
    where = folder()
    path, bundle = net(where), os.path.join(where, 'b')
    expect(0, 'compile', path, '-o', bundle)
    fields = {c['field'] for c in diff(1, path, bundle)[2]}
    assert fields == {'weight'}, fields
    diff(0, path, bundle, '--tol', '1e-3')
    diff(0, bundle, bundle)


def test_bundle_of_a_measured_level():
    """A bundle keeps what level 2 chose: it gives the same bits, whatever level is named again."""
    where = folder()
    path, bundle = net(where), os.path.join(where, 'b')
    cache = dict(os.environ, ANEFORGE_CACHE_DIR=where)
    expect(0, 'compile', path, '--opt', '2', '-o', bundle, env=cache)
    for number, words in enumerate(([path, '--opt', '2'], [bundle], [bundle, '--opt', '2'])):
        expect(0, 'run', *words, '--out', os.path.join(where, str(number)), env=cache)
    results = []
    for number in range(3):
        with open(os.path.join(where, str(number), 'y.npy'), 'rb') as file:
            results.append(file.read())
    assert results[0] == results[1] == results[2]
    line(expect(2, 'run', bundle, '--opt', '0'))


def test_diff_needs_two():
    """One file or three are wrong."""
    path = net(folder())
    line(expect(2, 'diff', path))
    line(expect(2, 'diff', path, path, path))
    line(expect(2, 'diff', path, path + '.not'))


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
