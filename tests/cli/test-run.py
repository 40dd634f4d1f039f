"""aneforge run, profile: inputs, outputs, numbers, and the example on its digits."""
import json
import os
import sys
import zipfile

import tap
from arrays import half, normal, npy, parse_npy, read_npy, single, uniform
from program import DIGITS, EXAMPLES, document, expect, folder, line, read, write


def double_it(where, shape, **more):
    """y = x + x: exact, so what went in can be read off what comes out."""
    return document(where, [('input', 'x', {}, {'shape': shape}),
                            ('add', 'y', {'x': 'x', 'y': 'x'})], {'twice': 'y'}, **more)


def two_inputs(where):
    return document(where, [('input', 'a', {}, {'shape': [1, 4]}),
                            ('input', 'b', {}, {'shape': [1, 4]}),
                            ('sub', 'd', {'x': 'a', 'y': 'b'})], {'d': 'd'})


def feed(where, name, dtype, shape, values):
    return 'x=' + write(where, name, npy(dtype, shape, values))


def output(where, name='twice'):
    return read_npy(os.path.join(where, 'out', name + '.npy'))


def test_linear_layer_by_hand():
    """A linear layer and its activation give the numbers one gets by hand."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [1, 3]}),
                            ('linear', 'l', {'x': 'x'}, {}, {'weight': 'w', 'bias': 'b'}),
                            ('relu', 'r', {'x': 'l'})], {'y': 'r', 'raw': 'l'},
                    {'w': {'shape': [2, 3], 'values': [1, 2, 3, -1, 0.5, -2]},
                     'b': {'shape': [2], 'values': [0.25, 10]}})
    answer = expect(0, 'run', path, '--input', feed(where, 'x.npy', 'f4', [1, 3], [2, 4, 8]),
                    '--out', where + '/out', '--json')
    assert output(where, 'raw') == ('f4', [1, 2], [34.25, -6]), output(where, 'raw')
    assert output(where, 'y') == ('f4', [1, 2], [34.25, 0]), output(where, 'y')
    assert list(answer.json['outputs']) == ['y', 'raw'], answer
    assert answer.json['outputs']['raw'] == {'shape': [1, 2], 'min': -6, 'max': 34.25,
                                             'nonfinite': 0}, answer
    assert answer.json['us'] > 0, answer


def test_random_inputs():
    """Random inputs are the generator's, rounded to fp16, the same for a seed; 0 if unsaid."""
    where = folder()
    path = double_it(where, [2, 5])
    for words, seed in ((['--random', '7'], 7), ([], 0), (['--random', '7'], 7)):
        expect(0, 'run', path, '--out', where + '/out', *words)
        assert output(where)[2] == [2 * half(single(x)) for x in normal(seed, 10)], seed
    expect(0, 'run', path, '--out', where + '/out', '--numerics', 'fp32')
    assert output(where)[2] == [2 * single(x) for x in normal(0, 10)]
    second = folder()
    # M1 rounds ties to even, as Python does; M4 rounds them up.
    expect(0, 'run', two_inputs(second), '--random', '40', '--out', second + '/out',
           '--target', 'h13')
    a, b = normal(40, 4), normal(41, 4)
    assert output(second, 'd')[2] == [half(half(single(x)) - half(single(y)))
                                      for x, y in zip(a, b)]


def test_several_samples():
    """An array k times as long is run k times, the outputs joined; a single sample is repeated."""
    where = folder()
    path = double_it(where, [2, 3])
    answer = expect(0, 'run', path, '--input', feed(where, 'x.npy', 'f4', [6, 3], range(18)),
                    '--out', where + '/out', '--json')
    assert output(where) == ('f4', [6, 3], [2.0 * x for x in range(18)])
    assert answer.json['samples'] == 3, answer
    path = two_inputs(where)
    a = write(where, 'a.npy', npy('f4', [3, 4], range(12)))
    b = write(where, 'b.npy', npy('f4', [1, 4], [1, 1, 2, 2]))
    expect(0, 'run', path, '--input', 'a=' + a, '--input', 'b=' + b, '--out', where + '/out')
    assert output(where, 'd') == ('f4', [3, 4], [-1, 0, 0, 1, 3, 4, 4, 5, 7, 8, 8, 9])


def test_numbers_of_samples_that_differ():
    """Inputs of 2 and of 3 samples do not go together; the line names both."""
    where = folder()
    a = write(where, 'a.npy', npy('f4', [2, 4], range(8)))
    b = write(where, 'b.npy', npy('f4', [3, 4], range(12)))
    said = line(expect(2, 'run', two_inputs(where), '--input', 'a=' + a, '--input', 'b=' + b))
    assert '"a"' in said and '"b"' in said, said


