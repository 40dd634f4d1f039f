"""What `compile` says of the rewrites it made."""
import json
import os
import sys

import tap
from program import expect, folder, write

DOCUMENT = {
    'aneforge': 1, 'title': 'Rewritten',
    'nodes': [
        {'id': 1, 'op': 'input', 'name': 'x', 'attrs': {'shape': [2, 3, 4]}},
        {'id': 2, 'op': 'muls', 'name': 'one', 'in': {'x': 'x'}, 'attrs': {'k': 1}},
        {'id': 3, 'op': 'flatten', 'name': 'flat', 'in': {'x': 'one'}},
        {'id': 4, 'op': 'const', 'name': 'c', 'weights': {'value': 'w'}},
        {'id': 5, 'op': 'tanh', 'name': 't', 'in': {'x': 'c'}},
        {'id': 6, 'op': 'add', 'name': 'sum', 'in': {'x': 'flat', 'y': 't'}}],
    'outputs': {'y': 'sum'},
    'weights': {'w': {'init': 'normal', 'shape': [24], 'seed': 1}},
    'compile': {'opt': '1'}}


def compiled(*words):
    where = folder()
    path = write(where, 'net.anf', json.dumps(DOCUMENT))
    return expect(0, 'compile', path, '-o', os.path.join(where, 'net.anebundle'), *words)


def test_json_lists_rewrites():
    """Every rewrite is listed with rule, reason and the document's nodes."""
    rewrites = compiled('--json').json['rewrites']
    assert [(r['rule'], r['nodes']) for r in rewrites] == [
        ('identity', ['one', 'x']), ('route', ['flat']), ('fold', ['t'])], rewrites
    assert all(r['what'] and r['why'].endswith('.') for r in rewrites), rewrites


def test_segments_tell_what_crosses():
    """Each border carries its reason and the bytes that cross it."""
    only, = compiled('--json').json['segments']
    assert only['reason'] is None, only
    assert (only['bytes_in'], only['bytes_out']) == (24 * 2, 24 * 2), only
    cut = compiled('--opt', '0', '--json').json['segments']
    assert len(cut) == 3 and cut[1]['kind'] == 'bridge' and cut[1]['reason'], cut
    assert [(s['bytes_in'], s['bytes_out']) for s in cut] == [      # t goes past the bridge
        (24 * 2, 2 * 24 * 2), (24 * 2, 24 * 2), (2 * 24 * 2, 24 * 2)], cut


def test_words_list_rewrites():
    """So it is in words."""
    out = compiled().out
    assert 'Rewrites' in out and 'one (muls) is left out' in out, out


def test_level_0_rewrites_nothing():
    """At --opt 0 the list is empty and not shown."""
    assert compiled('--opt', '0', '--json').json['rewrites'] == []
    assert 'Rewrites' not in compiled('--opt', '0').out


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
