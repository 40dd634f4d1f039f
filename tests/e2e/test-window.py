#!/usr/bin/python3
"""test-window.py - a person with mouse, keys and a screen reader works with whole documents."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

from driver import (ENVIRONMENT, PROGRAM, Tests, is_pressable, node_of, read_json, text_of, wait,
                    words_below)

tests = Tests()
UNITS = {'ns': 1e-3, 'µs': 1, 'ms': 1e3, 's': 1e6}
STALE = 'Results are of an earlier state'


def microseconds(words):
    number, unit = words.split()
    return float(number) * UNITS[unit]


def run_and_wait(studio):
    """Clicks Run and waits until the log has one more result."""
    before = studio.log().count('Median of 50 runs')
    studio.click(studio.find('push button', 'Run', studio.header))
    wait(lambda: studio.log().count('Median of 50 runs') == before + 1, 'the result of the run')


def read_table(studio):
    """The profile as read aloud: segments as (name, kind, ops, us), operators as name: (op, us)."""
    studio.key('2')
    page = studio.area('Profile')
    names = [n.get_name() for n in studio.all('table row', below=page)]
    segments = [re.match(r'segment (\w+), (\w+), (\d+) ops?, (.+)$', n) for n in names]
    operators = [re.match(r'(\w+), (\w+), ([\d.]+ (?:ns|µs|ms|s))$', n) for n in names]
    return ([(m[1], m[2], int(m[3]), microseconds(m[4])) for m in segments if m],
            {m[1]: (m[2], microseconds(m[3])) for m in operators if m})


def other_encoding(node):
    return re.match(r'fc1 weight, 64×1568, (?!int8)', node.get_name() or '')


@tests.case
def digits_are_run_compressed_undone_saved_and_reopened(folder, start):
    before = open(os.path.join(folder, 'mnist-cnn.anf'), 'rb').read()
    studio = start('mnist-cnn.anf', 'MNIST CNN')

    run_and_wait(studio)
    segments, operators = wait(lambda: (lambda t: t if t[0] else None)(read_table(studio)),
                               'the table of segments')
    assert [(s[0], s[1], s[2]) for s in segments] == [('s0', 'fused', 10), ('b1', 'bridge', 1)], \
        segments
    assert all(s[3] > 0 for s in segments), segments
    # Every operator of the network, by the names and kinds of the document, has a time above 0.
    wired = [n for n in json.loads(before)['nodes'] if n['op'] not in ('input', 'const')]
    assert {n['name']: n['op'] for n in wired} == {k: v[0] for k, v in operators.items()}, operators
    assert all(v[1] > 0 for v in operators.values()), operators
    studio.no_bar(STALE)

    studio.key('3')
    page = studio.area('Compress')
    studio.find('table row', 'fc1 weight, 64×1568, int8', page)
    # int4 misses the weight gate, so the table says so, and what is used instead.
    studio.choose('Encoding of fc1 weight', 'int4', page)
    cell = studio.find('push button', below=page,
                       test=lambda n: n.get_name().startswith('fc1 weight as int4: error 0.12'))
    assert 'over the limit' in cell.get_name(), cell.get_name()
    instead = studio.find('table row', below=page, test=other_encoding).get_name()
    assert instead.split(', ')[-1] != 'int4', instead
    studio.bar(STALE)
    studio.wait_title('●')

    # Both ways through the history, by keys; results of that state are of it again.
    studio.key('ctrl+z')
    studio.find('table row', 'fc1 weight, 64×1568, int8', page)
    studio.no_bar(STALE)
    wait(lambda: '●' not in studio.frame.get_name(), 'the mark of changes to go')
    studio.key('ctrl+shift+z')
    studio.find('table row', instead, page)
    studio.bar(STALE)

    studio.key('ctrl+s')
    wait(lambda: '●' not in studio.frame.get_name(), 'the document to be saved')
    saved = read_json(folder, 'mnist-cnn.anf')
    assert node_of(saved, 'fc1')['compress'] == {'weight': 'int4'}
    node_of(saved, 'fc1').pop('compress')
    assert saved == json.loads(before), 'something else was changed'
    assert open(os.path.join(folder, 'mnist-cnn.anf~'), 'rb').read() == before
    assert studio.close() == 0

    again = start('mnist-cnn.anf', 'MNIST CNN')
    again.key('3')
    again.find('table row', instead, 'Compress')
    wait(lambda: 'int4' in words_below(again.find('combo box', 'Encoding of fc1 weight', 'Compress')),
         'the choice that was saved')
    run_and_wait(again)
    again.key('4')
    verdicts = wait(lambda: re.findall(r'(\d) of 2 gates passed',
                                       words_below(again.area('Accuracy'))),
                    'the verdict on the gates')
    assert verdicts[0] in '012'
    assert again.close() == 0


def encodings(document):
    return {n['name']: n['compress']['weight'] for n in document['nodes'] if 'compress' in n}


@tests.case
def a_budget_is_kept_by_the_solvers_recipe(folder, start):
    studio = start('mnist-cnn.anf', 'MNIST CNN')
    studio.key('3')
    page = studio.area('Compress')
    studio.choose('Goal of the solver', 'Most accurate with size ≤', page)
    studio.write(studio.find('text', 'Limit of the solver', page), '120 KiB')
    studio.click(studio.find('push button', 'Apply Recipe', page, test=is_pressable))
    studio.wait_title('●')
    studio.key('ctrl+s')
    wait(lambda: '●' not in studio.frame.get_name(), 'the document to be saved')

    # The command line finds the same recipe for the same budget.
    before = os.path.join(folder, 'mnist-cnn.anf~')
    shutil.copy(before, os.path.join(folder, 'before.anf'))
    programs = os.path.dirname(os.path.abspath(os.environ['STUDIO_PROGRAM']))
    told = json.loads(subprocess.run(
        [os.path.join(programs, 'cli', 'aneforge'), 'compress', 'before.anf', '--solve', 'bytes=%d' % (120 * 1024), '--json'], cwd=folder,
        stdout=subprocess.PIPE, check=True).stdout)
    recipe = told['recipe']
    assert recipe['bytes'] <= 120 * 1024, recipe
    assert {w['node']: w['encoding'] for w in recipe['weights']} == \
        encodings(read_json(folder, 'mnist-cnn.anf')), recipe

    # One step: undone, no weight chooses for itself any more.
    studio.key('ctrl+z', 'ctrl+s')
    wait(lambda: not encodings(read_json(folder, 'mnist-cnn.anf')), 'the recipe to be undone')
    assert studio.close() == 0


def heavy_document(layers):
    """Convolutions that keep two cores busy for a fortieth of a second each."""
    size = 128
    nodes = [{'id': 1, 'op': 'input', 'name': 'x', 'attrs': {'shape': [1, size, 112, 112]}}]
    for i in range(layers):
        nodes.append({'id': i + 2, 'op': 'conv', 'name': 'c%d' % i, 'attrs': {'pad': 1},
                      'in': {'x': nodes[-1]['name']}, 'weights': {'weight': 'w%d' % i}})
    return {'aneforge': 1, 'title': 'Heavy', 'nodes': nodes, 'outputs': {'y': nodes[-1]['name']},
            'weights': {'w%d' % i: {'shape': [size, size, 3, 3], 'init': 'he', 'seed': i}
                        for i in range(layers)}}


@tests.case
def stop_ends_a_run_at_once(folder, start):
    with open(os.path.join(folder, 'heavy.anf'), 'w', encoding='utf-8') as file:
        json.dump(heavy_document(24), file)
    studio = start('heavy.anf', 'Heavy')
    button = studio.find('push button', 'Run', studio.header)
    studio.click(button)
    begin = time.monotonic()
    studio.find('push button', 'Stop', studio.header)
    # What follows within the time of a double-click belongs to the click before.
    wait(lambda: time.monotonic() - begin > 0.5, 'the time of a double-click')
    studio.click(button)
    begin = time.monotonic()
    studio.find('push button', 'Run', studio.header)
    # Looking takes most of this time; the window itself needs a tenth of a second at most.
    assert time.monotonic() - begin < 2, time.monotonic() - begin
    studio.key('2')
    studio.gone('table row', below='Profile')
    assert studio.close() == 0


@tests.case
def broken_graph_is_found_reached_and_repaired(folder, start):
    studio = start('shape-error.anf', 'A shape error')
    problems = studio.area('Problems')
    finding = studio.find('list item', below=problems)
    words = words_below(finding)
    assert 'c2' in words and '16' in words and '8' in words, words

    # A broken graph is refused, and says so without a dialog.
    studio.key('ctrl+Return')
    studio.find('push button', 'Show Node', depth=12)

    studio.key('F8')
    studio.find('text', test=lambda n: text_of(n) == 'c2')     # its name, in the inspector
    # The weight was made for 8 channels; in two groups of 8 the 16 that come fit.
    studio.write(studio.find(('spin button', 'text'), 'groups'), '2')
    studio.sees('No problems')
    studio.key('ctrl+s')
    wait(lambda: '●' not in studio.frame.get_name(), 'the document to be saved')
    assert node_of(read_json(folder, 'shape-error.anf'), 'c2')['attrs']['groups'] == 2
    run_and_wait(studio)
    assert studio.close() == 0


WIRED = {
    'aneforge': 1, 'title': 'Wires', 'next_id': 4, 'outputs': {'out': 'a'},
    'nodes': [
        {'id': 1, 'op': 'input', 'name': 'image', 'attrs': {'shape': [1, 4, 8, 8]}, 'at': [0, 0]},
        {'id': 2, 'op': 'relu', 'name': 'a', 'in': {'x': 'image'}, 'at': [320, 0]},
        {'id': 3, 'op': 'relu', 'name': 'b', 'at': [320, 208]},
    ],
}
NODE_WIDTH, NODE_HEIGHT, HEADER, FIRST_PORT = 176, 76, 14, 44


class Canvas:
    """Where places of the document are on the display, after all of it was brought into view."""

    def __init__(self, studio):
        self.studio = studio
        self.panel = studio.find('panel', 'Graph')
        studio.click(self.panel)
        studio.key('ctrl+a', 'f')
        studio.sees('100 %')
        studio.key('Escape')
        # The nodes of WIRED span this box, and its middle is now in the middle.
        self.middle = ((320 + NODE_WIDTH) / 2, (208 + NODE_HEIGHT) / 2)

    def at(self, x, y):
        px, py = self.studio.place(self.panel)
        return (px + x - self.middle[0], py + y - self.middle[1])


def save(studio, folder, name):
    """Saves and reads back; undo may have gone past the saved state, so the file is what counts."""
    path = os.path.join(folder, name)
    old = os.stat(path).st_mtime_ns
    studio.key('ctrl+s')
    wait(lambda: os.stat(path).st_mtime_ns != old, 'the document to be saved')
    return read_json(path)


@tests.case
def nodes_are_dragged_wired_and_added_by_hand(folder, start):
    name = 'wires.anf'
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
        json.dump(WIRED, file)
    studio = start(name, 'Wires')
    canvas = Canvas(studio)

    # 16 is the grid, so the node comes to rest where it is dropped.
    studio.drag(canvas.at(400, 208 + HEADER), canvas.at(400 + 64, 208 + HEADER + 32))
    studio.wait_title('●')
    assert node_of(save(studio, folder, name), 'b')['at'] == [384, 240]
    studio.key('ctrl+z')
    studio.wait_title('●')
    assert node_of(save(studio, folder, name), 'b')['at'] == [320, 208]

    # From the output of one to the input of the other.
    studio.sees('1 error')
    studio.drag(canvas.at(NODE_WIDTH, FIRST_PORT), canvas.at(320, 208 + FIRST_PORT))
    studio.sees('1 hint')              # nothing needs it yet
    assert node_of(save(studio, folder, name), 'b')['in'] == {'x': 'image'}
    studio.key('ctrl+z')
    studio.wait_title('●')
    assert 'in' not in node_of(save(studio, folder, name), 'b')
    studio.key('ctrl+y')
    studio.wait_title('●')
    assert node_of(save(studio, folder, name), 'b')['in'] == {'x': 'image'}

    # Found by three letters, added with Enter.
    studio.click(studio.find('entry', 'Search operators'))
    studio.type('tan')
    studio.find('list item', 'tanh', 'Operators')
    studio.key('Return')
    studio.wait_title('●')
    added = [n for n in save(studio, folder, name)['nodes'] if n['id'] > 3]
    assert [n['op'] for n in added] == ['tanh'], added
    assert added[0]['id'] == 4

    # With the keyboard on the canvas, Delete takes away what is selected: the new node.
    studio.key('Delete')
    studio.wait_title('●')
    assert [n['name'] for n in save(studio, folder, name)['nodes']] == ['image', 'a', 'b']
    assert studio.close() == 0


@tests.case
def groups_are_folded_entered_and_undone_to_the_same_file(folder, start):
    name = 'wires.anf'
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(WIRED, file)
    studio = start(name, 'Wires')
    canvas = Canvas(studio)

    # Written once by the program, so that its own way of writing is what is compared.
    place = canvas.at(320 + NODE_WIDTH / 2, 208 + HEADER)
    studio.drag(place, place)
    studio.key('shift+Down')
    studio.wait_title('●')
    save(studio, folder, name)
    with open(path, 'rb') as file:
        before = file.read()

    studio.key('ctrl+a', 'ctrl+shift+g')
    studio.wait_title('●')
    document = save(studio, folder, name)
    assert {n.get('group') for n in document['nodes']} == {'group 1'}, document
    studio.key('h')
    studio.wait_title('●')
    assert save(studio, folder, name)['folded'] == ['group 1']

    # In and out again is no change: nothing is to be undone for it.
    studio.key('Return')
    studio.find('push button', 'Graph')
    studio.key('Escape')

    # Back through all of it: folded, grouped.
    for _ in range(2):
        studio.key('ctrl+z')
    studio.wait_title('●')
    save(studio, folder, name)
    with open(path, 'rb') as file:
        assert file.read() == before
    assert studio.close() == 0


@tests.case
def damaged_file_is_named_and_a_sample_opens_instead(folder, start):
    path = os.path.join(folder, 'mnist-cnn.anf')
    with open(path, 'rb') as file:
        half = file.read()[:700]
    with open(path, 'wb') as file:
        file.write(half)
    studio = start('mnist-cnn.anf')
    words = text_of(studio.bar('mnist-cnn.anf:'))
    assert '\n' not in words, words
    studio.click(studio.find(name='A shape error', below=studio.find('table', 'Samples')))
    studio.wait_title('A shape error')
    studio.sees('not saved yet')
    with open(path, 'rb') as file:
        assert file.read() == half, 'the damaged file was touched'
    assert studio.close() == 0


@tests.case
def missing_weights_leave_the_document_usable(folder, start):
    os.rename(os.path.join(folder, 'mnist-cnn.safetensors'), os.path.join(folder, 'elsewhere'))
    studio = start('mnist-cnn.anf', 'MNIST CNN')
    problems = studio.area('Problems')
    studio.find('list item', below=problems,
                test=lambda n: 'mnist-cnn.safetensors' in words_below(n))
    studio.key('ctrl+b')
    studio.find('push button', 'Show Node', depth=12)
    # Everything but the numbers is still there, and stays there when saved.
    before = read_json(folder, 'mnist-cnn.anf')
    assert save(studio, folder, 'mnist-cnn.anf') == before
    assert studio.close() == 0


def edit_something(studio):
    """One edit that is quickly made and quickly seen: another target."""
    studio.choose('Target chip', 'M1', studio.header)
    studio.wait_title('●')


@tests.case
def unsaved_changes_are_asked_about(folder, start):
    studio = start('shape-error.anf', 'A shape error')
    edit_something(studio)
    studio.key('ctrl+w')
    studio_dialog = wait(lambda: dialog_of(studio), 'the question')
    assert 'A shape error' in words_below(studio_dialog)
    studio.key('Escape')
    wait(lambda: dialog_of(studio) is None, 'the question to go')
    assert studio.process.poll() is None
    studio.wait_title('●')

    studio.key('ctrl+w')
    wait(lambda: dialog_of(studio), 'the question')
    studio.key('Return')                       # Save is what Enter does
    assert studio.process.wait(60) == 0
    assert read_json(folder, 'shape-error.anf')['compile']['target'] == 'h13'


def dialog_of(studio):
    for i in range(studio.app.get_child_count()):
        child = studio.app.get_child_at_index(i)
        if child is not None and child.get_role_name() in ('dialog', 'alert'):
            return child
    return None


@tests.case
def killed_program_offers_what_was_not_saved(folder, start):
    studio = start('shape-error.anf', 'A shape error')
    edit_something(studio)
    state = os.path.join(os.environ['XDG_STATE_HOME'], 'aneforge-studio', 'recovery')
    wait(lambda: os.path.isdir(state) and any(n.endswith('.anf') for n in os.listdir(state)),
         'the recovery file')
    studio.kill()
    assert read_json(folder, 'shape-error.anf')['compile']['target'] == 'h16s'

    again = start('mnist-cnn.anf', 'MNIST CNN')
    studios_title = again.find('push button', 'Recover', depth=12)
    again.click(studios_title)
    recovered = wait(lambda: next((n for n in windows_of(again) if 'A shape error' in n.get_name()),
                                  None), 'the recovered document')
    assert '●' in recovered.get_name(), recovered.get_name()
    wait(lambda: 'M1' in words_below(recovered), 'the edit that was made')
    again.key('ctrl+s')
    wait(lambda: '●' not in recovered.get_name(), 'it to be saved')
    assert read_json(folder, 'shape-error.anf')['compile']['target'] == 'h13'
    assert again.close() == 0
    assert not any(n.endswith('.anf') for n in os.listdir(state)), os.listdir(state)


def windows_of(studio):
    return [studio.app.get_child_at_index(i) for i in range(studio.app.get_child_count())]


def open_by(studio, keys, test, words):
    studio.key(keys)
    return wait(lambda: next((n for n in windows_of(studio) if test(n)), None), words)


def close_dialog(studio):
    studio.key('Escape')
    wait(lambda: len(windows_of(studio)) == 1, 'the dialog to close')


@tests.case
def dialogs_open_by_keys_and_close_with_escape(folder, start):
    studio = start('shape-error.anf', 'A shape error')
    open_by(studio, 'ctrl+comma', lambda n: n.get_name() == 'Preferences', 'the preferences')
    close_dialog(studio)
    open_by(studio, 'ctrl+question', lambda n: 'Next problem' in words_below(n), 'the shortcuts')
    close_dialog(studio)
    # About has no key of its own: the last item of the main menu.
    studio.key('F10')
    about = studio.find(('menu item', 'push button'), 'About ANEForge Studio', studio.header)
    studio.press(about)
    dialog = wait(lambda: next((n for n in windows_of(studio)
                                if 'Not affiliated with Apple.' in words_below(n)), None), 'About')
    studio.press(studio.find(name='Credits', below=dialog, test=is_pressable))
    wait(lambda: '2606.22283' in words_below(dialog), 'the attribution of the guide')
    close_dialog(studio)
    assert studio.close() == 0


@tests.case
def choosers_of_files_open_by_keys_and_close_with_escape(folder, start):
    studio = start('shape-error.anf', 'A shape error')
    open_by(studio, 'ctrl+o', lambda n: n.get_name() == 'Open', 'the chooser of files')
    close_dialog(studio)
    open_by(studio, 'ctrl+shift+s', lambda n: n.get_name() == 'Save As', 'the chooser of a name')
    close_dialog(studio)
    # GTK 4.8's chooser loses memory of its own, which the leak check at a proper end would count.
    studio.kill()


@tests.case
def tabs_commands_and_snippets_by_keys_alone(folder, start):
    studio = start('shape-error.anf', 'A shape error')
    # What a file manager does: the program that runs already opens it, in a tab.
    subprocess.run([PROGRAM, os.path.join(folder, 'mnist-cnn.anf')], env=ENVIRONMENT, check=True)
    studio.wait_title('MNIST CNN')
    studio.key('ctrl+shift+p')
    studio.find('entry', 'Search commands')
    studio.type('insert res')
    studio.find('list item', 'Insert snippet: Residual block', 'Commands')
    studio.key('Return')
    studio.wait_title('● MNIST CNN')
    studio.key('ctrl+Page_Up')                # the other one has its own state
    studio.wait_title('A shape error')
    assert '●' not in studio.frame.get_name(), studio.frame.get_name()
    studio.key('ctrl+w')
    studio.wait_title('● MNIST CNN')
    added = [n['op'] for n in save(studio, folder, 'mnist-cnn.anf')['nodes']][12:]
    assert added == ['input', 'conv', 'relu', 'conv', 'add', 'relu'], added
    assert read_json(folder, 'shape-error.anf') == read_json(os.environ['STUDIO_EXAMPLES'],
                                                             'shape-error.anf')
    assert studio.close() == 0


if __name__ == '__main__':
    sys.exit(tests.run(sys.argv[1:]))