def test_wrong_shapes():
    """An array of a wrong shape or rank is refused, and the line names both shapes."""
    where = folder()
    path = double_it(where, [2, 3])
    for shape in ([2, 4], [3, 3], [2, 3, 1], [6], [1, 3], [0, 3], []):
        n = 1
        for extent in shape:
            n *= extent
        said = line(expect(2, 'run', path, '--input', feed(where, 'x.npy', 'f4', shape, [1] * n)))
        text = '×'.join(map(str, shape)) if shape else 'scalar'
        assert '2×3' in said and text in said and '"x"' in said, said


def test_input_names():
    """An unknown input is refused naming the ports; so is a file with no name, and a double one."""
    where = folder()
    path = two_inputs(where)
    x = write(where, 'x.npy', npy('f4', [1, 4], range(4)))
    said = line(expect(2, 'run', path, '--input', 'image=' + x))
    assert '"image"' in said and 'a, b' in said, said
    for word in (x, '=' + x, 'a=', 'a=' + where + '/none.npy'):
        expect(2, 'run', path, '--input', word)
    said = line(expect(2, 'run', path, '--input', 'a=' + x))
    assert '"b"' in said, said
    expect(2, 'run', path, '--input', 'a=' + x, '--input', 'a=' + x, '--input', 'b=' + x)


def test_random_fills_the_rest():
    """With --random the inputs that are not given are drawn, by their own number."""
    where = folder()
    x = write(where, 'x.npy', npy('f4', [1, 4], [0] * 4))
    expect(0, 'run', two_inputs(where), '--input', 'a=' + x, '--random', '3',
           '--out', where + '/out')
    assert output(where, 'd')[2] == [-half(single(x)) for x in normal(4, 4)]


def test_dtypes():
    """fp16, fp32 and fp64 are taken, integers are not; fp64 is rounded once, not twice."""
    where = folder()
    path = double_it(where, [1, 1])
    edge = 1 + 2.0 ** -11 + 2.0 ** -40     # by way of fp32 it would become a tie, and 1
    expect(0, 'run', path, '--input', feed(where, 'x.npy', 'f8', [1, 1], [edge]),
           '--out', where + '/out')
    assert output(where)[2] == [2 * (1 + 2.0 ** -10)], output(where)
    expect(0, 'run', path, '--input', feed(where, 'x.npy', 'f8', [1, 1], [edge]),
           '--out', where + '/out', '--numerics', 'fp32')
    assert output(where)[2] == [2 * (1 + 2.0 ** -11)], output(where)
    expect(0, 'run', path, '--input', feed(where, 'x.npy', 'f2', [1, 1], [0.1]),
           '--out', where + '/out')
    assert output(where)[2] == [2 * half(0.1)], output(where)
    for dtype in ('u1', 'i4', 'i8'):
        expect(2, 'run', path, '--input', feed(where, 'x.npy', dtype, [1, 1], [1]))


def test_uint8_port():
    """A uint8 port takes uint8 only."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [1, 4], 'dtype': 'uint8'}),
                            ('cast', 'c', {'x': 'x'}, {'dtype': 'fp16'})], {'twice': 'c'})
    expect(0, 'run', path, '--input', feed(where, 'x.npy', 'u1', [1, 4], [0, 1, 200, 255]),
           '--out', where + '/out')
    assert output(where)[2] == [0, 1, 200, 255], output(where)
    said = line(expect(2, 'run', path, '--input', feed(where, 'x.npy', 'f4', [1, 4], [1] * 4)))
    assert 'uint8' in said and 'fp32' in said, said
    expect(0, 'run', path, '--random', '9', '--out', where + '/out')
    assert output(where)[2] == [int(u * 256) for u in uniform(9, 4)], output(where)


def test_int32_port():
    """An int32 port takes int32 and int64, nothing else, and no number that is no int32."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [1, 3], 'dtype': 'int32'}),
                            ('cast', 'c', {'x': 'x'}, {'dtype': 'fp16'})], {'twice': 'c'})
    for dtype in ('i4', 'i8'):
        expect(0, 'run', path, '--input', feed(where, 'x.npy', dtype, [1, 3], [-7, 0, 2048]),
               '--out', where + '/out')
        assert output(where)[2] == [-7, 0, 2048], output(where)
    for dtype, values in (('f4', [1, 2, 3]), ('u1', [1, 2, 3]), ('i8', [1, 2, 2 ** 31])):
        expect(2, 'run', path, '--input', feed(where, 'x.npy', dtype, [1, 3], values))


