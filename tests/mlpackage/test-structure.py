"""Core ML packages from outside: the rules of the format, what is refused, what is replaced."""
import json
import os
import resource
import shutil
import signal
import sys

import tap
from documents import (DIGITS, ENCODER, ENCODINGS, bridges, cases, export, loose, ported, refused,
                       sparse)
from program import call, document, expect, folder, line, read, write
from wire import Package

# What each encoded weight is made of: attributes in the forms of iOS 16, inputs in those of iOS 18.
OLD = {'constexpr_affine_dequantize': 'axis quantized_data scale zero_point',
       'constexpr_lut_to_dense': 'indices lut shape',
       'constexpr_sparse_to_dense': 'mask nonzero_data shape'}
NEW = {'constexpr_affine_dequantize': OLD['constexpr_affine_dequantize'],
       'constexpr_lut_to_dense': 'indices lut', 'constexpr_sparse_to_dense': 'mask nonzero_data',
       'constexpr_blockwise_shift_scale': 'data scale'}


def package(path, *words):
    return Package(export(path, folder(), *words))


def encoded(found):
    """The encoded weights of a package, their parts checked; set of operators."""
    seen = set()
    for operation in found.operations:
        if not operation.type.startswith('constexpr_'):
            continue
        seen.add(operation.type)
        old = found.version < 9 or operation.type == 'constexpr_affine_dequantize'
        parts = (OLD if old else NEW)[operation.type].split()
        assert sorted(operation.attributes) == sorted(parts + ['name'] if old else ['name'])
        assert sorted(operation.inputs) == ([] if old else parts), operation.inputs
        of = operation.attributes if old else {k: v[0] for k, v in operation.inputs.items()}
        kinds = {key: of[key].dtype for key in parts}
        shape = operation.outputs[0][2]
        if 'shape' in kinds:
            assert kinds['shape'] == 'uint32' and tuple(of['shape'].data) == shape
        if 'indices' in kinds:
            assert kinds['indices'] == ('uint8' if old else 'uint4')
        if 'mask' in kinds:
            assert kinds['mask'] == ('uint8' if old else 'uint1')
        if 'data' in kinds:
            assert len(of['scale'].shape) == len(shape) and of['data'].shape == shape
    return seen


def test_encodings():
    """Packages are whole for every encoding, their weights in the forms of their version."""
    seen = set()
    for path in (loose(DIGITS), loose(ENCODER), sparse(), sparse(True)):
        for encoding in ENCODINGS:
            seen |= encoded(package(path, '--compress', encoding))
    assert seen == set(NEW), seen


def test_cases():
    """Packages of the graphs with known answers are whole."""
    done = 0
    for name, path in cases():
        if path is not None:
            encoded(package(path, '--compress', 'fp16'))
            done += 1
    assert done == 34, done


def test_versions():
    """The version is the oldest that has what is used."""
    digits = loose(DIGITS)
    made = {encoding: package(digits, '--compress', encoding).version
            for encoding in ('fp16', 'int8', 'blockwise')}
    assert made == {'fp16': 7, 'int8': 7, 'blockwise': 9}, made
    assert package(ported()).version == 8, 'bytes are of iOS 17'
    assert package(sparse(True)).version == 9, 'attention is of iOS 18'
    assert package(sparse()).version == 7, 'fp16 ports are of iOS 16'


def test_ports():
    """Ports are called as in the document, in its order; bytes come as fp16."""
    found = package(ported())
    assert [port[:2] for port in found.inputs] == [
        ('image', 'fp16'), ('bytes', 'fp16'), ('x', 'fp16'), ('ids', 'int32')], found.inputs
    names = [name for name, _, _ in found.outputs]
    assert names == 'r again through truth fixed picked bytes_out ids_out'.split(), names
    assert {dtype for _, dtype, _ in found.outputs} == {'fp16', 'int32'}


def test_bridges_in_one_program():
    """A graph with bridges is one program, of operators of Core ML."""
    path = bridges()
    found = package(path)
    assert sorted(name for name, _, _ in found.outputs) == sorted(json.loads(read(path))['outputs'])
    ops = {operation.type for operation in found.operations}
    assert not ops & set('argmax sort sdpa flatten lrn fps cost_volume minmax_norm'.split()), ops


def test_refusal():
    """What Core ML has not is refused by name, and nothing is left."""
    where = folder()
    path = document(where, [
        ('input', 'cloud', {}, {'shape': [40, 3]}), ('fps', 'spread', {'x': 'cloud'}, {'k': 5}),
    ], {'y': 'spread'})
    out = os.path.join(where, 'net.mlpackage')
    said = call('export', path, '--format', 'mlpackage', '-o', out)
    assert said.code in (2, 3), said
    assert 'spread' in line(said) and 'fps' in said.err and 'Core ML' in said.err, said
    assert os.listdir(where) == ['g.anf'], os.listdir(where)


