"""scaling.py --program ANEFORGE [OUT.svg] - how the CPU device's latency grows with the work.

Four families, each in steps that double one size: the width of a product, the batch of an MLP, the
sequence of an encoder layer, the side of an image. Beside each time stands the floating point work
done a second; where that stays level, time grows as the work does. Draws the table to OUT.svg."""
import argparse
import tempfile
from xml.sax.saxutils import escape

import own
from bench_tools import processor
from networks import Network, encoder

RUNS, ROUNDS = 30, 3


def product(size):
    net = Network('product-%d' % size, (128, size))
    return net, net.linear('x', size, size)


def mlp(batch):
    net = Network('mlp-%d' % batch, (batch, 784))
    return net, net.linear(net.relu(net.linear('x', 128, 784)), 10, 128)


def layer(tokens):
    return encoder('layer-%d' % tokens, 1, tokens, 384, 12)


def convolution(side):
    net = Network('conv-%d' % side, (1, 32, side, side))
    return net, net.relu(net.conv(net.relu(net.conv('x', 32, 3)), 32, 3))


FAMILIES = (('width of a product of 128 rows', product, (128, 256, 512, 1024, 2048)),
            ('batch of the MNIST MLP', mlp, (1, 4, 16, 64, 256, 1024)),
            ('tokens of an encoder layer, width 384', layer, (32, 64, 128, 256, 512)),
            ('side of an image, two 3x3 convolutions of 32 channels', convolution,
             (14, 28, 56, 112, 224)))


def measure(program, make, size, folder):
    net, output = make(size)
    path, _ = net.save(folder, output)
    best = None
    for _ in range(ROUNDS):
        found = own.profile(program, path, 1, RUNS)
        if best is None or found['median_us'] < best['median_us']:
            best = found
    flops = sum(op['flops'] for segment in best['segments'] for op in segment['ops'])
    return best['median_us'], best['p10_us'], best['p90_us'], flops


def chart(families):
    """Time against size, both in doublings, each family a panel; the thin line grows as the work."""
    import math
    width, height, parts = 320, 220, []
    for i, (title, rows) in enumerate(families):
        left, top = 20 + i % 2 * (width + 30), 50 + i // 2 * (height + 60)
        size = [math.log2(row[0]) for row in rows]
        time = [math.log2(row[1]) for row in rows]
        work = [math.log2(row[4]) - math.log2(rows[-1][4]) + time[-1] for row in rows]
        low, high = min(time + work), max(time + work)

        def points(values):
            return ' '.join('%.1f,%.1f' % (
                left + (s - size[0]) / (size[-1] - size[0]) * width,
                top + height - (v - low) / (high - low) * height) for s, v in zip(size, values))
        parts.append('<text x="%d" y="%d">%s</text>' % (left, top - 12, escape(title)))
        parts.append('<polyline class="work" points="%s"/>' % points(work))
        parts.append('<polyline class="time" points="%s"/>' % points(time))
        for row, at in zip(rows, points(time).split()):
            x, y = at.split(',')
            parts.append('<circle cx="%s" cy="%s" r="3"/>' % (x, y))
            parts.append('<text class="at" x="%s" y="%d">%d</text>' % (x, top + height + 16, row[0]))
            parts.append('<text class="at" x="%s" y="%.1f">%.3g ms</text>'
                         % (x, float(y) - 7, row[1] / 1e3))
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 620" font-family="sans-serif"'
            ' font-size="12"><style>.time{fill:none;stroke:#0a84ff;stroke-width:2}'
            '.work{fill:none;stroke:#999;stroke-dasharray:4 3}circle{fill:#0a84ff}'
            '.at{font-size:10px;text-anchor:middle}</style>'
            '<rect width="760" height="620" fill="white"/><text x="20" y="22">CPU device, one thread, '
            '%s. Dashed: time if it grew as the work does.</text>%s</svg>\n'
            % (escape(processor()), ''.join(parts)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--program', required=True, help='aneforge')
    parser.add_argument('out', nargs='?', help='an SVG file')
    args = parser.parse_args()
    families = []
    print('%s, one thread, n = %d' % (processor(), RUNS))
    with tempfile.TemporaryDirectory() as folder:
        for title, make, sizes in FAMILIES:
            print(title)
            rows = []
            for size in sizes:
                rows.append((size,) + measure(args.program, make, size, folder))
                print('%8d %12.1f us (%.1f to %.1f) %9.1f GFLOP/s'
                      % (rows[-1][:4] + (rows[-1][4] / rows[-1][1] / 1e3,)), flush=True)
            families.append((title, rows))
    if args.out:
        with open(args.out, 'w', encoding='utf-8') as file:
            file.write(chart(families))


main()
