"""ResNet, ViT and GPT-2 by the names of their tensors, against the networks in plain Python."""
import json
import math
import os
import random
import sys

sys.path[:0] = [os.path.join(os.path.dirname(__file__), os.pardir, 'cli')]
import tap
from arrays import npy, read_npy
from encoder import safetensors, write
from program import expect, folder, line, read


class Weights:
    """Tensors that are drawn when they are first asked for."""

    def __init__(self, seed, prefix=''):
        self.random, self.tensors, self.prefix = random.Random(seed), {}, prefix

    def get(self, name, *shape, mean=0.0, scale=None):
        name = self.prefix + name
        if name not in self.tensors:
            n = math.prod(shape)
            scale = scale or 1 / math.sqrt(math.prod(shape[1:]) or 1)
            values = [self.random.gauss(mean, scale) for _ in range(n)]
            self.tensors[name] = (list(shape), single(values))
        return self.tensors[name][1]

    def save(self, name='model.safetensors', where=None):
        path = os.path.join(where or folder(), name)
        safetensors(path, self.tensors)
        return path


def single(values):
    import array
    return list(array.array('f', values))


# ---- pictures: channels of rows

def conv(x, w, cout, k, stride, groups=1):
    cin, height, width, pad = len(x), len(x[0]), len(x[0][0]), k // 2
    per, out = cin // groups, []
    for o in range(cout):
        first = o // (cout // groups) * per
        rows = []
        for top in range(-pad, height + 2 * pad - k - pad + 1, stride):
            row = []
            for left in range(-pad, width + 2 * pad - k - pad + 1, stride):
                s = 0.0
                for c in range(per):
                    for i in range(max(0, -top), min(k, height - top)):
                        line_ = x[first + c][top + i]
                        at = ((o * per + c) * k + i) * k
                        for j in range(max(0, -left), min(k, width - left)):
                            s += line_[left + j] * w[at + j]
                row.append(s)
            rows.append(row)
        out.append(rows)
    return out


def pool(x):
    """The largest of 3x3, every second."""
    n = len(x[0])
    return [[[max(c[i][j] for i in range(max(0, t - 1), min(n, t + 2))
                  for j in range(max(0, s - 1), min(n, s + 2))) for s in range(0, n, 2)]
             for t in range(0, n, 2)] for c in x]


def each(f, *xs):
    return [[[f(*v) for v in zip(*rows)] for rows in zip(*cs)] for cs in zip(*xs)]


def relu(x):
    return each(lambda v: max(v, 0.0), x)


