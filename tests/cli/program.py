"""Calls the program under test, and writes documents for it."""
import json
import os
import subprocess
import tempfile

BINARY = os.environ['ANEFORGE']
EXAMPLES = os.environ['ANEFORGE_EXAMPLES']
DIGITS = os.path.join(EXAMPLES, 'mnist-cnn.anf')
ENCODER = os.path.join(EXAMPLES, 'encoder-block.anf')

_scratch = tempfile.TemporaryDirectory(prefix='aneforge-cli-')
_number = 0


def folder():
    """A new empty folder."""
    global _number
    _number += 1
    path = os.path.join(_scratch.name, str(_number))
    os.mkdir(path)
    return path


class Answer:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out, parse_constant=refuse)

    def __repr__(self):
        return 'exit %s\n--- stderr\n%s--- stdout\n%s' % (self.code, self.err, self.out[:2000])


def refuse(constant):
    raise ValueError('not JSON: ' + constant)


def call(*words, cwd=None, **more):
    """Runs the program; it never takes a minute, and never dies of a signal."""
    done = subprocess.run([BINARY, *words], capture_output=True, timeout=60, cwd=cwd,
                          stdin=subprocess.DEVNULL, **more)
    answer = Answer(done.returncode, done.stdout.decode('utf-8'), done.stderr.decode('utf-8'))
    assert done.returncode in range(5), answer
    if '--json' in words and '--help' not in words:
        assert isinstance(answer.json, dict), answer
    return answer


def expect(code, *words, **more):
    answer = call(*words, **more)
    assert answer.code == code, (words, answer)
    if code in (2, 4):
        line(answer)
    return answer


def line(answer):
    """The one line on stderr."""
    assert answer.err.endswith('\n') and answer.err.count('\n') == 1, answer
    return answer.err


def document(where, nodes, outputs, weights=None, name='g.anf', **more):
    """Writes a document; a node is (op, name, {port: producer}, {attr: value}, {role: weight})."""
    listed = []
    for number, (op, title, *rest) in enumerate(nodes, 1):
        node = {'id': number, 'op': op, 'name': title}
        for key, value in zip(('in', 'attrs', 'weights'), rest):
            if value:
                node[key] = value
        listed.append(node)
    root = {'aneforge': 1, 'title': 'Test', 'nodes': listed, 'outputs': outputs,
            'weights': weights or {}}
    root.update(more)
    path = os.path.join(where, name)
    with open(path, 'w') as file:
        json.dump(root, file)
    return path


def write(where, name, data):
    path = os.path.join(where, name)
    with open(path, 'wb') as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def read(path):
    with open(path, 'rb') as file:
        return file.read()
