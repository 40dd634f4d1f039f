"""The latency model from outside: `aneforge estimate`."""
import json
import math
import os
import re
import sys

import compare
import graphs
import model
import tap
from program import call, expect, folder, write

HERE = os.path.dirname(os.path.abspath(__file__))
MACHINES = ('m1', 'm1-max', 'm2-pro', 'm4', 'm5', 'm5-pro')
# The package's helpers make these of other nodes than our composites are made of.
OTHERWISE = ('cross_attn_geglu', 'encoder_block', 'mha_tiled', 'sdpa_512_decomposed')


def constants():
    """What engine/chip/rates-data.h says, by machine: parameters of model.py, and what folds."""
    text = open(os.path.join(HERE, '..', '..', 'engine', 'chip', 'rates-data.h')).read()
    found = {}
    for key, body in re.findall(r'\.key = "([^"]*)"(.*?)\n    \.single', text, re.S):
        p = {n: float(v) for n, v in re.findall(r'\.(\w+) = ([\d.e+-]+)', body)}
        elements = re.search(r'\.element = \{(.*?)\}', body).group(1).split(',')
        found[key] = dict(p, **dict(zip(model.NAMES[6:], map(float, elements))))
    inside = float(re.search(r'#define INSIDE (\S+)', text).group(1))
    return found, inside


def estimate(text, target, *words):
    path = write(folder(), 'g.anf', text)
    return expect(0, 'estimate', path, '--target', target, '--json', *words).json[target]


def of(build):
    g = graphs.Graph()
    build(g)
    return g.text()


def agree(text, work, tolerance=.005):
    p, inside = constants()
    for key in MACHINES:
        it = estimate(text, key)
        expected = model.terms(work, p[key], inside)
        assert abs(it['us'] / sum(expected.values()) - 1) < tolerance, (key, it['us'], expected)
        terms = it['segments'][0]['terms']
        for mine, theirs in (('fixed', 'floor'), ('activation', 'activation'),
                             ('weight', 'weight'), ('compute', 'compute')):
            assert abs(terms[mine] - expected[theirs]) <= tolerance * it['us'], (key, mine, terms,
                                                                               expected)
        assert it['low'] <= it['us'] <= it['high'] and it['basis'] == 'measured', it


def test_a_product():
    """A product is its ports, its weights, and its weights again for rows that do not fit"""
    for m, k, n in ((1, 4096, 4096), (2048, 2048, 1024), (64, 256, 256)):
        agree(of(lambda g: (g.input(m, k), g.linear(k, n))), model.Work(m * k, m * n).linear(m, k, n))


def test_a_convolution():
    """A convolution is its ports and its arithmetic"""
    agree(of(lambda g: (g.input(4, 256, 64, 64), g.conv(256, 256, 3))),
          model.Work(2 ** 22, 2 ** 22).conv2d(4, 256, 256, 64, 64, 3))


def test_activations():
    """A lone activation is read and written; a sum along the rows is only read"""
    agree(of(lambda g: (g.input(2048, 4096), g.add('gelu'))), model.Work(2 ** 23, 2 ** 23))
    agree(of(lambda g: (g.input(2048, 4096), g.add('reduce_sum', attrs={'axes': -1}))),
          model.Work(2 ** 23, 2048))


def test_norms():
    """Softmax and norms cost by the element, with rates of their own"""
    n = 1024 * 2048
    agree(of(lambda g: (g.input(1024, 2048), g.add('softmax'))),
          model.Work(n, n).add('softmax', n))
    for op, weights in (('layer_norm', {'gamma': [2048], 'beta': [2048]}),
                        ('rms_norm', {'gamma': [2048]})):
        agree(of(lambda g: (g.input(1024, 2048), g.add(op, weights=weights))),
              model.Work(n, n).add(op, n))


def test_inside():
    """Values inside cost only what does not fit; an activation after a convolution nothing"""
    def build(g):
        g.input(4, 256, 64, 64)
        for _ in range(3):
            g.conv(256, 256, 3)
            g.add('relu')
    agree(of(build), model.of_stack(4, 256, 64, 3, 3))


