"""driver.py - the real window under test: what a screen reader reads, what a mouse and keys do.

Nothing in here sleeps for a fixed time: everything is waited for, and then read or done."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

# Warnings of the program under test are fatal; the accessibility library here grumbles as apps go.
ENVIRONMENT = dict(os.environ, G_DEBUG='fatal-warnings')
os.environ.pop('G_DEBUG', None)

import gi  # noqa: E402

gi.require_version('Atspi', '2.0')
from gi.repository import Atspi  # noqa: E402

LIMIT = int(os.environ.get('STUDIO_E2E_LIMIT', 60))     # seconds until something that is waited for counts as missing
PAUSE = 0.05        # between two looks
BARS = 10           # how deep in the window the bars under the header are
EXAMPLES = os.environ['STUDIO_EXAMPLES']
PROGRAM = os.environ['STUDIO_PROGRAM']


class Missing(Exception):
    """What was waited for did not come."""


def wait(look, words, limit=LIMIT):
    """Calls look () until it gives something true, which is returned."""
    end = time.monotonic() + limit
    while True:
        try:
            found = look()
        except gi.repository.GLib.Error:      # a widget went away while it was read
            found = None
        if found:
            return found
        if time.monotonic() > end:
            raise Missing('waited %d s for %s' % (limit, words() if callable(words) else words))
        time.sleep(PAUSE)


def children(node):
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child is not None:
            yield child


def walk(node, depth=99, root=True):
    """The node and all below it. The palette is not entered on the way: it holds a third of all
    there is, and each look at a widget asks the program."""
    yield node
    if depth > 0 and (root or not (node.get_role_name() == 'list'
                                   and node.get_name() == 'Operators')):
        for child in children(node):
            yield from walk(child, depth - 1, False)


def has_state(node, state):
    return node.get_state_set().contains(state)


def is_shown(node):
    """GTK 4.8 says "showing" of windows only; what was never in sight has no size."""
    if not has_state(node, Atspi.StateType.VISIBLE):
        return False
    if node.get_component_iface() is None:
        return True
    e = Atspi.Component.get_extents(node, Atspi.CoordType.WINDOW)
    return e.width > 0 and e.height > 0


def is_pressable(node):
    return node.get_interfaces().count('Action') > 0


def text_of(node):
    """What a text field holds; the name of anything else."""
    if node.get_text_iface() is not None and node.get_role_name() != 'label':
        return Atspi.Text.get_text(node, 0, Atspi.Text.get_character_count(node))
    return node.get_name() or ''


def words_below(node):
    return ' | '.join(filter(None, (text_of(n) for n in walk(node) if is_shown(n))))


def dump(node, depth=0, out=sys.stderr):
    place = ''
    if node.get_component_iface() is not None:
        e = Atspi.Component.get_extents(node, Atspi.CoordType.WINDOW)
        place = '(%d,%d %dx%d)' % (e.x, e.y, e.width, e.height)
    print('%s%s %r %s %s' % ('  ' * depth, node.get_role_name(), node.get_name(),
                             '' if is_shown(node) else 'hidden', place), file=out)
    for child in children(node):
        dump(child, depth + 1, out)


def xdo(*args):
    subprocess.run(['xdotool', *map(str, args)], check=True, stdout=subprocess.DEVNULL)


class Manager:
    """The window manager. Openbox aborts after a program was killed, and gives up where it takes the
    one before for alive, so it is looked after, and started again."""
    process = None

    @classmethod
    def keep(cls):
        if cls.process is None or cls.process.poll() is not None:
            cls.process = subprocess.Popen(['openbox', '--replace'], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)

    @classmethod
    def end(cls):
        cls.process.terminate()
        cls.process.wait()


class Studio:
    """One run of the program."""

    def __init__(self, *args, title=None):
        self.killed = False
        self.areas = {}
        self.log_field = None
        self.process = subprocess.Popen([PROGRAM, *args], env=ENVIRONMENT)
        try:
            self._meet(title)
        except Exception:
            self.kill()            # else the next one would only hand its file over to this one
            raise

    def _meet(self, title):
        self.app = wait(self._find_app, 'the program to appear on the accessibility bus')
        self.frame = wait(lambda: next((n for n in children(self.app)
                                        if n.get_role_name() in ('frame', 'window')), None),
                          'its window')
        # Quicker to search than the whole.
        self.header = wait(lambda: next((c for c in reversed(list(children(self.frame)))
                                         if any(n.get_name() == 'Main menu' for n in walk(c))),
                                        None), 'the header bar')
        wait(self._is_settled, 'the window to be active and in its place')
        if title:
            self.wait_title(title)

    def _find_app(self):
        if self.process.poll() is not None:
            raise Missing('the program ended with %d' % self.process.returncode)
        for app in children(Atspi.get_desktop(0)):
            if app.get_process_id() == self.process.pid:
                app.set_cache_mask(Atspi.Cache.NONE)
                return app
        return None

    def _find_window(self):
        return subprocess.run(['xdotool', 'search', '--onlyvisible', '--pid',
                               str(self.process.pid), '--name', 'ANEForge'],
                              capture_output=True, text=True, check=False).stdout

    def _is_settled(self):
        """The window manager has given it the keyboard, and moves it no more."""
        def ask(*args):
            return subprocess.run(['xdotool', *args], capture_output=True, text=True,
                                  check=False).stdout.strip()
        Manager.keep()
        found = self._find_window().split()
        if not found:
            return False
        self.window = found[0]
        if ask('getactivewindow') != self.window:
            ask('windowactivate', self.window)
            return False
        before = ask('getwindowgeometry', '--shell', self.window)
        time.sleep(PAUSE)
        return ask('getwindowgeometry', '--shell', self.window) == before

    # ---- reading

    def area(self, name):
        """A part of the window that stays: looked for once."""
        if name not in self.areas:
            self.areas[name] = wait(lambda: next((n for n in walk(self.frame)
                                                  if n.get_name() == name
                                                  and n.get_role_name() in ('panel', 'list')), None),
                                    'the part called %s' % name)
        return self.areas[name]

    def all(self, role=None, name=None, below=None, test=None, depth=99):
        """Every node that is shown and fits; @below is a node, or the name of an area."""
        for node in walk(self.area(below) if isinstance(below, str) else below or self.frame,
                         depth):
            if role and node.get_role_name() not in (role if isinstance(role, tuple) else (role,)):
                continue
            if name is not None and node.get_name() != name:
                continue
            if is_shown(node) and (test is None or test(node)):
                yield node

    def find(self, role=None, name=None, below=None, test=None, depth=99):
        return wait(lambda: next(self.all(role, name, below, test, depth), None),
                    'a %s named %r' % (role or 'widget', name))

    def gone(self, role=None, name=None, below=None, test=None, depth=99):
        wait(lambda: next(self.all(role, name, below, test, depth), None) is None,
             'a %s named %r to go' % (role or 'widget', name))

    def sees(self, words, below=None, depth=99):
        """Something that contains the words."""
        return self.find(None, None, below, lambda n: words in text_of(n), depth)

    def bar(self, words):
        """A bar under the header that contains the words: these are not deep inside."""
        return self.sees(words, depth=BARS)

    def no_bar(self, words):
        self.gone('label', words, depth=BARS)

    def log(self):
        """All that the log says; it is readable without being in sight."""
        if self.log_field is None:
            self.log_field = wait(lambda: next((n for n in walk(self.frame)
                                                if n.get_role_name() == 'text'
                                                and n.get_name() == 'Log'), None), 'the log')
        return text_of(self.log_field)

    def wait_title(self, words):
        wait(lambda: words in (self.frame.get_name() or ''),
             lambda: 'the title %r, it is %r' % (words, self.frame.get_name()))

    # ---- doing

    def place(self, node):
        """Middle of the node on the display. GTK tells places inside the window only."""
        geometry = subprocess.run(['xdotool', 'getwindowgeometry', '--shell', self.window],
                                  capture_output=True, text=True, check=True).stdout
        at = dict(line.split('=') for line in geometry.split())
        e = Atspi.Component.get_extents(node, Atspi.CoordType.WINDOW)
        return (int(at['X']) + e.x + e.width // 2, int(at['Y']) + e.y + e.height // 2)

    def point(self, x, y):
        xdo('mousemove', '--sync', int(x), int(y))

    def click(self, node):
        self.point(*self.place(node))
        xdo('click', 1)

    def drag(self, begin, end, steps=8):
        """From one place on the display to another, as a hand does it."""
        self.point(*begin)
        xdo('mousedown', 1)
        for i in range(1, steps + 1):
            self.point(begin[0] + (end[0] - begin[0]) * i / steps,
                       begin[1] + (end[1] - begin[1]) * i / steps)
        xdo('mouseup', 1)

    def key(self, *keys):
        for key in keys:
            xdo('key', '--clearmodifiers', key)

    def type(self, words):
        xdo('type', '--clearmodifiers', words)

    def choose(self, name, item, below=None):
        """Opens the drop-down of that name with the mouse and takes one of its items by keys.
        (GTK 4.8 does not tell well enough where a popover is for the mouse to find the item.)"""
        combo = self.find('combo box', name, below)
        self.click(combo)
        items = wait(lambda: list(self.all('list item', below=combo)), 'the items of %s' % name)
        words = [words_below(node) for node in items]
        wanted = [i for i, line in enumerate(words)
                  if any(w == item or w.startswith(item + ':') for w in line.split(' | '))]
        if len(wanted) != 1:
            raise Missing('%s: no or several items are called %s: %s' % (name, item, words))
        self.key('Home', *['Down'] * wanted[0], 'Return')
        wait(lambda: item in words_below(next(self.all('push button', below=combo))),
             '%s to show %s' % (name, item))

    def write(self, field, words):
        """Replaces what a field holds, by keys, and confirms."""
        self.click(field)
        self.key('ctrl+a')
        self.type(words)
        self.key('Return')

    def press(self, node):
        """The widget's own action, for what only stands in the way of the test."""
        Atspi.Action.do_action(node, 0)

    # ---- ending

    def close(self):
        """Ends it as a user does, and gives its exit status."""
        self.key('ctrl+q')
        try:
            return self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise Missing('the program does not end') from None

    def kill(self):
        """As a crash would, without a chance to tidy up."""
        self.killed = True
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


