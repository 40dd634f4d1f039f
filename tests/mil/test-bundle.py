"""Bundles from outside: what is in them, that it fits together, and what is never overwritten."""
import hashlib
import importlib.util
import json
import os
import struct
import sys

import tap
from miltext import check
from program import DIGITS, EXAMPLES, call, document, expect, folder, line, write

ENCODER = os.path.join(EXAMPLES, 'encoder-block.anf')
FIELDS = ('format tool document_sha256 target options segments calls weights gates '
          'estimate').split()
ENCODINGS = ['fp16', 'int8', 'int4', 'sparse', 'blockwise', 'auto']
PARTS = {'fp16': 1, 'int8': 2, 'int4': 2, 'sparse': 2, 'blockwise': 2}


def read(*path):
    with open(os.path.join(*path), 'rb') as f:
        return f.read()


def bundle(document=DIGITS, *words):
    out = os.path.join(folder(), 'net.anebundle')
    expect(0, 'compile', document, '-o', out, *words)
    return out, json.loads(read(out, 'manifest.json'))


def ungated(document):
    """The same graph without its gates, which take a thousand runs."""
    parsed = json.loads(read(document))
    parsed.pop('gates', None)
    for weight in parsed['weights'].values():
        if 'file' in weight:
            weight['file'] = os.path.join(os.path.dirname(os.path.abspath(document)),
                                          weight['file'])
    return write(folder(), 'net.anf', json.dumps(parsed))


def files_below(where):
    return sorted(os.path.relpath(os.path.join(base, name), where)
                  for base, _, names in os.walk(where) for name in names)


def programs(out, manifest):
    """Every fused segment, parsed with its weight file."""
    for segment in manifest['segments']:
        if segment['kind'] == 'fused':
            mil, blob = (os.path.join(out, name) for name in segment['files'])
            yield segment, check(read(mil).decode('ascii'), read(blob), os.path.basename(blob))


def test_manifest_lists_and_hashes_every_file():
    """Manifest lists and hashes every file."""
    out, manifest = bundle()
    assert all(field in manifest for field in FIELDS), sorted(manifest)
    assert manifest['format'] == 1 and manifest['target'] == 'h16s'
    assert manifest['document_sha256'] == hashlib.sha256(read(out, 'graph.anf')).hexdigest()
    listed = {'manifest.json', 'graph.anf'}
    for segment in manifest['segments']:
        assert sorted(segment['sha256']) == sorted(segment['files'])
        for name, digest in segment['sha256'].items():
            assert hashlib.sha256(read(out, name)).hexdigest() == digest, name
            listed.add(name)
    assert files_below(out) == sorted(listed)
    assert [s['kind'] for s in manifest['segments']] == ['fused', 'bridge']
    assert [g['ok'] for g in manifest['gates']] == [True, True]


def test_calls_pass_values_on():
    """Calls pass values on."""
    out, manifest = bundle()
    known = {p['value'] for p in manifest['inputs']}
    for call_, segment in zip(manifest['calls'], manifest['segments']):
        assert call_['segment'] == segment['name']
        assert call_['reads'] == [p['name'] for p in segment['inputs']]
        assert call_['writes'] == [p['name'] for p in segment['outputs']]
        assert set(call_['reads']) <= known, call_
        known |= set(call_['writes'])
    assert {p['value'] for p in manifest['outputs']} <= known
    assert [p['name'] for p in manifest['outputs']] == ['logits', 'digit']


def test_bridge_file_says_what_runs():
    """Bridge file says what runs."""
    out, manifest = bundle()
    bridge = json.loads(read(out, manifest['segments'][1]['files'][0]))
    assert bridge['op'] == 'argmax' and bridge['attrs']['axis'] in (1, -1)
    ports = [[(p['name'], p['dtype'], p['shape']) for p in bridge[k]]
             for k in ('inputs', 'outputs')]
    assert ports == [[('logits', 'fp16', [1, 10])], [('digit', 'fp16', [1, 1])]], ports


def test_programs_are_whole_for_every_encoding():
    """Programs are whole for every encoding."""
    for document in (ungated(DIGITS), ungated(ENCODER)):
        for encoding in ENCODINGS:
            out, manifest = bundle(document, '--compress', encoding, '--atol', '0.2')
            for segment, program in programs(out, manifest):
                ports = [{'name': n, 'dtype': k[0], 'shape': k[1]} for k, n in program.inputs]
                assert ports == segment['inputs']
                assert program.outputs == [p['name'] for p in segment['outputs']]
                assert program.blob.used == set(program.blob.offsets), 'a record nobody reads'


