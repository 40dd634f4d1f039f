"""export --format python: programs that Python takes, and where the aneforge package is installed,
the shapes that it works out for every node. The package works on a Mac only, but builds graphs
anywhere."""
import ast
import json
import os
import sys

import tap
from documents import DIGITS, ENCODER, cases
from program import call, document, expect, folder, line, read

try:
    import aneforge                # noqa: F401
    import numpy
except ImportError:
    aneforge = None
# Graphs that are none, and one whose convolution steps differ down and across.
NONE = {'rank6_error', 'too_big_all'}


def shapes(path):
    return {name: tuple(node['shape'])
            for name, node in expect(0, 'check', path, '--json').json['nodes'].items()}


def build(script):
    """All that build () makes, by name in the document."""
    source = read(script).decode().replace('    return {', '    return dict(locals()) or {')
    space = {'__file__': script, '__name__': 'exported'}
    exec(compile(source, script, 'exec'), space)
    return {name: value for name, value in space['build'](space['load']()).items()
            if isinstance(value, (aneforge.Tensor, list))}


def examine(path):
    """Nodes whose shapes were compared; None if the package cannot say the graph."""
    script = os.path.join(folder(), 'net.py')
    answer = call('export', path, '--format', 'python', '-o', script)
    if answer.code == 3:
        assert 'The aneforge package cannot say this' in line(answer), answer
        assert not os.path.exists(script)
        return None
    assert answer.code == 0, answer
    tree = ast.parse(read(script))
    assert any(isinstance(node, ast.FunctionDef) and node.name == 'build' for node in tree.body)
    assert os.path.exists(script[:-3] + '.npz')
    if aneforge is None:
        return 0
    made, ours = build(script), shapes(path)
    seen = 0
    for name, shape in ours.items():
        if isinstance(made.get(name), aneforge.Tensor):
            assert made[name].shape == shape, (name, made[name].shape, shape)
            seen += 1
    assert seen > 0, made
    return seen


def test_examples():
    """The examples build."""
    assert examine(DIGITS) is not None and examine(ENCODER) is not None


def test_cases():
    """The graphs with known answers build, or the node is named that has no function."""
    said = [examine(path) for name, path in cases(NONE) if path]
    assert said.count(None) <= 3, said


def test_words():
    """Numbers, flags and names are Python's; a constant comes second."""
    path = document(folder(), [
        ('input', 'lambda', {}, {'shape': [2, 3], 'max_abs': 2}),
        ('const', 'k', {}, {}, {'value': 'v'}),
        ('add', 'w', {'x': 'k', 'y': 'lambda'}),
        ('clip', 'c', {'x': 'w'}, {'lo': -1, 'hi': 1e-7}),
    ], {'y': 'c'}, {'v': {'shape': [3], 'values': [1, 2, 3]}})
    script = os.path.join(folder(), 'net.py')
    expect(0, 'export', path, '--format', 'python', '-o', script)
    lines = [text.strip() for text in read(script).decode().splitlines()]
    for text in ('lambda_ = af.input([2, 3], dtype="fp16", max_abs=2.0)', 'k = w["v"]',
                 'w_ = lambda_ + k'):
        assert text in lines, (text, lines)
    assert [float(a.operand.value if isinstance(a, ast.UnaryOp) else a.value)
            for a in next(node for node in ast.walk(ast.parse(read(script)))
                          if isinstance(node, ast.Call)
                          and getattr(node.func, 'attr', '') == 'clip').args] == [1.0, 1e-7]
    assert examine(path) is not None


def test_refused():
    """What the package has no function for is named, exit 3, and nothing is written."""
    path = document(folder(), [
        ('input', 'x', {}, {'shape': [1, 1, 8, 8]}),
        ('conv', 'c', {'x': 'x'}, {'stride': [1, 2]}, {'weight': 'v'}),
    ], {'y': 'c'}, {'v': {'shape': [1, 1, 2, 2], 'values': [1, 2, 3, 4]}})
    script = os.path.join(folder(), 'net.py')
    answer = expect(3, 'export', path, '--format', 'python', '-o', script, '--json')
    assert json.loads(answer.out)['node'] == 'c', answer
    said = line(expect(3, 'export', path, '--format', 'python', '-o', script))
    assert 'c.stride' in said, said
    assert os.listdir(os.path.dirname(script)) == []


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