class Tests:
    """TAP version 13; each case gets a folder with a copy of the examples."""

    def __init__(self):
        self.cases = []

    def case(self, function):
        self.cases.append(function)
        return function

    def run(self, only=()):
        """Those cases whose names begin with one of @only; without it all."""
        cases = [c for c in self.cases if not only or c.__name__.startswith(tuple(only))]
        failed = 0
        print('1..%d' % len(cases), flush=True)
        for number, function in enumerate(cases, 1):
            Manager.keep()
            failed += not self._run_one(number, function)
        Manager.end()
        return 1 if failed else 0

    def _run_one(self, number, function):
        folder = tempfile.mkdtemp(prefix='aneforge-e2e-')
        started = []
        for name in os.listdir(EXAMPLES):
            if not name.endswith('.py') and os.path.isfile(os.path.join(EXAMPLES, name)):
                shutil.copy(os.path.join(EXAMPLES, name), folder)

        def start(name, title=None):
            studio = Studio(os.path.join(folder, name), title=title)
            started.append(studio)
            return studio
        words = function.__name__.replace('_', '-')
        try:
            function(folder, start)
            for studio in (s for s in started if not s.killed):
                assert studio.process.poll() == 0, ('the program ended with %s'
                                                    % studio.process.poll())
            print('ok %d %s' % (number, words), flush=True)
            return True
        except Exception:                                  # noqa: BLE001 - reported, not hidden
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            self._keep_picture(words)
            for studio in started:
                if os.environ.get('STUDIO_E2E_DUMP') and studio.process.poll() is None:
                    dump(studio.frame)
            print('not ok %d %s' % (number, words), flush=True)
            return False
        finally:
            for studio in started:
                studio.kill()
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _keep_picture(words):
        folder = os.environ.get('STUDIO_E2E_PICTURES')
        if folder:
            subprocess.run(['import', '-window', 'root', os.path.join(folder, words + '.png')],
                           check=False)


def read_json(*path):
    with open(os.path.join(*path), encoding='utf-8') as file:
        return json.load(file)


def node_of(document, name):
    return next(n for n in document['nodes'] if n['name'] == name)
