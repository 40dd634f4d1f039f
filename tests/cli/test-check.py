"""aneforge ops, check, and the command line itself: words, exit codes, hostile files."""
import json
import os
import struct
import sys
import time

import tap
from arrays import npy
from program import DIGITS, EXAMPLES, call, document, expect, folder, line, read, write

COMMANDS = ['ops', 'check', 'compile', 'run', 'profile', 'gate', 'compress', 'export', 'render']
TARGETS = {'h11', 'h13', 'h14', 'h15', 'h16s', 'h17s'}


def relu(where, shape, **more):
    return document(where, [('input', 'x', {}, {'shape': shape}), ('relu', 'y', {'x': 'x'})],
                    {'y': 'y'}, **more)


def test_help_and_version():
    """--help and --version exit 0, for the program and for each command."""
    assert expect(0, '--version').out.startswith('aneforge '), 'version'
    said = expect(0, '--help').out
    for command in COMMANDS:
        assert command in said, command
        assert 'aneforge ' + command in expect(0, command, '--help').out, command


def test_wrong_words():
    """No command, an unknown one, an unknown option, no file, two files: exit 2 and one line."""
    for words in ([], ['frobnicate'], ['check'], ['check', DIGITS, DIGITS], ['ops', 'x'],
                  ['run', DIGITS, '--frobnicate'], ['run', '--target'], ['check', '-q', DIGITS],
                  ['run', DIGITS, '--target', 'h99'], ['run', DIGITS, '--target', 'all'],
                  ['run', DIGITS, '--compress', 'int3'], ['run', DIGITS, '--numerics', 'fp8'],
                  ['run', DIGITS, '--opt', '7'], ['run', DIGITS, '--random', '-1'],
                  ['run', DIGITS, '--threads', 'two'], ['compile', DIGITS],
                  ['compile', DIGITS, '-o'], ['export', DIGITS, '-o', 'x'], ['run', '--json']):
        expect(2, *words)


def test_order_of_options():
    """Options stand before or after the file, and joined to their value or not."""
    answers = [expect(0, 'check', *words).out for words in (
        [DIGITS, '--target', 'h14', '--json'], ['--target', 'h14', '--json', DIGITS],
        ['--json', DIGITS, '--target=h14'], ['--json', '--target=h14', '--', DIGITS])]
    assert len(set(answers)) == 1, answers


def test_catalogue():
    """ops lists every operator with route, ports, attributes with defaults, weights and chips."""
    ops = {op['op']: op for op in expect(0, 'ops', '--json').json['ops']}
    assert ops['relu']['route'] == 'fused' and ops['argmax']['route'] == 'bridge'
    assert list(ops['conv']['ports']) == ['x'] and list(ops['sub']['ports']) == ['x', 'y']
    assert ops['concat']['ports']['values']['variadic'] is True
    assert {'weight', 'bias'} == set(ops['conv']['weights'])
    assert ops['conv']['attrs']['stride']['default'] == 1
    assert ops['softmax']['attrs']['axis']['default'] == -1
    assert ops['lstm']['route'] == 'walled' and ops['lstm']['instead'].endswith('.')
    assert len(ops) >= 187
    for op in ops.values():
        assert set(op['families']) >= TARGETS, op
        assert set(op['families'].values()) <= {'native', 'decompose', 'bridge', 'reject'}, op
        for column in ('op', 'title', 'category', 'doc', 'route', 'availability', 'gradient'):
            assert op[column], (op['op'], column)
        assert op['gradient'] in ('rule', 'parts', 'none'), op
        assert ('no_gradient' in op) == (op['gradient'] == 'none'), op
    assert ops['conv']['gradient'] == 'rule' and ops['mha']['gradient'] == 'parts'
    assert ops['conv']['onnx'] == 'Conv' and ops['fps']['onnx'] is None
    said = expect(0, 'ops').out
    assert all(name in said for name in ops)


def test_page():
    """docs/operators.md is what ops --markdown prints; make it anew if the table changed."""
    here = os.path.dirname(os.path.realpath(__file__))
    with open(os.path.join(here, '..', '..', 'docs', 'operators.md'), encoding='utf-8') as page:
        assert page.read() == expect(0, 'ops', '--markdown').out


