"""encoder.py - an encoder of the BERT family in plain Python, double throughout, and folders that
hold one with random weights. Written from the papers (arXiv:1810.04805, 1910.01108, 2004.09297) and
the names of the tensors; no part of the engine."""
import json
import math
import os
import random
import struct

SIZE, HEADS, INNER, LAYERS, POSITIONS, WORDS = 12, 3, 20, 2, 24, 60

PIECES = (['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '.', ',', '!', '?']
          + list('abcdefghijklmnopqrst') + ['##' + c for c in 'abcdefghijklmnopqrst']
          + ['the', 'cat', 'sat', '##ing', 'on', 'mat', 'do', '##g', 'u', '##u', '日'])
PIECES = list(dict.fromkeys(PIECES))
assert len(PIECES) <= WORDS

NAMES = {
    'bert': ('encoder.layer.%d.', 'attention.self.query', 'attention.self.key',
             'attention.self.value', 'attention.output.dense', 'attention.output.LayerNorm',
             'intermediate.dense', 'output.dense', 'output.LayerNorm'),
    'distilbert': ('transformer.layer.%d.', 'attention.q_lin', 'attention.k_lin',
                   'attention.v_lin', 'attention.out_lin', 'sa_layer_norm', 'ffn.lin1',
                   'ffn.lin2', 'output_layer_norm'),
    'mpnet': ('encoder.layer.%d.', 'attention.attn.q', 'attention.attn.k', 'attention.attn.v',
              'attention.attn.o', 'attention.LayerNorm', 'intermediate.dense', 'output.dense',
              'output.LayerNorm'),
}
NAMES['roberta'] = NAMES['bert']


def half(x):
    return struct.unpack('<e', struct.pack('<e', x))[0]


def brain(x):
    """The nearest number below in magnitude that bfloat16 has."""
    return struct.unpack('<f', b'\0\0' + struct.pack('<f', x)[2:])[0]


STORED = {'F32': ('f', lambda x: struct.unpack('<f', struct.pack('<f', x))[0]), 'F16': ('e', half),
          'BF16': (None, brain)}


def safetensors(path, tensors, dtype='F32'):
    """tensors: name -> (shape, values)."""
    table, data = {}, b''
    for name, (shape, values) in tensors.items():
        code = STORED[dtype][0]
        raw = (struct.pack('<%d%s' % (len(values), code), *values) if code
               else b''.join(struct.pack('<f', v)[2:] for v in values))
        table[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [len(data),
                                                                       len(data) + len(raw)]}
        data += raw
    head = json.dumps(table).encode()
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(head)) + head + data)