def test_attention():
    """Attention made of products counts both of them, and its scores twice"""
    agree(graphs.attention(512, 64, 12), model.of_attention(512, 64, 12), .01)


def test_resnet():
    """ResNet-18 agrees with its layers counted by hand"""
    agree(graphs.resnet18(), model.of_resnet18(), .02)


def test_transposed_convolution():
    """A transposed convolution is counted at its input, not at its output"""
    text = of(lambda g: (g.input(1, 64, 32, 32),
                         g.add('conv_transpose', attrs={'stride': 2, 'pad': 0},
                               weights={'weight': [64, 32, 2, 2]})))
    p, _ = constants()
    compute = estimate(text, 'm4')['segments'][0]['terms']['compute']
    assert abs(compute / (2 * 32 * 32 * 64 * 32 * 4 / p['m4']['peak'] / 1e6) - 1) < .01, compute


def test_encodings():
    """int8 weights stream on M4 and fold on M5 Pro; int4 is never quicker than twice fp16"""
    weight = {'shape': [512, 1024], 'init': 'normal', 'scale': 0.02}

    def build(g, encoding):
        g.input(1, 1024)
        g.add('linear', weights={'weight': weight}, name='y', compress={'weight': encoding})
    took = {(key, encoding): estimate(of(lambda g: build(g, encoding)), key, '--atol', '1')
            ['segments'][0]['terms']['weight']
            for key in ('m4', 'm5-pro') for encoding in ('fp16', 'int8', 'int4')}
    assert abs(took['m4', 'int8'] / took['m4', 'fp16'] - .5) < .01, took
    assert took['m5-pro', 'int8'] == took['m5-pro', 'fp16'], took
    assert abs(took['m5-pro', 'int4'] / took['m5-pro', 'fp16'] - .5) < .01, took


def test_monotone():
    """More to do never takes less, on any chip"""
    series = [
        [of(lambda g: (g.input(m, 1024), g.linear(1024, 512))) for m in (1, 8, 100, 1024, 4096)],
        [of(lambda g: (g.input(64, k), g.linear(k, 512))) for k in (16, 512, 1024, 4096, 16384)],
        [of(lambda g: (g.input(1, c, 32, 32), g.conv(c, c, 3), g.add('relu'), g.conv(c, c, 3)))
         for c in (4, 16, 64, 256, 512)],
        [of(lambda g: (g.input(r, 256), g.add('softmax'), g.add('tanh'), g.add('softmax')))
         for r in (1, 16, 512, 2048, 16384)],
        [of(lambda g: (g.input(1, 128, n), g.add('reshape', attrs={'shape': [128, n]}),
                       g.add('argmax'))) for n in (8, 16, 100, 1000, 8000)],
    ]
    for texts in series:
        paths = [write(folder(), 'g.anf', text) for text in texts]
        answers = [expect(0, 'estimate', p, '--target', 'all', '--json').json for p in paths]
        for target in answers[0]:
            us = [a[target]['us'] for a in answers if a[target]['us'] is not None]
            assert us == sorted(us), (target, us)


def test_bridge():
    """A bridge is what was measured of it, scaled by the chip; its interval is wide elsewhere"""
    text = of(lambda g: (g.input(8, 1024), g.add('argmax')))
    it = estimate(text, 'm5-pro')
    assert abs(it['us'] - 91.2) < 1 and it['basis'] == 'measured', it['us']
    there = estimate(text, 'm4')
    assert there['basis'] == 'extrapolated', there
    assert there['high'] / there['low'] > it['high'] / it['low'], (there, it)


