"""The command line with --device e5rt and the stand-in for the engine's runtime behind it."""
import os
import sys

import tap
from arrays import npy, read_npy
from program import DIGITS, call, document, expect, folder, line

STANDIN = {**os.environ, 'ANF_E5RT_LIBRARY': os.environ['E5RT_STANDIN'], 'TMPDIR': folder()}
ENGINE = ('--device', 'e5rt')


def cut():
    """tanh, a bridge, adds."""
    return document(folder(), [('input', 'x', {}, {'shape': [2, 8]}),
                               ('tanh', 't', {'x': 'x'}), ('sort', 's', {'x': 't'}),
                               ('adds', 'a', {'x': 's'}, {'k': 3})], {'y': 'a'})


def results(*words, **more):
    out = folder()
    expect(0, 'run', *words, '--out', out, **more)
    return read_npy(os.path.join(out, 'y.npy'))


def test_run():
    """run gives what the CPU device gives, and leaves no folder behind."""
    graph = cut()
    assert results(graph, *ENGINE, env=STANDIN) == results(graph)
    assert os.listdir(STANDIN['TMPDIR']) == []


def test_token_ids():
    """Token ids are fed as int32."""
    graph = document(folder(), [('input', 'x', {}, {'shape': [5], 'dtype': 'int32'}),
                                ('cast', 'c', {'x': 'x'}), ('muls', 'm', {'x': 'c'}, {'k': 0.5})],
                     {'y': 'm'})
    path = os.path.join(folder(), 'x.npy')
    with open(path, 'wb') as file:
        file.write(npy('i4', [5], [7, 0, -3, 2000, 65]))
    shape, values = results(graph, *ENGINE, '--input', 'x=' + path, env=STANDIN)[1:]
    assert list(values) == [3.5, 0, -1.5, 1000, 32.5], values


def test_profile():
    """profile tells what ran each segment, and compiles on the device apart."""
    answer = expect(0, 'profile', cut(), *ENGINE, '--runs', '3', '--json', env=STANDIN).json
    assert answer['device'] == 'e5rt', answer
    assert [segment['basis'] for segment in answer['segments']] == ['e5rt', 'cpu', 'e5rt'], answer
    assert (answer['cold_compiles'], answer['warm_compiles']) == (2, 0), answer
    assert answer['compile_us'] >= answer['cold_compile_us'] > 0, answer
    inside = {op['name']: op['median_us'] for segment in answer['segments']
              for op in segment['ops']}
    assert inside['t'] is None and inside['a'] is None and inside['s'] > 0, inside
    text = expect(0, 'profile', cut(), *ENGINE, '--runs', '3', env=STANDIN).out
    assert 'bridge, cpu' in text and '2 cold compiles' in text, text


def test_profile_cpu():
    """On the CPU every segment is the CPU's, and there are no compiles of a device."""
    answer = expect(0, 'profile', cut(), '--runs', '3', '--json').json
    assert {segment['basis'] for segment in answer['segments']} == {'cpu'}, answer
    assert 'cold_compiles' not in answer, answer


def test_failure():
    """A call that fails is exit 4 and one line with its name and the segment."""
    for at, name in ((1, 'config_options_create'), (8, 'e5_compiler_compile'),
                     (23, 'buffer_object')):
        said = line(expect(4, 'run', cut(), *ENGINE, env={**STANDIN, 'STANDIN_FAIL_AT': str(at)}))
        assert name in said and 's0 (t)' in said, said
        assert os.listdir(STANDIN['TMPDIR']) == []


def test_exact_numbers():
    """The engine has no fp32 numerics: exit 2."""
    said = line(expect(2, 'run', cut(), *ENGINE, '--numerics', 'fp32', env=STANDIN))
    assert 'CPU device' in said, said


def test_no_library():
    """Without the library: exit 4, one line that tells what to do."""
    said = line(expect(4, 'run', DIGITS, *ENGINE))
    assert 'macOS' in said and 'CPU device' in said, said
    nowhere = {**os.environ, 'ANF_E5RT_LIBRARY': '/nowhere/at/all'}
    said = line(expect(4, 'profile', DIGITS, *ENGINE, env=nowhere))
    assert '/nowhere/at/all' in said, said


sys.exit(tap.run(sys.modules[__name__]))
