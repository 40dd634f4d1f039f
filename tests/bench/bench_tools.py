"""bench_tools.py - what the benchmarks share."""
import peers


def found_peers():
    """Names of the peers whose packages are there."""
    found = []
    for name in peers.PEERS:
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            pass
    return found


def processor():
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            for line in file:
                if line.startswith('model name'):
                    return line.split(':')[1].strip()
    except OSError:
        pass
    return 'unknown processor'
