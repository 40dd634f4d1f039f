"""Packages computed by an evaluator of its own give what the graph gives."""
import json
import os
import sys

try:
    import numpy as np
except ImportError:
    print('1..0 # SKIP numpy is not installed')
    sys.exit(0)

import tap
from arrays import npy, read_npy
from documents import (CASES, DIGITS, ENCODER, ENCODINGS, bridges, cases, export, loose, ported,
                       sparse)
from evaluate import evaluate
from program import expect, folder, read, write
from wire import Package

# Relative to the norm of a result: constants in fp16 against exact ones;
KNOWN_LIMIT = 2.0 ** -10
# fp32 sums in any order against double;
FP32_LIMIT = 1e-6
# four roundings of values to fp16 that all fall the same way.
ANE_LIMIT = 4 * 2.0 ** -11


def seeded(package, seed):
    rng = np.random.default_rng(seed)
    return {name: (rng.integers(0, 6, shape) if dtype == 'int32'
                   else np.float16(rng.standard_normal(shape)))
            for name, dtype, shape in package.inputs}


def run(document, fed, *words):
    """name -> array, by the program."""
    where = folder()
    for name, value in fed.items():
        letter = {'u': 'u1', 'i': 'i4'}.get(value.dtype.kind, 'f2')
        path = write(where, name + '.npy', npy(letter, list(value.shape), value.ravel().tolist()))
        words += ('--input', name + '=' + path)
    expect(0, 'run', document, '--out', where + '/out', *words)
    result = {}
    for file in os.listdir(where + '/out'):
        _, shape, values = read_npy(os.path.join(where, 'out', file))
        result[file[:-4]] = np.array(values).reshape(shape)
    return result


def close(name, one, other, limit):
    assert np.shape(one) == np.shape(other), (name, np.shape(one), np.shape(other))
    off = np.linalg.norm(np.ravel(one) - np.ravel(other)) / (np.linalg.norm(other) or 1)
    assert off <= limit, (name, off, limit)


def compare(document, limit, made=(), ran=(), fed=None):
    package = Package(export(document, folder(), *made))
    fed = fed or seeded(package, 3)
    found = evaluate(package, {name: np.float64(value) for name, value in fed.items()})
    expected = run(document, fed, *ran)
    assert sorted(found) == sorted(expected), (sorted(found), sorted(expected))
    for name in expected:
        close(name, found[name], expected[name], limit)
    return package


def test_known_answers():
    """Graphs with known answers have them."""
    computed = 0
    for name, document in cases():
        case = json.loads(read(os.path.join(CASES, name + '.json')))
        if document is None or 'f64' not in case:
            continue
        package = Package(export(document, folder()))
        where = os.path.dirname(document)
        fed = {port: np.array(read_npy(os.path.join(where, port + '.npy'))[2])
               for port, _, _ in package.inputs}
        found = evaluate(package, fed)['y']
        expected = case['f64']
        assert list(found.shape) == expected['shape'], name
        first = np.array(expected['first'])
        size = np.linalg.norm(first) or 1
        off = np.linalg.norm(found.ravel()[:len(first)] - first) / size
        assert off <= KNOWN_LIMIT, (name, off)
        assert abs(np.linalg.norm(found) - expected['l2']) <= KNOWN_LIMIT * expected['l2'], name
        computed += 1
    assert computed >= 30, computed


def test_bridges():
    """Bridges as ordinary operators compute what bridges do."""
    package = compare(bridges(), FP32_LIMIT, ran=('--numerics', 'fp32'))
    assert {'reduce_argmax', 'topk', 'scaled_dot_product_attention'} <= {
        operation.type for operation in package.operations}


def test_encodings():
    """Every encoding decodes to what the program computes with."""
    kinds = {'fp16': None, 'int8': 'constexpr_affine_dequantize',
             'int4': 'constexpr_lut_to_dense', 'sparse': None, 'auto': None,
             'blockwise': 'constexpr_blockwise_shift_scale'}
    for document in (loose(DIGITS), loose(ENCODER)):
        for encoding in ENCODINGS:
            words = ('--compress', encoding)
            package = compare(document, ANE_LIMIT, words, words)
            seen = {operation.type for operation in package.operations}
            assert kinds[encoding] is None or kinds[encoding] in seen, (encoding, seen)


def test_sparse():
    """A sparse weight is one in both forms."""
    words = ('--compress', 'sparse')
    for new in (False, True):
        package = compare(sparse(new), ANE_LIMIT, words, words)
        assert package.version == (9 if new else 7), package.version
        assert 'constexpr_sparse_to_dense' in {o.type for o in package.operations}


def test_tables():
    """A table of values is one in both forms."""
    words = ('--compress', 'int4')
    for new in (False, True):
        package = compare(sparse(new), ANE_LIMIT, words, words)
        assert package.version == (9 if new else 7), package.version
        assert 'constexpr_lut_to_dense' in {o.type for o in package.operations}


def test_ports():
    """Bytes, truth values, whole numbers, constants and inputs handed through."""
    rng = np.random.default_rng(4)
    fed = {'image': rng.integers(0, 256, (1, 3, 4, 5)).astype(np.uint8),
           'bytes': rng.integers(0, 256, (2, 6)).astype(np.uint8),
           'x': np.float16(rng.standard_normal((2, 6)) * 100),
           'ids': np.array([0, 5, -1, -6, 99, -99], dtype=np.int32)}
    package = compare(ported(), FP32_LIMIT, ran=('--numerics', 'fp32'), fed=fed)
    kinds = {name: dtype for name, dtype, _ in package.inputs}
    assert kinds == {'image': 'fp16', 'bytes': 'fp16', 'x': 'fp16', 'ids': 'int32'}, kinds


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