def test_check_says_bounds():
    """check says how large values can get, from what max_abs promises, where it can."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [4], 'max_abs': 3}),
                            ('muls', 'm', {'x': 'x'}, {'k': -2}), ('exp', 'e', {'x': 'm'}),
                            ('inverse', 'i', {'x': 'e'})], {'y': 'i'})
    bounds = expect(0, 'check', path, '--json').json['bounds']
    assert bounds['x'] == 3 and bounds['m'] == 6 and 403 < bounds['e'] < 404
    assert 'i' not in bounds


def test_check_says_shapes():
    """check gives every node's shape and type, and a verdict on the target."""
    answer = expect(0, 'check', DIGITS, '--json').json
    assert answer['ok'] is True
    assert answer['nodes']['p1'] == {'shape': [1, 16, 14, 14], 'dtype': 'fp16'}, answer['nodes']
    assert answer['nodes']['fc2'] == {'shape': [1, 10], 'dtype': 'fp16'}, answer['nodes']
    assert answer['nodes']['flat']['shape'] == [1, 1568]
    verdict, = answer['targets'].values()
    assert list(answer['targets']) == ['h16s'], answer['targets']
    assert verdict['ok'] is True and verdict['reject'] == [] and verdict['oversize'] == []
    assert isinstance(verdict['decompose'], list)
    assert list(expect(0, 'check', DIGITS, '--target', 'h13', '--json').json['targets']) == ['h13']


def test_check_all_targets():
    """--target all asks every chip and exits 0 even if some refuse."""
    answer = expect(0, 'check', DIGITS, '--target', 'all', '--json').json
    assert set(answer['targets']) >= TARGETS, answer['targets']
    assert answer['targets']['h11']['ok'] is False     # before M1 there is no way in
    assert answer['targets']['h16s']['ok'] is True


def test_check_finds_errors():
    """A document with an error gives findings and exit 1; run and compile refuse it with exit 2."""
    path = os.path.join(EXAMPLES, 'shape-error.anf')
    answer = expect(1, 'check', path, '--json').json
    assert answer['ok'] is False
    error = [f for f in answer['findings'] if f['severity'] == 'error'][0]
    assert {'severity', 'code', 'node', 'field', 'message', 'hint'} <= error.keys(), error
    assert error['node'] == 'c2', error
    assert expect(1, 'check', path).err == ''
    assert 'c2' in line(expect(2, 'run', path))
    expect(2, 'profile', path)
    where = folder()
    expect(2, 'compile', path, '-o', where + '/out')
    assert os.listdir(where) == []