class Encoder:
    """Random weights of one kind; forward() is the reference."""

    def __init__(self, kind='bert', seed=0, act='gelu', dtype='F32', eps=1e-12):
        self.kind, self.act, self.eps, self.dtype = kind, act, eps, dtype
        self.random, self.tensors = random.Random(seed), {}
        self.offset = 2 if kind in ('mpnet', 'roberta') else 0
        layer, *parts = NAMES[kind]
        self.add('embeddings.word_embeddings.weight', WORDS, SIZE)
        self.add('embeddings.position_embeddings.weight', POSITIONS + self.offset, SIZE)
        if kind in ('bert', 'roberta'):
            self.add('embeddings.token_type_embeddings.weight', 2, SIZE)
        self.norm('embeddings.LayerNorm')
        if kind == 'mpnet':
            self.add('encoder.relative_attention_bias.weight', 32, HEADS)
        for i in range(LAYERS):
            q, k, v, o, norm1, up, down, norm2 = [layer % i + p for p in parts]
            for name in (q, k, v, o):
                self.linear(name, SIZE, SIZE)
            self.linear(up, INNER, SIZE)
            self.linear(down, SIZE, INNER)
            self.norm(norm1)
            self.norm(norm2)

    def add(self, name, *shape, mean=0.0, scale=0.5):
        n = math.prod(shape)
        keep = STORED[self.dtype][1]
        self.tensors[name] = (list(shape), [keep(self.random.gauss(mean, scale))
                                            for _ in range(n)])

    def linear(self, name, out, inner):
        self.add(name + '.weight', out, inner, scale=1 / math.sqrt(inner))
        self.add(name + '.bias', out, scale=0.1)

    def norm(self, name):
        self.add(name + '.weight', SIZE, mean=1.0, scale=0.1)
        self.add(name + '.bias', SIZE, scale=0.1)

    # ---- the network

    def matrix(self, name):
        (rows, columns), values = self.tensors[name]
        return [values[i * columns:(i + 1) * columns] for i in range(rows)]

    def apply_linear(self, name, x):
        w, b = self.matrix(name + '.weight'), self.tensors[name + '.bias'][1]
        return [[sum(a * c for a, c in zip(row, line)) + t for line, t in zip(w, b)] for row in x]

    def apply_norm(self, name, x):
        g, b = self.tensors[name + '.weight'][1], self.tensors[name + '.bias'][1]
        out = []
        for row in x:
            mean = sum(row) / len(row)
            var = sum((v - mean) ** 2 for v in row) / len(row)
            out.append([(v - mean) / math.sqrt(var + self.eps) * s + t
                        for v, s, t in zip(row, g, b)])
        return out

    def activate(self, v):
        if self.act == 'gelu':
            return 0.5 * v * (1 + math.erf(v / math.sqrt(2)))
        if self.act == 'gelu_new':
            return 0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v ** 3)))
        return max(v, 0.0)

    def bucket(self, distance):
        """Of a key's place less the query's: MPNet's relative_position_bucket, 32 buckets."""
        n = -distance
        first, n = (16, -n) if n < 0 else (0, n)
        if n < 8:
            return first + n
        return first + min(8 + int(math.log(n / 8) / math.log(128 / 8) * 8), 15)

    def attention(self, x, names):
        q, k, v, o = names
        q, k, v = (self.apply_linear(name, x) for name in (q, k, v))
        n, d = len(x), SIZE // HEADS
        mixed = [[0.0] * SIZE for _ in x]
        for h in range(HEADS):
            part = range(h * d, (h + 1) * d)
            for i in range(n):
                score = [sum(q[i][c] * k[j][c] for c in part) / math.sqrt(d) for j in range(n)]
                if self.kind == 'mpnet':
                    table = self.matrix('encoder.relative_attention_bias.weight')
                    score = [s + table[self.bucket(j - i)][h] for j, s in enumerate(score)]
                top = max(score)
                e = [math.exp(s - top) for s in score]
                for c in part:
                    mixed[i][c] = sum(w * v[j][c] for j, w in enumerate(e)) / sum(e)
        return self.apply_linear(o, mixed)

    def forward(self, ids):
        """The vector of each token."""
        words = self.matrix('embeddings.word_embeddings.weight')
        places = self.matrix('embeddings.position_embeddings.weight')
        kind = ([0.0] * SIZE if self.kind in ('distilbert', 'mpnet')
                else self.matrix('embeddings.token_type_embeddings.weight')[0])
        x = [[a + b + c for a, b, c in zip(words[t], places[i + self.offset], kind)]
             for i, t in enumerate(ids)]
        x = self.apply_norm('embeddings.LayerNorm', x)
        layer, *parts = NAMES[self.kind]
        for i in range(LAYERS):
            q, k, v, o, norm1, up, down, norm2 = [layer % i + p for p in parts]
            y = self.attention(x, (q, k, v, o))
            x = self.apply_norm(norm1, [[a + b for a, b in zip(*r)] for r in zip(x, y)])
            y = [[self.activate(v) for v in row] for row in self.apply_linear(up, x)]
            y = self.apply_linear(down, y)
            x = self.apply_norm(norm2, [[a + b for a, b in zip(*r)] for r in zip(x, y)])
        return x

    # ---- the folder

    def config(self):
        if self.kind == 'distilbert':
            return {'model_type': 'distilbert', 'dim': SIZE, 'n_heads': HEADS, 'n_layers': LAYERS,
                    'hidden_dim': INNER, 'activation': self.act}
        return {'model_type': self.kind, 'hidden_size': SIZE, 'num_attention_heads': HEADS,
                'num_hidden_layers': LAYERS, 'intermediate_size': INNER, 'hidden_act': self.act,
                'layer_norm_eps': self.eps, 'pad_token_id': 1 if self.offset else 0}

    def save(self, path, prefix='', old=False, pooling=None, vocabulary=True):
        """old: gamma and beta, as TensorFlow called them."""
        names = dict(self.tensors)
        if old:
            names = {n.replace('Norm.weight', 'Norm.gamma').replace('Norm.bias', 'Norm.beta'): t
                     for n, t in names.items()}
        safetensors(os.path.join(path, 'model.safetensors'),
                    {prefix + n: t for n, t in names.items()}, self.dtype)
        write(path, 'config.json', json.dumps(self.config()))
        if vocabulary:
            write(path, 'vocab.txt', '\n'.join(PIECES) + '\n')
        if pooling is not None:
            os.mkdir(os.path.join(path, '1_Pooling'))
            write(path, '1_Pooling/config.json', json.dumps(pooling))
        return path


def write(path, name, text):
    with open(os.path.join(path, name), 'w', encoding='utf-8') as file:
        file.write(text)


def unit(v):
    length = math.sqrt(sum(x * x for x in v))
    return [x / length for x in v]


def mean(rows):
    return [sum(c) / len(rows) for c in zip(*rows)]