def test_all_targets():
    """--target all answers for all 25 names; those without MIL say why they have no figure"""
    path = write(folder(), 'g.anf', of(lambda g: (g.input(4, 64), g.linear(64, 8))))
    answers = expect(0, 'estimate', path, '--target', 'all', '--json').json
    assert len(answers) == 25, sorted(answers)
    for target in ('h11', 'h12', 'm9', 't0'):
        assert answers[target]['us'] is None and answers[target]['why'], answers[target]
    for target, basis in (('h13', 'measured'), ('h14g', 'measured'), ('h16g', 'measured'),
                          ('h17s', 'measured'), ('h16s', 'extrapolated'), ('m11', 'extrapolated')):
        it = answers[target]
        assert it['basis'] == basis and it['low'] <= it['us'] <= it['high'], (target, it)
    for measured, scaled in (('h16g', 'h16s'), ('h17s', 'h17c')):
        a, b = answers[measured], answers[scaled]
        assert b['high'] / b['low'] > a['high'] / a['low'], (measured, scaled)
    assert 'Estimates, not measurements' in expect(0, 'estimate', path, '--target', 'all').out


def test_refusals():
    """A chip that refuses gives null and why; no such chip, a broken graph: exit 2"""
    big = write(folder(), 'g.anf', of(lambda g: (g.input(1, 70000), g.add('relu'))))
    answer = expect(0, 'estimate', big, '--target', 'h16s', '--json').json['h16s']
    assert answer['us'] is None and 'n2' in answer['why'], answer
    expect(2, 'estimate', big, '--target', 'h99')
    expect(2, 'estimate', big, '--model', 'guess')
    expect(2, 'estimate', big, '--target', 'host')
    expect(2, 'run', big, '--target', 'm5-pro')
    broken = write(folder(), 'g.anf', of(lambda g: (g.input(4, 64), g.linear(32, 8))))
    assert 'n2' in expect(2, 'estimate', broken).err


def test_default_target():
    """Without --target it is the document's, else h16s"""
    text = json.loads(of(lambda g: (g.input(4, 64), g.linear(64, 8))))
    path = write(folder(), 'g.anf', json.dumps(text))
    assert list(expect(0, 'estimate', path, '--json').json) == ['h16s']
    text['compile'] = {'target': 'h13'}
    path = write(folder(), 'g.anf', json.dumps(text))
    assert list(expect(0, 'estimate', path, '--json').json) == ['h13']


def test_package():
    """--model package gives the package's own figures, to 1 %"""
    known = json.load(open(os.path.join(HERE, 'package.json')))['us']
    ops = {op['op']: op for op in call('ops', '--json').json['ops']}
    checked = 0
    for name, us in known.items():
        if name in OTHERWISE:
            continue
        path = write(folder(), 'g.anf', graphs.case_graph(name, ops))
        words = ('estimate', path, '--model', 'package', '--json', '--target')
        found = dict(expect(0, *words, 'all').json, **expect(0, *words, 'host').json)
        for target, expected in us.items():
            it = found[target]
            assert it['basis'] == 'package' and it['low'] is None, it
            assert abs(it['us'] / expected - 1) < .01, (name, target, it['us'], expected)
            checked += 1
    assert checked > 350, checked


def examine(keys):
    for chip, pairs in compare.by_chip(compare.estimated(model.rows(), keys)).items():
        mean = compare.geo([compare.error(*p) for p in pairs])
        inside = sum(it['low'] <= row['us'] <= it['high'] for row, it in pairs) / len(pairs)
        print('# %s as %s: %d rows, %.3f, %.0f %% inside' % (chip, keys[chip], len(pairs), mean,
                                                            100 * inside))
        assert mean <= 1.25, (chip, mean)
        assert .7 <= inside <= .97, (chip, inside)


def test_measured_rows():
    """Rows measured on each machine are within a factor of 1.25, and the interval holds most"""
    examine(compare.KEYS)


def test_architecture_of_two():
    """h17s serves the rows of both machines it stands for"""
    examine({'M5': 'h17s', 'M5 Pro': 'h17s'})


def test_architectures_of_one():
    """An architecture that stands for one machine answers as the machine does"""
    text = of(lambda g: (g.input(256, 512), g.linear(512, 512)))
    for arch, key in (('h13', 'm1'), ('h13g', 'm1-max'), ('h14g', 'm2-pro'), ('h16g', 'm4')):
        assert estimate(text, arch) == estimate(text, key), arch


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
