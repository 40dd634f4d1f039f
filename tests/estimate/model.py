"""The latency model of docs/latency-model.md in plain Python: what fit.py fits, and an independent
evaluation for the tests. Shares nothing with engine/pass/estimate.c but the formulas."""
import json
import math
import os

HERE = os.path.dirname(os.path.abspath(__file__))
FLOAT = 2                          # bytes of an fp16

TILE = 1e6                         # bytes of one value that the engine keeps to itself

# Parameters of a chip in their order: us; GB/s; TFLOP/s; ns per element.
NAMES = ('floor', 'read', 'write', 'weight', 'reload', 'peak', 'softmax', 'layer_norm', 'rms_norm',
         'group_norm')


def rows(path=os.path.join(HERE, 'measured.tsv')):
    for text in open(path):
        if not text.startswith('#'):
            chip, device, workload, params, us, flag = text.rstrip('\n').split('\t')
            yield {'chip': chip, 'device': device, 'workload': workload, 'us': float(us),
                   'params': json.loads(params), 'short': flag == 'short'}


class Work:
    """What a fused program has to do."""

    def __init__(self, read, write):
        self.read, self.write = read * FLOAT, write * FLOAT    # elements of its ports
        self.weights = []          # (fp16 bytes, stored bytes, encoding)
        self.products = []         # (rows, K, N) of products with constant weights
        self.flops = 0.0
        self.elements = {'softmax': 0, 'layer_norm': 0, 'rms_norm': 0, 'group_norm': 0}
        self.interior = []         # bytes of the values inside that are computed, not renamed
        self.chain = False

    def weigh(self, n, encoding='fp16', stored=None):
        self.weights.append((n * FLOAT, n * FLOAT if stored is None else stored, encoding))
        return self

    def linear(self, m, k, n, encoding='fp16', stored=None):
        self.weigh(k * n, encoding, stored)
        self.products.append((m, k, n))
        self.flops += 2.0 * m * k * n
        return self

    def conv2d(self, batch, cin, cout, h, w, k):
        self.weigh(cin * cout * k * k)
        self.flops += 2.0 * batch * cin * cout * h * w * k * k
        return self

    def inside(self, *elements):
        self.interior += [n * FLOAT for n in elements]
        return self

    def add(self, name, n):
        self.elements[name] += n
        return self


def weight_bytes(fp16, stored, encoding, folds):
    """What a weight costs on its way to the multipliers, in bytes of an fp16 stream."""
    if encoding == 'fp16' or encoding in folds:
        return fp16
    return max(stored, fp16 / 2)   # decoders give at most two values in the time of one


def interior_bytes(work):
    """Values inside go out of the engine and back as far as they do not fit into it."""
    return sum(2 * max(0.0, n - TILE) for n in work.interior)


def terms(work, p, inside, folds=()):
    """Microseconds by kind."""
    weights = sum(weight_bytes(*w, folds) for w in work.weights)
    again = sum(max(0.0, FLOAT * m * k / TILE - 1) * FLOAT * k * n for m, k, n in work.products)
    return {
        'floor': p['floor'],
        'activation': (work.read / p['read'] + work.write / p['write']
                       + interior_bytes(work) / inside) / 1e3,
        'weight': (weights / p['weight'] + again / p['reload']) / 1e3,
        'compute': work.flops / p['peak'] / 1e6
                   + sum(n * p[k] / 1e3 for k, n in work.elements.items()),
    }


def predict(work, p, inside, folds=()):
    return sum(terms(work, p, inside, folds).values())


# ---------------------------------------------------------------- what each measured row was

def of_matrix(params, encoding):
    m, k, n = (params[c] for c in 'MKN')
    stored = params.get('weights_bin_bytes')
    if stored is None:
        stored = {'fp16': 2, 'int8': 1, 'int4': .5, 'sparse': .76}[encoding] * k * n
    return Work(m * k, m * n).linear(m, k, n, encoding, stored)


