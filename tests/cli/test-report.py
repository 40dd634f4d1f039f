"""aneforge report: the page is whole, needs nothing else, and its numbers are those of --json."""
import base64
import html.parser
import json
import os
import re
import sys
import xml.etree.ElementTree as xml

import tap
from program import DIGITS, document, expect, folder

VOID = {'meta', 'img', 'source', 'br'}


class Page(html.parser.HTMLParser):
    """Tables by id as lists of rows of (text, data-value), and everything that is loaded."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.loaded, self.record = [], {}, [], ''
        self.table = self.cell = None
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append((tag, attrs.get('id')))
        self.loaded += [attrs[name] for name in ('src', 'href', 'srcset') if name in attrs]
        if tag == 'table':
            self.table = self.tables.setdefault(attrs['id'], [])
        elif tag == 'tr' and self.table is not None:
            self.table.append([])
        elif tag in ('td', 'th'):
            self.cell = ['', attrs.get('data-value')]

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop()[0] == tag, tag
        if tag in ('td', 'th'):
            self.table[-1].append(tuple(self.cell))
            self.cell = None
        elif tag == 'table':
            self.table = None

    def handle_startendtag(self, tag, attrs):
        self.loaded += [v for k, v in attrs if k in ('src', 'href', 'srcset')]

    def handle_data(self, data):
        if self.open and self.open[-1] == ('script', 'record'):
            self.record += data
        if self.cell:
            self.cell[0] += data


def small():
    """Two weights in int8, a bridge, two gates."""
    return document(folder(), [('input', 'x', {}, {'shape': [4, 64]}),
                               ('linear', 'l', {'x': 'x'}, {}, {'weight': 'w', 'bias': 'b'}),
                               ('relu', 'r', {'x': 'l'}), ('linear', 'm', {'x': 'r'}, {},
                                                           {'weight': 'v'}),
                               ('argmax', 'a', {'x': 'm'})], {'y': 'm', 'best': 'a'},
                    {'w': {'shape': [32, 64], 'init': 'normal', 'seed': 1},
                     'v': {'shape': [8, 32], 'init': 'normal', 'seed': 2},
                     'b': {'shape': [32], 'init': 'normal', 'seed': 3}},
                    compile={'compress': 'int8', 'target': 'h16s', 'atol': 0.1},
                    gates=[{'output': 'y', 'metric': 'rel_l2', 'limit': 0.1},
                           {'output': 'y', 'metric': 'max_abs', 'limit': 1e-9}])


def report(path, *words):
    where = os.path.join(folder(), 'r.html')
    answer = expect(0, 'report', path, '-o', where, '--runs', '3', '--warmup', '1', '--json', *words)
    with open(where, encoding='utf-8') as file:
        text = file.read()
    return answer.json, Page(text), text


def test_numbers_of_the_page_are_those_of_json():
    """The numbers of the page are those of --json."""
    told, page, _ = report(small())
    assert json.loads(page.record) == told
    rows = {row[0][0]: row for row in page.tables['segments'][1:]}
    for segment in told['segments']:
        assert float(rows[segment['name']][2][1]) == segment['median_us'], segment
        assert float(rows[segment['name']][4][1]) == segment['p90_us'], segment
        for op in segment['ops']:
            assert float(rows[op['name']][2][1]) == op['median_us'], op
    assert len(page.tables['gates']) - 1 == len(told['gates']) == 2
    assert [g['ok'] for g in told['gates']] == [True, False], told['gates']
    assert {w['chosen'] for w in told['weights']} == {'int8'}
    for row, gate in zip(page.tables['gates'][1:], told['gates']):
        assert (row[0][0], row[1][0]) == (gate['output'], gate['metric'])
        assert float(row[2][1]) == gate['value'] and float(row[3][1]) == gate['limit']
        assert row[4][0] == ('pass' if gate['ok'] else 'fail')
    for row, weight in zip(page.tables['weights'][1:], told['weights']):
        assert row[1][0] == weight['chosen'] and float(row[2][1]) == weight['bytes']
    assert sum(w['bytes'] for w in told['weights']) == told['weight_bytes']
    chips = {row[0][0]: row for row in page.tables['estimates'][1:]}
    assert set(chips) == set(told['estimates'])
    for chip, estimate in told['estimates'].items():
        if estimate['us'] is not None:
            assert float(chips[chip][2][1]) == estimate['us'], chip


def test_gates_and_estimates_are_those_of_the_other_commands():
    """Gates and segments are those of the other commands."""
    path = small()
    told, _, _ = report(path)
    gates = expect(1, 'gate', path, '--json').json['gates']
    assert [g['value'] for g in gates] == [g['value'] for g in told['gates']]
    same = expect(0, 'profile', path, '--runs', '1', '--json').json
    assert [s['name'] for s in same['segments']] == [s['name'] for s in told['segments']]
    assert [[o['name'] for o in s['ops']] for s in same['segments']] == \
        [[o['name'] for o in s['ops']] for s in told['segments']]


def test_the_page_needs_nothing_else_and_is_light_or_dark():
    """The page needs nothing else, and is light or dark."""
    _, page, text = report(small())
    assert page.loaded and all(u.startswith('data:image/svg+xml;base64,') for u in page.loaded)
    for picture in page.loaded:
        xml.fromstring(base64.b64decode(picture.split(',', 1)[1]))
    assert 'prefers-color-scheme:dark' in text
    assert not re.search(r'url\(|@import|<link|<script(?! type="application/json")', text)
    charts = re.findall(r'<svg .*?</svg>', text, re.S)
    assert len(charts) >= 2
    for chart in charts:
        assert xml.fromstring(chart).findall('.//{http://www.w3.org/2000/svg}rect')


def test_names_cannot_break_out_of_the_page():
    """Names cannot break out of the page."""
    where = folder()
    path = document(where, [('input', 'x', {}, {'shape': [2, 4]}), ('relu', 'r', {'x': 'x'})],
                    {'y': 'r'}, {}, title='</script><b>&"\'')
    told, page, text = report(path)
    assert told['title'] == '</script><b>&"\''
    assert json.loads(page.record) == told
    assert '<b>' not in text.split('<script type')[0].split('<div class="tiles">')[0]


def test_what_cannot_be_run_writes_no_page():
    """What cannot be run writes no page."""
    where = folder()
    expect(2, 'report', DIGITS)
    expect(2, 'report', os.path.join(where, 'none.anf'), '-o', os.path.join(where, 'r.html'))
    assert not os.path.exists(os.path.join(where, 'r.html'))


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