def resnet(w, image, blocks, deep, groups=1, width=4):
    def conv_norm(x, name, norm, cout, k, stride, groups=1):
        y = conv(x, w.get(name + '.weight', cout, len(x) // groups, k, k), cout, k, stride, groups)
        g, b, m, v = (w.get('%s.%s' % (norm, part), cout, mean=mean, scale=0.1) for part, mean in
                      (('weight', 1), ('bias', 0), ('running_mean', 0), ('running_var', 1)))
        return [[[(e - m[c]) / math.sqrt(v[c] + 1e-5) * g[c] + b[c] for e in row] for row in y[c]]
                for c in range(cout)]

    x = pool(relu(conv_norm(image, 'conv1', 'bn1', width, 7, 2)))
    for stage, n in enumerate(blocks):
        for i in range(n):
            stem, stride = 'layer%d.%d.' % (stage + 1, i), 2 if stage and not i else 1
            inner = width << stage
            out = inner * (4 if deep else 1)
            plan = ([(inner, 1, 1, 1), (inner, 3, stride, groups), (out, 1, 1, 1)] if deep
                    else [(inner, 3, stride, 1), (inner, 3, 1, 1)])
            y = x
            for k, (cout, size, s, g) in enumerate(plan, 1):
                y = conv_norm(y, stem + 'conv%d' % k, stem + 'bn%d' % k, cout, size, s, g)
                y = relu(y) if k < len(plan) else y
            if stride > 1 or len(x) != out:
                x = conv_norm(x, stem + 'downsample.0', stem + 'downsample.1', out, 1, stride)
            x = relu(each(lambda a, b: a + b, x, y))
    mean = [sum(map(sum, c)) / len(c) / len(c[0]) for c in x]
    return dense(w, 'fc', [mean], 5)[0]


# ---- rows

def dense(w, name, x, out, turned=False, weight='.weight', bias='.bias'):
    n = len(x[0])
    m = w.get(name + weight, *((n, out) if turned else (out, n)), scale=1 / math.sqrt(n))
    b = w.get(name + bias, out, scale=0.1)
    step = (1, out) if turned else (n, 1)
    return [[sum(row[j] * m[i * step[0] + j * step[1]] for j in range(n)) + b[i]
             for i in range(out)] for row in x]


def norm(w, name, x, eps):
    g, b = (w.get(name + part, len(x[0]), mean=mean, scale=0.1)
            for part, mean in (('.weight', 1), ('.bias', 0)))
    out = []
    for row in x:
        mean = sum(row) / len(row)
        root = math.sqrt(sum((v - mean) ** 2 for v in row) / len(row) + eps)
        out.append([(v - mean) / root * s + t for v, s, t in zip(row, g, b)])
    return out


def attention(qkv, heads, causal=False):
    n, size = len(qkv), len(qkv[0]) // 3
    d, out = size // heads, [[0.0] * size for _ in qkv]
    for h in range(heads):
        for i in range(n):
            keys = range(i + 1 if causal else n)
            e = [math.exp(sum(qkv[i][h * d + c] * qkv[j][size + h * d + c] for c in range(d))
                          / math.sqrt(d)) for j in keys]
            for c in range(d):
                out[i][h * d + c] = sum(p * qkv[j][2 * size + h * d + c]
                                        for j, p in zip(keys, e)) / sum(e)
    return out


def plus(x, y):
    return [[a + b for a, b in zip(*rows)] for rows in zip(x, y)]


NAMES = {
    'torchvision': ('conv_proj', 'class_token', 'encoder.pos_embedding',
                    'encoder.layers.encoder_layer_%d.', 'ln_1', 'self_attention.in_proj',
                    'self_attention.out_proj', 'ln_2', 'mlp.0', 'mlp.3', 'encoder.ln',
                    'heads.head', 1e-6),
    'timm': ('patch_embed.proj', 'cls_token', 'pos_embed', 'blocks.%d.', 'norm1', 'attn.qkv',
             'attn.proj', 'norm2', 'mlp.fc1', 'mlp.fc2', 'norm', 'head', 1e-6),
    'transformers': ('vit.embeddings.patch_embeddings.projection', 'vit.embeddings.cls_token',
                     'vit.embeddings.position_embeddings', 'vit.encoder.layer.%d.',
                     'layernorm_before', 'attention.attention', 'attention.output.dense',
                     'layernorm_after', 'intermediate.dense', 'output.dense', 'vit.layernorm',
                     'classifier', 1e-12),
}


def qkv(w, kind, name, x):
    if kind == 'transformers':
        parts = [dense(w, '%s.%s' % (name, part), x, len(x[0]))
                 for part in ('query', 'key', 'value')]
        return [sum(rows, []) for rows in zip(*parts)]
    marks = ('_weight', '_bias') if kind == 'torchvision' else ('.weight', '.bias')
    return dense(w, name, x, 3 * len(x[0]), weight=marks[0], bias=marks[1])


def vit(w, kind, image, size=128, patch=4, layers=2):
    (proj, token, places, block, norm1, packed, out, norm2, up, down, last, head,
     eps) = NAMES[kind]
    side = len(image[0]) // patch
    m = w.get(proj + '.weight', size, 3, patch, patch)
    b = w.get(proj + '.bias', size, scale=0.1)
    x = [w.get(token, 1, 1, size, scale=0.5)]
    for t in range(side):
        for s in range(side):
            flat = [image[c][t * patch + i][s * patch + j] for c in range(3)
                    for i in range(patch) for j in range(patch)]
            x.append([sum(a * v for a, v in zip(flat, m[o * len(flat):])) + b[o]
                      for o in range(size)])
    rows = w.get(places, 1, len(x), size, scale=0.5)
    x = [[v + rows[i * size + j] for j, v in enumerate(row)] for i, row in enumerate(x)]
    for i in range(layers):
        p = block % i
        y = attention(qkv(w, kind, p + packed, norm(w, p + norm1, x, eps)), size // 64)
        x = plus(x, dense(w, p + out, y, size))
        y = dense(w, p + up, norm(w, p + norm2, x, eps), 2 * size)
        y = [[0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in row] for row in y]
        x = plus(x, dense(w, p + down, y, size))
    return dense(w, head, norm(w, last, x[:1], eps), 5)[0]


def gpt2(w, ids, size=128, words=40, places=12, layers=2):
    """(vectors, logits) of each token."""
    table, rows = w.get('wte.weight', words, size, scale=0.1), w.get('wpe.weight', places, size)
    x = [[table[t * size + j] + rows[i * size + j] for j in range(size)]
         for i, t in enumerate(ids)]
    for i in range(layers):
        p = 'h.%d.' % i
        y = dense(w, p + 'attn.c_attn', norm(w, p + 'ln_1', x, 1e-5), 3 * size, True)
        x = plus(x, dense(w, p + 'attn.c_proj', attention(y, size // 64, True), size, True))
        y = dense(w, p + 'mlp.c_fc', norm(w, p + 'ln_2', x, 1e-5), 2 * size, True)
        y = [[0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v ** 3)))
              for v in row] for row in y]
        x = plus(x, dense(w, p + 'mlp.c_proj', y, size, True))
    x = norm(w, 'ln_f', x, 1e-5)
    return x, [[sum(a * table[t * size + j] for j, a in enumerate(row)) for t in range(words)]
               for row in x]


# ---- the program

def agree(path, name, dtype, shape, values, wanted, *more):
    """wanted: output -> numbers."""
    where = folder()
    document, array = os.path.join(where, 'x.anf'), os.path.join(where, 'x.npy')
    answer = expect(0, 'import', path, '-o', document, '--json', *more).json
    assert answer['inputs'] == [name] and not answer['unmapped'], answer
    report = expect(0, 'check', document, '--json').json
    assert not [f for f in report['findings'] if f['code'] == 'DOC201'], report['findings']
    with open(array, 'wb') as file:
        file.write(npy(dtype, shape, values))
    for numerics, limit in (('fp32', 1e-5), ('ane', 5e-3)):
        expect(0, 'run', document, '--input', '%s=%s' % (name, array), '--out', where,
               '--numerics', numerics)
        for output, numbers in wanted.items():
            _, _, got = read_npy(os.path.join(where, output + '.npy'))
            assert len(got) == len(numbers), (len(got), len(numbers))
            error = math.sqrt(sum((a - b) ** 2 for a, b in zip(got, numbers))
                              / sum(b * b for b in numbers))
            assert error < limit, (numerics, output, error)


def picture(size, seed):
    chance = random.Random(seed)
    return [[single([chance.gauss(0, 1) for _ in range(size)]) for _ in range(size)]
            for _ in range(3)]


def flat(image):
    return [v for c in image for row in c for v in row]


def see(path, image, logits, *more):
    n = len(image[0])
    agree(path, 'image', 'f4', [1, 3, n, n], flat(image), {'logits': logits}, *more)


def test_resnet():
    """ResNets of plain and of deep blocks, in groups too, give the numbers of their layers."""
    for seed, (deep, groups, prefix) in enumerate(((False, 1, ''), (True, 1, 'module.'),
                                                   (True, 2, ''))):
        w, image = Weights(seed, prefix), picture(32, seed)
        logits = resnet(w, image, (2, 1, 1, 1), deep, groups)
        see(w.save('net.safetensors'), image, logits, '--shape', 'image=1,3,32,32')


def test_vit():
    """Vision transformers under three namings give the numbers of their layers."""
    for seed, kind in enumerate(NAMES):
        w, image = Weights(10 + seed), picture(8, seed)
        logits = vit(w, kind, image)
        see(w.save('net.safetensors'), image, logits)


def test_gpt2():
    """GPT-2's turned layers, its mask and its tied words give vectors and logits."""
    for seed, prefix in enumerate(('', 'transformer.')):
        w, ids = Weights(20 + seed, prefix), [3, 1, 4, 1, 5, 9, 2, 6]
        x, logits = gpt2(w, ids)
        agree(w.save('net.safetensors'), 'input_ids', 'i8', [1, 8], ids,
              {'last_hidden_state': sum(x, []), 'logits': sum(logits, [])},
              '--shape', 'input_ids=1,8')


def test_config():
    """In a folder, config.json says what no tensor does: how many heads there are."""
    w, ids = Weights(30), [1, 2, 3]
    gpt2(w, ids)
    where = folder()
    w.save(where=where)
    write(where, 'config.json', json.dumps({'model_type': 'gpt2', 'n_head': 8}))
    document = os.path.join(folder(), 'x.anf')
    expect(0, 'import', where, '-o', document)
    with open(document) as file:
        heads = [n['attrs']['n_heads'] for n in json.load(file)['nodes'] if n['op'] == 'mha']
    assert heads == [8, 8], heads
    write(where, 'config.json', json.dumps({'model_type': 'gpt2', 'n_head': 7}))
    assert '7 heads' in line(expect(2, 'import', where, '-o', document))


def test_source_is_kept():
    """A document beside the weights it was read from does not take their place."""
    w, image = Weights(31), picture(8, 0)
    vit(w, 'timm', image)
    path = w.save('net.safetensors')
    before, document = read(path), path.replace('.safetensors', '.anf')
    expect(0, 'import', path, '-o', document)
    assert read(path) == before
    assert expect(0, 'check', document, '--json').json['ok']


def test_strangers():
    """Weights of no known network, or of one that lies, are told of in one line."""
    w = Weights(32)
    w.get('linear.weight', 3, 4)
    assert 'linear.weight' in line(expect(2, 'import', w.save('net.safetensors'), '-o',
                                          os.path.join(folder(), 'x.anf')))
    for name, shape in (('blocks.1.attn.proj.weight', [128, 64]), ('pos_embed', [1, 6, 128]),
                        ('blocks.0.norm1.bias', [3]), ('blocks.0.attn.qkv.weight', [130, 128])):
        w = Weights(33)
        vit(w, 'timm', picture(8, 0))
        w.tensors[name] = (shape, [0.5] * math.prod(shape))
        said = line(expect(2, 'import', w.save('net.safetensors'), '-o',
                           os.path.join(folder(), 'x.anf')))
        assert name in said, said


def test_templates():
    """A template is a document that checks; another name lists those there are."""
    for name, title, outputs in (('resnet18', 'ResNet-18', ['logits']),
                                 ('resnet50', 'ResNet-50', ['logits']),
                                 ('vit-b-16', 'ViT-B/16', ['logits'])):
        document = os.path.join(folder(), 'x.anf')
        answer = expect(0, 'new', name, '-o', document, '--json').json
        assert answer['title'] == title
        assert expect(0, 'check', document, '--json').json['nodes']
        with open(document) as file:
            assert list(json.load(file)['outputs']) == outputs
    assert 'resnet18' in line(expect(2, 'new', 'resnet19', '-o',
                                     os.path.join(folder(), 'x.anf')))
    expect(2, 'new')
    expect(2, 'new', 'resnet18')


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