def test_programs_of_the_cases_are_whole():
    """Programs of the cases are whole: composites, bridges, many operators."""
    where = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cases')
    spec = importlib.util.spec_from_file_location('cases', os.path.join(where, 'test-cases.py'))
    cases = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cases)
    ops = {op['op']: op for op in call('ops', '--json').json['ops']}
    for name in ('conv_transpose_unet cross_attn_geglu einsum_attn norm_mix gather_split_stack '
                 'rearrange_fused pool_variants bridge_stereo').split():
        document, _ = cases.convert(json.loads(read(where, name + '.json')), folder(), ops)
        out, manifest = bundle(document, '--compress', 'auto', '--atol', '0.2')
        assert all(program.ops for _, program in programs(out, manifest)), name


def test_weights_say_where_they_are():
    """Weights say where they are."""
    out, manifest = bundle(ungated(DIGITS), '--compress', 'int4', '--atol', '0.2')
    segments = {s['name']: s for s in manifest['segments']}
    seen = set()
    for weight in manifest['weights']:
        seen.add(weight['encoding'])
        assert weight['gate']['ok'] and weight['error'] < 0.2
        for place in weight['places']:
            blob = read(out, segments[place['segment']]['files'][1])
            assert len(place['offsets']) == PARTS[weight['encoding']]
            sizes = [struct.unpack_from('<Q', blob, at + 8)[0] for at in place['offsets']]
            assert sum(sizes) == weight['bytes'], weight
    assert 'int4' in seen, seen


def test_a_constant_that_is_only_an_output_is_listed_once():
    """A constant that is only an output is listed once."""
    path = document(folder(), [('input', 'x', {}, {'shape': [1, 4]}),
                               ('const', 'c', {}, {}, {'value': 'w'}), ('relu', 'r', {'x': 'x'})],
                    {'k': 'c', 'r': 'r'}, {'w': {'shape': [1, 4], 'values': [1, 2, 3, 4]}})
    out, manifest = bundle(path)
    assert [weight['node'] for weight in manifest['weights']] == ['c'], manifest['weights']
    expect(0, 'run', out)


def test_two_bundles_of_one_document_are_the_same():
    """Two bundles of one document are the same."""
    document = ungated(DIGITS)
    one, _ = bundle(document, '--compress', 'int4')
    other, _ = bundle(document, '--compress', 'int4')
    assert files_below(one) == files_below(other)
    for name in files_below(one):
        assert read(one, name) == read(other, name), name


def test_only_a_bundle_is_replaced():
    """Only a bundle is replaced."""
    document = ungated(DIGITS)
    out, _ = bundle(document, '--compress', 'int8')
    old = read(out, 'manifest.json')
    expect(0, 'compile', document, '-o', out, '--compress', 'fp16')
    assert read(out, 'manifest.json') != old
    assert os.listdir(os.path.dirname(out)) == ['net.anebundle']

    place = folder()
    with open(os.path.join(place, 'manifest.json'), 'w', encoding='ascii') as f:
        f.write('{"name": "a web page"}')
    line(expect(2, 'compile', document, '-o', place))
    assert files_below(place) == ['manifest.json']
    empty = folder()
    expect(0, 'compile', document, '-o', empty)
    assert 'manifest.json' in os.listdir(empty)


def test_nothing_is_left_after_a_refusal():
    """Nothing is left after a refusal."""
    place = folder()
    answer = call('compile', DIGITS, '-o', os.path.join(place, 'b'), '--target', 'h11')
    assert answer.code == 3, answer
    line(expect(2, 'compile', ungated(DIGITS), '-o', os.path.join(place, 'no', 'such', 'b')))
    assert os.listdir(place) == []


def test_mil_of_one_segment_has_its_blob_beside_it():
    """MIL of one segment has its blob beside it."""
    place = folder()
    expect(0, 'export', DIGITS, '--format', 'mil', '-o', os.path.join(place, 'net.mil'))
    assert files_below(place) == ['net.bin', 'net.mil']
    check(read(place, 'net.mil').decode('ascii'), read(place, 'net.bin'), 'net.bin')


def test_mil_of_several_segments_is_a_folder():
    """MIL of several segments is a folder."""
    place = folder()
    expect(0, 'export', ENCODER, '--format', 'mil', '-o', os.path.join(place, 'block'))
    names = files_below(os.path.join(place, 'block'))
    for part in ('s00', 's02'):
        mil, blob = os.path.join(part, 'model.mil'), os.path.join(part, 'weights.bin')
        assert mil in names and blob in names, names
        check(read(place, 'block', mil).decode('ascii'), read(place, 'block', blob))


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
