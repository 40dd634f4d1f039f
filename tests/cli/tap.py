"""Runs a module's functions test_*, named by the first line of their text; speaks TAP."""
import traceback


def run(module):
    tests = [test for name, test in vars(module).items() if name.startswith('test_')]
    print('1..%d' % len(tests), flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        title = test.__doc__.splitlines()[0].rstrip('.')
        try:
            test()
            print('ok %d - %s' % (number, title), flush=True)
        except Exception:
            failed += 1
            print('not ok %d - %s' % (number, title))
            for line in traceback.format_exc().splitlines():
                print('# ' + line, flush=True)
    return failed > 0