def test_random_indices():
    """Random token ids are rows of the table that they index."""
    where = folder()
    path = document(where, [('const', 't', {}, {}, {'value': 'w'}),
                            ('input', 'x', {}, {'shape': [64], 'dtype': 'int32'}),
                            ('gather', 'g', {'x': 't', 'indices': 'x'}, {'axis': 0})],
                    {'twice': 'g'}, {'w': {'shape': [5, 1], 'values': [1, 2, 3, 4, 5]}})
    expect(0, 'run', path, '--random', '11', '--out', where + '/out')
    assert output(where)[2] == [1 + int(u * 5) for u in uniform(11, 64)], output(where)


def test_image_port():
    """An image is fed as bytes and scaled on the way in."""
    where = folder()
    path = document(where, [('image_input', 'x', {}, {'shape': [1, 1, 2, 2], 'scale': 0.5,
                                                      'bias': -1}),
                            ('relu', 'r', {'x': 'x'})], {'twice': 'x', 'r': 'r'})
    expect(0, 'run', path, '--out', where + '/out', '--input',
           feed(where, 'x.npy', 'u1', [1, 1, 2, 2], [0, 1, 2, 255]))
    assert output(where)[2] == [-1, -0.5, 0, 126.5], output(where)
    expect(2, 'run', path, '--input', feed(where, 'x.npy', 'f4', [1, 1, 2, 2], [0, 1, 2, 255]))


def test_dumped_nodes():
    """Every node's value can be written, and writing them changes no output."""
    where = folder()
    expect(0, 'run', DIGITS, '--out', where + '/a')
    expect(0, 'run', DIGITS, '--out', where + '/b', '--dump-nodes')
    for name in ('logits', 'digit'):
        assert read('%s/a/%s.npy' % (where, name)) == read('%s/b/%s.npy' % (where, name)), name
    nodes = [node['name'] for node in json.loads(read(DIGITS))['nodes']]
    assert sorted(os.listdir(where + '/b/nodes')) == sorted(name + '.npy' for name in nodes)
    assert read_npy(where + '/b/nodes/fc2.npy') == read_npy(where + '/b/logits.npy')
    assert read_npy(where + '/b/nodes/p1.npy')[:2] == ('f4', [1, 16, 14, 14]), 'p1'
    expect(2, 'run', DIGITS, '--dump-nodes')