def of_conv(params):
    batch, c, h = params.get('B', 1), params['C'], params['H']
    k, s = params.get('k', 3), params.get('stride', 1)
    w = params.get('W', h)
    out = batch * c * (h // s) * (w // s)
    return Work(batch * c * h * w, out).conv2d(batch, c, c, h // s, w // s, k)


def of_elementwise(workload, shape):
    n = math.prod(shape)
    name = workload.split(':')[1].split()[0]
    out = {'reduction': n // shape[-1]}.get(name, n)
    work = Work(n, out)
    return work.add(name, n) if name in work.elements else work


def of_decode(params, encoding):
    """One token of a decoder: all weights, and the keys and values of the past as inputs."""
    d, layers, batch = params['d_model'], params['n_layers'], params['batch']
    past = 2 * layers * params['s_kv'] * d * batch
    macs = params['gflop'] * 1e9 / 2 / batch
    n = macs - 2 * layers * params['s_kv'] * d                  # weights; the rest is attention
    work = Work(past + batch * d, batch * params['vocab'])
    work.flops = params['gflop'] * 1e9
    return work.weigh(n, encoding, n if encoding == 'int8' else None)


def of_block(batch, s, d, heads, ff):
    """A transformer block as the package builds it; ff = 0: attention alone."""
    m, scores = batch * s, batch * heads * s * s
    work = Work(m * d, m * d)
    for _ in range(4):
        work.linear(m, d, d)
    work.flops += 4.0 * m * s * d
    work.inside(m * d, m * d, m * d, scores, scores, m * d).add('softmax', scores)
    if ff:
        work.linear(m, d, ff).linear(m, ff, d).inside(m * d, m * d, m * d, m * ff, m * d, m * d)
        work.add('layer_norm', 2 * m * d)
    return work


def of_attention(s, d, heads):
    """softmax(q k') v of three inputs."""
    work = Work(3 * heads * s * d, heads * s * d)
    work.flops = 4.0 * heads * s * s * d
    return work.inside(heads * s * s, heads * s * s).add('softmax', heads * s * s)


def of_stack(batch, c, h, k, depth):
    work = Work(batch * c * h * h, batch * c * h * h)
    for _ in range(depth):
        work.conv2d(batch, c, c, h, h, k)
    return work.inside(*[batch * c * h * h] * (depth - 1))


def of_resnet18():
    work = Work(3 * 224 * 224, 1000).conv2d(1, 3, 64, 112, 112, 7).inside(64 * 112 * 112)
    c, h = 64, 56
    for stage in range(4):
        for block in range(2):
            first = stage > 0 and block == 0
            work.conv2d(1, c // 2 if first else c, c, h, h, 3).conv2d(1, c, c, h, h, 3)
            work.inside(c * h * h, c * h * h, c * h * h)
            if first:
                work.conv2d(1, c // 2, c, h, h, 1).inside(c * h * h)
        c, h = c * 2, h // 2
    return work.linear(1, 512, 1000)


def of_encoder(layers, s, d, heads, ff, read, write, norms):
    work = Work(read, write)
    for _ in range(layers):
        block = of_block(1, s, d, heads, ff)
        work.weights += block.weights
        work.products += block.products
        work.flops += block.flops
        work.interior += block.interior
        for name, n in block.elements.items():
            work.add(name, n)
    return work.add('layer_norm', norms * s * d)


def of_named(text):
    fixed = {
        'GEMM floor (M=64,K=256,N=256)': lambda: Work(64 * 256, 64 * 256).linear(64, 256, 256),
        'GEMM bandwidth (M=128,K=1024,N=1024)':
            lambda: Work(128 * 1024, 128 * 1024).linear(128, 1024, 1024),
        'GEMM compute (M=256,K=4096,N=4096)':
            lambda: Work(256 * 4096, 256 * 4096).linear(256, 4096, 4096),
        'conv single (C=64,32x32,k=3,depth=1)': lambda: of_stack(1, 64, 32, 3, 1),
        'conv resnet-ish (C=256,32x32,k=3,depth=16)': lambda: of_stack(1, 256, 32, 3, 16),
        'attention vit (S=197,D=768,H=12)': lambda: of_block(1, 197, 768, 12, 0),
        'attention longseq (S=512,D=768,H=12)': lambda: of_block(1, 512, 768, 12, 0),
        'layer_norm vit (197, 768)': lambda: Work(197 * 768, 197 * 768).add('layer_norm', 197 * 768),
        'rms_norm vit (197, 768)': lambda: Work(197 * 768, 197 * 768).add('rms_norm', 197 * 768),
        'group_norm fmap (1, 256, 64, 64)': lambda: Work(2**20, 2**20).add('group_norm', 2**20),
        'ResNet-18 forward (1x3x224x224)': of_resnet18,
        'MiniLM encoder (1 sentence)':
            lambda: of_encoder(6, 128, 384, 12, 1536, 128 * 384, 384, 1),
        'ViT-B/16 forward (1x3x224x224, 197 tokens)':
            lambda: of_encoder(12, 197, 768, 12, 3072, 3 * 224 * 224, 1000, 1)
            .conv2d(1, 3, 768, 14, 14, 16),
        'attention (S=197,D=768,H=12)': lambda: of_block(1, 197, 768, 12, 0),
        'conv stack (C=256,32x32,k=3,depth=16)': lambda: of_stack(1, 256, 32, 3, 16),
        'layer_norm (197, 768)': lambda: Work(197 * 768, 197 * 768).add('layer_norm', 197 * 768),
        'gelu (197, 768)': lambda: Work(197 * 768, 197 * 768),
    }
    return fixed[text]() if text in fixed else None


CHAINS = ('attention', 'ResNet', 'MiniLM', 'ViT', 'resnet-ish', 'conv stack', 'serving:attention',
          'serving:encoder', 'encoder_block', 'resnet18', 'vit_b16', 'minilm', 'gap:attention',
          'gap:fused_block', 'decode_step')


def work_of(row):
    """The work of a measured row, or None where the row does not tell what was run."""
    p, w, device = row['params'], row['workload'], row['device']
    encoding = 'int8' if device == 'ANE8' else p.get('mode', 'fp16')
    work = None
    if w in ('gemm_square', 'gemm', 'gemv', 'compressed_matmul'):
        work = of_matrix(p, encoding)
    elif w in ('conv3x3_same', 'conv_same'):
        work = of_conv(p)
    elif w == 'op:pixel_shuffle':
        work = Work(math.prod(p['shape']), math.prod(p['shape']))
    elif w in ('op:max_pool', 'op:avg_pool'):
        work = Work(math.prod(p['shape']), math.prod(p['shape']) // 4)
    elif w.startswith(('stream:', 'op:')):
        work = of_elementwise(w, p['shape'])
    elif w == 'gap:gemv':
        work = Work(4096, 4096).linear(1, 4096, 4096)
    elif w == 'decode_step':
        work = of_decode(p, encoding)
    elif w == 'gap:attention':
        work = of_attention(p['S'], p['D'], p['H'])
    elif w == 'gap:fused_block':
        work = of_stack(p['B'], p['C'], 64, 3, p['n_conv'])
    elif w.startswith('serving:gemm'):
        m = p['B'] * 128
        work = Work(m * 1024, m * 1024).linear(m, 1024, 1024)
    elif w.startswith('serving:attention'):
        work = of_block(p['B'], 128, 768, 12, 0)
    elif w.startswith('serving:encoder'):
        work = of_block(p['B'], 128, 768, 12, 3072)
    elif w == 'encoder_block' and p['mode'] == 'ane_fp16':
        work = of_block(p['B'], p['S'], p['D'], p['H'], p['Dff'])
    elif w == 'resnet18' and 'n_ops' in p:
        work = of_resnet18()
    elif w == 'minilm_l6' and 'n_ops' in p:
        work = of_named('MiniLM encoder (1 sentence)')
    elif w == 'vit_b16' and 'n_ops' in p:
        work = of_named('ViT-B/16 forward (1x3x224x224, 197 tokens)')
    elif device != 'bridge':
        work = of_named(w)
    if work is not None:
        work.chain = w.startswith(CHAINS) and w != 'decode_step'
    return work