def test_refused_cases():
    """Graphs that are none give no package."""
    for name in refused:
        if name == 'bridge_pointcloud':
            continue
        where = folder()
        shape = [1, 2, 3, 4, 5, 6] if name == 'rank6_error' else [1, 4, 70000, 3]
        path = document(where, [('input', 'x', {}, {'shape': shape}), ('relu', 'r', {'x': 'x'})],
                        {'y': 'r'})
        said = call('export', path, '--format', 'mlpackage', '-o', where + '/net.mlpackage')
        assert said.code != 0, (name, said)
        assert os.listdir(where) == ['g.anf'], name


def snapshot(where):
    return {os.path.relpath(os.path.join(base, name), where): read(os.path.join(base, name))
            for base, _, names in os.walk(where) for name in names}


def test_replaced_as_a_whole():
    """A package is replaced as a whole, by a success only."""
    where = folder()
    digits, out = loose(DIGITS), os.path.join(where, 'net.mlpackage')
    export(digits, where, '--compress', 'fp16')
    write(out, 'left-over', b'x')
    export(digits, where, '--compress', 'int8')
    before = snapshot(out)
    assert 'left-over' not in before
    Package(out)
    assert snapshot(export(digits, folder(), '--compress', 'int8')) == before, 'not the same bytes'

    bad = document(where, [('input', 'x', {}, {'shape': [40, 3]}),
                           ('fps', 'f', {'x': 'x'}, {'k': 5})], {'y': 'f'})
    assert call('export', bad, '--format', 'mlpackage', '-o', out).code != 0
    assert snapshot(out) == before
    assert sorted(os.listdir(where)) == ['g.anf', 'net.mlpackage'], os.listdir(where)


def test_full_disk():
    """What cannot be written in full is not written at all."""
    where = folder()
    digits = loose(DIGITS)
    before = snapshot(export(digits, where, '--compress', 'fp16'))

    def little_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    for out in (where + '/net.mlpackage', where + '/other.mlpackage'):
        said = expect(2, 'export', digits, '--format', 'mlpackage', '--compress', 'int8',
                      '-o', out, preexec_fn=little_room)
        assert 'cannot be written' in said.err, said
        assert snapshot(where + '/net.mlpackage') == before
        assert os.listdir(where) == ['net.mlpackage'], os.listdir(where)


def test_other_folders_stay():
    """Any other folder stays what it is."""
    where = folder()
    out = os.path.join(where, 'net.mlpackage')
    os.mkdir(out)
    write(out, 'Manifest.json', '{"name": "someone else\'s"}')
    before = snapshot(where)
    line(expect(2, 'export', DIGITS, '--format', 'mlpackage', '-o', out))
    assert snapshot(where) == before
    line(expect(2, 'export', DIGITS, '--format', 'mlpackage', '-o', where + '/no/net.mlpackage'))
    assert snapshot(where) == before


def test_permissions():
    """Others may read the files."""
    mask = os.umask(0o022)
    try:
        out = export(loose(DIGITS), folder())
    finally:
        os.umask(mask)
    for base, _, names in os.walk(out):
        assert os.stat(base).st_mode & 0o777 == 0o755, base
        for name in names:
            assert os.stat(os.path.join(base, name)).st_mode & 0o777 == 0o644, name


def test_the_reader_finds_damage():
    """The reader of this test finds damage."""
    good = export(loose(DIGITS), folder(), '--compress', 'int8')
    model = os.path.join('Data', 'com.apple.CoreML', 'model.mlmodel')
    weights = os.path.join('Data', 'com.apple.CoreML', 'weights', 'weight.bin')
    Package(good)
    for name, change in (
            (model, lambda data: bytes([8, 8]) + data[2:]),              # another version
            (model, lambda data: data.replace(b'logits', b'l0gits', 1)),  # a feature's name
            (model, lambda data: data.replace(b'CoreML6', b'CoreML8')),
            (weights, lambda data: data[:64] + b'\0' + data[65:]),       # the mark of a record
            (weights, lambda data: data[:-1]),
            ('Manifest.json', lambda data: data.replace(b'weights"', b'weight"'))):
        bad = os.path.join(folder(), 'net.mlpackage')
        shutil.copytree(good, bad)
        data = read(os.path.join(bad, name))
        assert change(data) != data, name
        write(bad, name, change(data))
        try:
            Package(bad)
        except (AssertionError, KeyError, IndexError):
            continue
        raise AssertionError('%s: damage not found' % name)


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