def test_nodes_of_several_outputs():
    """A node of several outputs is checked, wired and dumped output by output."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [2, 4]}),
                            ('split', 's', {'x': 'x'}, {'num_splits': 2, 'axis': 1}),
                            ('relu', 'r', {'x': 's:1'})], {'twice': 's', 'right': 'r'})
    nodes = expect(0, 'check', path, '--json').json['nodes']
    assert nodes['s'] == {'shape': [2, 2], 'dtype': 'fp16',
                          'outputs': [{'shape': [2, 2], 'dtype': 'fp16'}] * 2}, nodes
    expect(0, 'run', path, '--input', feed(where, 'x.npy', 'f4', [2, 4], range(8)),
           '--out', where + '/out', '--dump-nodes')
    assert output(where)[2] == [0, 1, 4, 5] and output(where, 'right')[2] == [2, 3, 6, 7]
    assert read_npy(where + '/out/nodes/s.npy')[2] == [0, 1, 4, 5]
    assert read_npy(where + '/out/nodes/s.1.npy')[2] == [2, 3, 6, 7]


def test_names_stay_in_their_folder():
    """No name in a document leads out of the folder that is written to."""
    where = folder()
    for node, public in (('y', '../evil'), ('y', '/tmp/evil'), ('../evil', 'y'), ('y', '')):
        path = document(where, [('input', 'x', {}, {'shape': [1, 4]}),
                                ('relu', node, {'x': 'x'})], {public: node})
        expect(2, 'run', path, '--out', where + '/out', '--dump-nodes')
        assert os.listdir(where) == ['g.anf'], os.listdir(where)


def test_edge_values():
    """Under ane a NaN is an infinity and is counted; the fp32 profile does as IEEE says."""
    where = folder()
    path = double_it(where, [1, 3])
    x = feed(where, 'x.npy', 'f4', [1, 3], [float('nan'), 40000, -1])
    answer = expect(0, 'run', path, '--input', x, '--out', where + '/out', '--json').json
    assert output(where)[2] == [float('inf'), float('inf'), -2], output(where)
    assert answer['outputs']['twice'] == {'shape': [1, 3], 'min': -2, 'max': -2, 'nonfinite': 2}
    expect(0, 'run', path, '--input', x, '--out', where + '/out', '--numerics', 'fp32')
    nan, big, small = output(where)[2]
    assert nan != nan and big == 80000 and small == -2, output(where)


def test_threads_change_nothing():
    """Any number of threads gives the same bits; a negative one is refused."""
    where = folder()
    for n in ('1', '2', '3', '0'):
        expect(0, 'run', DIGITS, '--threads', n, '--out', where + '/' + n)
    assert len({read('%s/%s/logits.npy' % (where, n)) for n in '1230'}) == 1
    expect(2, 'run', DIGITS, '--threads', '-1')


def accuracy(*words):
    """The share of the 1,000 digits that are read right."""
    where = folder()
    with zipfile.ZipFile(os.path.join(EXAMPLES, 'mnist-digits.npz')) as archive:
        image = write(where, 'image.npy', archive.read('image.npy'))
        labels = parse_npy(archive.read('label.npy'))[2]
    expect(0, 'run', DIGITS, '--input', 'image=' + image, '--out', where + '/out', *words)
    shape, logits = read_npy(where + '/out/logits.npy')[1:]
    assert shape == [1000, 10] and len(labels) == 1000, shape
    rows = [logits[10 * i:10 * i + 10] for i in range(1000)]
    read_as = [max(range(10), key=row.__getitem__) for row in rows]
    assert [int(d) for d in read_npy(where + '/out/digit.npy')[2]] == read_as
    return sum(a == b for a, b in zip(read_as, labels)) / 1000


def test_digits():
    """At least 98 % of the digits are read right, and int8 weights lose at most 0.3 points."""
    exact = accuracy('--numerics', 'fp32', '--compress', 'fp16')
    ane = accuracy('--compress', 'fp16')
    int8 = accuracy('--compress', 'int8')
    print('# fp32 %.1f %%, ane %.1f %%, ane with int8 weights %.1f %%'
          % (100 * exact, 100 * ane, 100 * int8))
    assert ane >= 0.98 and exact >= 0.98, (exact, ane)
    assert int8 >= ane - 0.003, (ane, int8)


def test_devices():
    """The CPU device is here, the engine itself is not: exit 4, one line."""
    expect(0, 'run', DIGITS, '--device', 'cpu')
    said = line(expect(4, 'run', DIGITS, '--device', 'e5rt'))
    assert 'macOS' in said, said
    expect(2, 'run', DIGITS, '--device', 'gpu')


def test_profile_json():
    """profile has the keys that programs read, and its parts fit its whole."""
    answer = expect(0, 'profile', DIGITS, '--runs', '9', '--warmup', '1', '--threads', '2',
                    '--json').json
    for key in ('device', 'numerics', 'threads', 'runs', 'median_us', 'p10_us', 'p90_us',
                'compile_us', 'load_us', 'first_run_us', 'peak_bytes', 'segments'):
        assert key in answer, key
    assert (answer['device'], answer['numerics']) == ('cpu', 'ane'), answer
    assert (answer['threads'], answer['runs']) == (2, 9), answer
    assert 0 < answer['p10_us'] <= answer['median_us'] <= answer['p90_us'], answer
    assert answer['compile_us'] > 0 and answer['load_us'] > 0 and answer['peak_bytes'] > 0
    kinds = [segment['kind'] for segment in answer['segments']]
    assert set(kinds) <= {'fused', 'bridge', 'host'} and 'bridge' in kinds, kinds
    ops = {op['name']: op for segment in answer['segments'] for op in segment['ops']}
    nodes = {node['name']: node['op'] for node in json.loads(read(DIGITS))['nodes']
             if node['op'] != 'input'}
    assert {name: op['op'] for name, op in ops.items()} == nodes
    for op in ops.values():
        assert {'median_us', 'flops', 'bytes'} <= op.keys(), op
    # 2 * M * N * K: 1 x 64 from 1,568, and 1 x 10 from 64; a convolution per output pixel
    assert ops['fc1']['flops'] == 2 * 64 * 1568 and ops['fc2']['flops'] == 2 * 10 * 64, ops
    assert ops['c1']['flops'] == 2 * 28 * 28 * 16 * 9, ops['c1']
    assert sum(s['median_us'] for s in answer['segments']) < 2 * answer['p90_us'], answer


def test_trace():
    """The trace is one that Chrome's viewer reads: complete events, whose parts lie inside."""
    where = folder()
    expect(0, 'profile', DIGITS, '--runs', '3', '--trace', where + '/t.json')
    events = json.loads(read(where + '/t.json'))['traceEvents']
    spans = [event for event in events if event['ph'] == 'X']
    assert all({'name', 'pid', 'tid', 'ts', 'dur'} <= span.keys() for span in spans)
    assert {'c1', 'fc2', 'am'} <= {span['name'] for span in spans}
    whole, = [span for span in spans if span['cat'] == 'program']
    for span in spans:
        assert 0 <= span['ts'] and span['ts'] + span['dur'] <= whole['dur'] + 1, span


def test_profile_numbers():
    """No run is no measurement."""
    for words in (['--runs', '0'], ['--runs', '-1'], ['--warmup', '-1'], ['--runs', 'x']):
        expect(2, 'profile', DIGITS, *words)


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