def test_unknown_operator():
    """A node of an unknown operator is a finding; the rest is still checked."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [1, 4]}), ('relu', 'r', {'x': 'x'}),
                            ('frobnicate', 'f', {'x': 'r'})], {'y': 'f'})
    answer = expect(1, 'check', path, '--json').json
    assert answer['nodes']['r']['shape'] == [1, 4], answer
    assert {f['node'] for f in answer['findings'] if f['severity'] == 'error'} == {'f'}, answer
    expect(2, 'run', path)


def linear_document(where, entry):
    return document(where, [('input', 'x', {}, {'shape': [1, 2]}),
                            ('linear', 'l', {'x': 'x'}, {}, {'weight': 'w'})], {'y': 'l'},
                    {'w': entry})


def test_weight_files_that_are_not_there():
    """A missing, damaged or unfit weight file is a finding at its node, never a crash."""
    where = folder()
    write(where, 'cut.safetensors', struct.pack('<Q', 1 << 40) + b'{}')
    write(where, 'cut.npy', npy('f4', [2, 2], [1, 2, 3, 4])[:-4])
    write(where, 'flat.npy', npy('f4', [4], [1, 2, 3, 4]))
    write(where, 'huge.npy', npy('f4', [1], [1]).replace(b'(1, )', b'(%d, )' % 2 ** 62))
    os.mkfifo(where + '/pipe.npy')
    for name in ('none.npy', 'cut.safetensors', 'cut.npy', 'flat.npy', 'huge.npy', 'pipe.npy'):
        path = linear_document(where, {'file': name})
        answer = expect(1, 'check', path, '--json').json
        assert {f['node'] for f in answer['findings'] if f['severity'] == 'error'} == {'l'}, name
        assert line(expect(2, 'run', path)).count('l.weight') == 1, name


def test_rank_six():
    """Nothing of rank 6 flows along a wire."""
    where = folder()
    path = relu(where, [1, 1, 1, 1, 1, 2])
    answer = expect(1, 'check', path, '--json').json
    assert any(f['severity'] == 'error' and f['node'] == 'x' for f in answer['findings']), answer


def test_target_that_refuses():
    """What the target refuses exits 3 with its findings; the fp32 profile runs all the same."""
    where = folder()
    path = relu(where, [1, 70000])     # an axis holds 65,536 at most
    answer = expect(3, 'check', path, '--target', 'h13', '--json').json
    assert answer['ok'] is True and answer['targets']['h13']['ok'] is False, answer
    assert 'y' in answer['targets']['h13']['oversize'], answer
    assert expect(0, 'check', path, '--target', 'all', '--json').json['ok'] is True
    for words in (['run', path], ['profile', path], ['compile', path, '-o', where + '/out']):
        answer = expect(3, *words, '--json').json
        assert answer['oversize'] and 'error' in answer, answer
        line(expect(3, *words))
    assert not os.path.exists(where + '/out')
    expect(0, 'run', path, '--numerics', 'fp32')


def test_damaged_documents():
    """A damaged, truncated or hostile document: exit 2 and one line that names it, at once."""
    where = folder()
    good = read(DIGITS)
    texts = {
        'empty': b'', 'cut': good[:len(good) // 2], 'binary': bytes(range(256)), 'null': b'null',
        'list': b'[]', 'zero': good.replace(b'conv', b'co\0nv'), 'latin': b'{"aneforge": 1, "\xe9',
        'nan': b'{"aneforge": 1, "nodes": [], "outputs": {}, "x": NaN}',
        'infinite': b'{"aneforge": 1, "nodes": [], "outputs": {}, "x": 1e999}',
        'deep': b'{"aneforge": 1, "x": ' + b'[' * 100000 + b']' * 100000 + b'}',
        'newer': b'{"aneforge": 2, "nodes": [], "outputs": {}}',
        'none': b'{"nodes": [], "outputs": {}}',
    }
    for name, text in texts.items():
        path = write(where, name + '.anf', text)
        said = line(expect(2, 'check', path, '--json'))
        assert name + '.anf' in said, said
        expect(2, 'run', path)
    assert 'newer' in line(expect(2, 'check', where + '/newer.anf')).replace('newer.anf', '')


def test_every_cut_of_a_document():
    """A document cut anywhere is refused, or loads as far as it makes sense; it never crashes."""
    where = folder()
    good = json.dumps(json.loads(read(DIGITS)), separators=(',', ':')).encode()
    for end in range(0, len(good), max(1, len(good) // 40)):
        expect(2, 'check', write(where, 'cut.anf', good[:end]))


def test_files_that_are_no_files():
    """A pipe, a folder, a device and what is not there are refused at once, never waited for."""
    where = folder()
    os.mkfifo(where + '/pipe')
    for path in (where + '/pipe', where, where + '/none.anf', '/dev/zero', '/dev/null', ''):
        began = time.monotonic()
        expect(2, 'check', path)
        assert time.monotonic() - began < 10, path
    path = relu(where, [1, 4])
    for name in ('pipe', 'none.npy', '.'):
        expect(2, 'run', path, '--input', 'x=' + where + '/' + name)
    expect(2, 'run', path, '--input', 'x=/dev/zero')


def test_hostile_arrays():
    """Damaged and hostile .npy and .npz inputs: exit 2 and one line."""
    where = folder()
    path = relu(where, [1, 4])
    good = npy('f4', [1, 4], [1, 2, 3, 4])
    files = {
        'empty.npy': b'', 'cut.npy': good[:-1], 'head.npy': good[:40], 'magic.npy': b'X' + good[1:],
        'long.npy': good[:8] + b'\xff\xff' + good[10:],
        'huge.npy': good.replace(b'(1, 4, )', b'(1, %d, )' % 2 ** 61),
        'wrap.npy': good.replace(b'(1, 4, )', b'(%d, %d, )' % (2 ** 32, 2 ** 32)),
        'minus.npy': good.replace(b'(1, 4, )', b'(-1, -4, )'),
        'object.npy': good.replace(b'<f4', b'|O '), 'code.npy': good.replace(b'False', b'f(1) '),
        'cut.npz': b'PK\x03\x04' + good, 'zip.npz': b'PK\x05\x06' + b'\xff' * 18,
    }
    for name, data in files.items():
        expect(2, 'run', path, '--input', 'x=' + write(where, name, data))


def test_huge_shapes():
    """Shapes whose product overflows are findings, not allocations."""
    where = folder()
    for shape in ([2 ** 31 - 1] * 4, [2 ** 40], [65536] * 4, [0, 4], [-1, 4]):
        assert call('check', relu(where, shape)).code in (1, 3), shape
        assert call('run', relu(where, shape)).code in (2, 3), shape
    path = linear_document(where, {'init': 'ones', 'shape': [2 ** 31, 2 ** 31]})
    assert call('check', path).code in (1, 2)
    path = linear_document(where, {'init': 'frobnicate', 'shape': [2, 2]})
    expect(2, 'check', path)


def test_errors_are_one_clean_line():
    """Names in hostile documents reach the terminal without escape sequences or line breaks."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [1, 4]}),
                            ('bad\x1b[31m\nop', 'y', {'x': 'x'})], {'y': 'y'})
    said = line(expect(2, 'run', path))
    assert '\x1b' not in said, said


def test_full_disk():
    """An answer that cannot be written is an error."""
    with open('/dev/full', 'w') as full:
        import subprocess
        from program import BINARY
        done = subprocess.run([BINARY, 'check', DIGITS, '--json'], stdout=full,
                              stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 2 and done.stderr.count(b'\n') == 1, done


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
