"""own.py - the CPU device as the benchmarks ask it: through the command line."""
import json
import os
import subprocess
import time

import numpy as np


def output(program, path, x, folder):
    np.save(os.path.join(folder, 'x.npy'), x)
    subprocess.run([program, 'run', path, '--input', 'x=' + os.path.join(folder, 'x.npy'), '--out',
                    folder], check=True, stdout=subprocess.DEVNULL)
    return np.load(os.path.join(folder, 'y.npy'))


def profile(program, path, threads, runs, encoding='fp16'):
    found = subprocess.run([program, 'profile', path, '--json', '--threads', str(threads), '--runs',
                            str(runs), '--compress', encoding], check=True, capture_output=True)
    return json.loads(found.stdout)


def times(program, path, threads, runs, encoding='fp16'):
    """Median, 10th and 90th percentile of the runs, in ms."""
    found = profile(program, path, threads, runs, encoding)
    return [found[key] / 1e3 for key in ('median_us', 'p10_us', 'p90_us')]


def process(program, path, x_path):
    """A whole process that reads the document, compiles it and runs it once: the milliseconds from
    its start to its end, and the KiB it had at most."""
    begin = time.perf_counter()
    child = subprocess.Popen([program, 'run', path, '--input', 'x=' + x_path, '--threads', '1'],
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status != 0:
        raise RuntimeError('%s could not run %s' % (program, path))
    return 1e3 * (time.perf_counter() - begin), usage.ru_maxrss
