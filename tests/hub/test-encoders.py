"""Encoders from Hugging Face folders, against the same network in plain Python."""
import json
import math
import os
import struct
import sys

sys.path[:0] = [os.path.join(os.path.dirname(__file__), os.pardir, 'cli')]
import tap
from arrays import npy, read_npy
from encoder import LAYERS, PIECES, POSITIONS, SIZE, Encoder, mean, unit, write
from program import call, expect, folder, line

TEXTS = ['the cat sat on the mat.', 'The CAT', 'dog', 'sitting dogs, cats?', '']


def ids(*pieces):
    return [PIECES.index('[CLS]')] + [PIECES.index(p) for p in pieces] + [PIECES.index('[SEP]')]


# What the words above are, by hand: the longest piece first.
TOKENS = [ids('the', 'cat', 'sat', 'on', 'the', 'mat', '.'), ids('the', 'cat'), ids('do', '##g'),
          ids('s', '##i', '##t', '##t', '##ing', 'do', '##g', '##s', ',', 'cat', '##s', '?'),
          ids()]


def cosine(a, b):
    return sum(x * y for x, y in zip(unit(a), unit(b)))


def vectors(path, *texts, more=()):
    answer = expect(0, 'embed', path, *(texts or TEXTS), '--json', *more).json
    assert answer['dim'] == len(answer['vectors'][0])
    for v in answer['vectors']:
        assert abs(sum(x * x for x in v) - 1) < 1e-5
    return answer['vectors']


def agree(encoder, path, pool=mean, tokens=TOKENS):
    wanted = [unit(pool(encoder.forward(t))) for t in tokens]
    for numerics, limit in (('fp32', 1 - 1e-9), ('ane', 0.999), ('ane-lanes', 0.999)):
        for v, w in zip(vectors(path, more=('--numerics', numerics)), wanted):
            assert cosine(v, w) >= limit, (numerics, cosine(v, w))


def test_bert():
    """The vector of a text is that of the network written down in Python, to fp32."""
    encoder = Encoder()
    agree(encoder, encoder.save(folder()))


def test_distilbert():
    """DistilBERT's names and sizes are known."""
    encoder = Encoder('distilbert', seed=1)
    agree(encoder, encoder.save(folder(), prefix='distilbert.'))


def test_mpnet():
    """MPNet's positions and its terms by distance are known."""
    encoder = Encoder('mpnet', seed=2)
    agree(encoder, encoder.save(folder()))


def test_activations():
    """GELU by tanh and ReLU are what config.json asks for."""
    for seed, act in enumerate(('gelu_new', 'relu')):
        encoder = Encoder(seed=3 + seed, act=act)
        agree(encoder, encoder.save(folder()))


def test_storage():
    """Weights in fp16 and bfloat16, behind a prefix and under their old names, are read."""
    for seed, (dtype, prefix, old) in enumerate((('F16', 'bert.', False), ('BF16', '', True))):
        encoder = Encoder(seed=5 + seed, dtype=dtype)
        agree(encoder, encoder.save(folder(), prefix=prefix, old=old))


def test_pooling():
    """The first token, the largest number and the root of the length pool as the folder says."""
    encoder = Encoder(seed=7)
    pools = {'pooling_mode_cls_token': lambda x: x[0],
             'pooling_mode_max_tokens': lambda x: [max(c) for c in zip(*x)],
             'pooling_mode_mean_sqrt_len_tokens':
                 lambda x: [sum(c) / math.sqrt(len(x)) for c in zip(*x)]}
    for key, pool in pools.items():
        agree(encoder, encoder.save(folder(), pooling={key: True}), pool)
    path = encoder.save(folder(), pooling=dict.fromkeys(pools, True))
    agree(encoder, path, lambda x: [v for pool in pools.values() for v in pool(x)])


def test_length():
    """A text is cut to what the folder says, or to the table of positions."""
    encoder = Encoder(seed=8)
    long = 'cat ' * 50
    path = encoder.save(folder())
    cut = ids(*['cat'] * (POSITIONS - 2))
    answer = expect(0, 'embed', path, long, '--json', '--numerics', 'fp32').json
    assert answer['tokens'] == [POSITIONS]
    assert cosine(answer['vectors'][0], mean(encoder.forward(cut))) > 1 - 1e-9
    write(path, 'sentence_bert_config.json', json.dumps({'max_seq_length': 7}))
    answer = expect(0, 'embed', path, long, '--json', '--numerics', 'fp32').json
    assert answer['tokens'] == [7]
    assert cosine(answer['vectors'][0], mean(encoder.forward(ids(*['cat'] * 5)))) > 1 - 1e-9


def test_order():
    """Vectors stand in the order of their texts, whatever the lengths; alone they are the same."""
    path = Encoder(seed=9).save(folder())
    together = vectors(path)
    for text, v in zip(TEXTS, together):
        alone, = vectors(path, text)
        assert alone == v


def test_words():
    """Options stand anywhere, and a text may begin with a dash."""
    path = Encoder(seed=10).save(folder())
    first = expect(0, 'embed', '--json', '--threads', '1', path, 'cat').out
    assert first == expect(0, 'embed', path, 'cat', '--threads', '1', '--json').out
    expect(0, 'embed', path, '--json', '--', '-cat', '--json')
    assert 'cat' in expect(0, 'embed', path, 'cat', 'dog').out
    for words in (['embed'], ['embed', path], ['embed', path, 'x', '--numerics', 'fp64'],
                  ['embed', path, b'\xff\xfe']):
        expect(2, *words)


def broken(change):
    path = Encoder(seed=11).save(folder())
    change(path)
    return line(expect(2, 'embed', path, 'cat'))


def config(**more):
    return lambda path: write(path, 'config.json',
                              json.dumps({**Encoder().config(), **more}))


def test_bad_folders():
    """A folder that holds no such model is told of in one line: file, place, cause."""
    expect(2, 'embed', os.path.join(folder(), 'nowhere'), 'x')
    expect(2, 'embed', __file__, 'x')
    expect(2, 'embed', folder(), 'x')
    for name in ('config.json', 'model.safetensors', 'vocab.txt'):
        assert name in broken(lambda path: os.remove(os.path.join(path, name)))
        said = broken(lambda path: write(path, name, '{'))
        assert name in said, said
    assert 'model_type' in broken(config(model_type='gpt_neo'))
    assert 'heads' in broken(config(num_attention_heads=5))
    assert 'hidden_size' in broken(config(hidden_size=-3))
    assert 'wave' in broken(config(hidden_act='wave'))
    assert '12' in broken(config(hidden_size=24))
    assert 'layer.%d' % LAYERS in broken(config(num_hidden_layers=LAYERS + 1))
    assert 'modules.json' in broken(lambda path: write(path, 'modules.json', '[{"type": "x.Dense",'
                                                       ' "path": ""}]'))
    assert 'tokenizer.json' in broken(
        lambda path: write(path, 'tokenizer.json', '{"model": {"type": "BPE"}}'))
    assert 'pytorch_model.bin' in broken(lambda path: os.rename(
        os.path.join(path, 'model.safetensors'), os.path.join(path, 'pytorch_model.bin')))


def test_random_damage():
    """A folder with bytes changed is read, or told of in one line."""
    import random
    chance = random.Random(0)
    path = Encoder(seed=12).save(folder())
    tokens = json.dumps({'model': {'type': 'WordPiece', 'vocab': {p: i for i, p in
                                                                 enumerate(PIECES)}},
                         'normalizer': {'type': 'BertNormalizer'}, 'added_tokens': []})
    write(path, 'tokenizer.json', tokens)
    for _ in range(24):
        name = chance.choice(['config.json', 'tokenizer.json', 'model.safetensors'])
        place = os.path.join(path, name)
        with open(place, 'rb') as file:
            whole = file.read()
        data = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(min(len(data), 2000))] = chance.randrange(256)
        with open(place, 'wb') as file:
            file.write(data)
        answer = call('embed', path, 'cat')
        assert answer.code in (0, 2, 4), answer
        if answer.code:
            line(answer)
        with open(place, 'wb') as file:
            file.write(whole)


def imported(encoder, path, *more):
    where = os.path.join(folder(), 'e.anf')
    answer = expect(0, 'import', path, '-o', where, '--json', *more).json
    assert answer['inputs'] == ['input_ids', 'attention_mask'], answer
    assert expect(0, 'check', where, '--json').json['ok']
    return where


def fed(where, tokens, length):
    there, room = folder(), [0] * (length - len(tokens))
    names = {'input_ids': tokens + room, 'attention_mask': [1] * len(tokens) + room}
    words = ['run', where, '--out', there, '--numerics', 'fp32']
    for name, values in names.items():
        with open(os.path.join(there, name + '.npy'), 'wb') as file:
            file.write(npy('i8', [1, length], values))
        words += ['--input', '%s=%s.npy' % (name, os.path.join(there, name))]
    expect(0, *words)
    return there


def test_import():
    """The same network as a document gives the same vectors, with padding behind the text."""
    for kind in ('bert', 'distilbert', 'mpnet', 'roberta'):
        encoder = Encoder(kind, seed=13)
        where = imported(encoder, encoder.save(folder(), pooling={'pooling_mode_mean_tokens': True},
                                               vocabulary=kind != 'roberta'),
                         '--shape', 'input_ids=1,16')
        there = fed(where, TOKENS[0], 16)
        wanted = encoder.forward(TOKENS[0])
        _, shape, got = read_npy(os.path.join(there, 'last_hidden_state.npy'))
        assert shape == [1, 16, SIZE]
        flat = [v for row in wanted for v in row]
        error = math.sqrt(sum((a - b) ** 2 for a, b in zip(got, flat))
                          / sum(b * b for b in flat))
        assert error < 1e-5, (kind, error)
        _, shape, got = read_npy(os.path.join(there, 'sentence_embedding.npy'))
        assert shape == [1, SIZE] and cosine(got, mean(wanted)) > 1 - 1e-9


def test_import_names():
    """A folder, its config.json and its weights mean the same document."""
    path = Encoder(seed=14).save(folder())
    texts = []
    for name in ('', 'config.json', 'model.safetensors'):
        where = os.path.join(folder(), 'e.anf')
        expect(0, 'import', os.path.join(path, name), '-o', where)
        with open(where) as file:
            texts.append(file.read())
    assert texts[0] == texts[1] == texts[2]
    for shape in ('x=1,8', 'input_ids=1,0', 'input_ids=2,8', 'input_ids=8', 'input_ids=1,9999'):
        expect(2, 'import', path, '-o', os.path.join(folder(), 'e.anf'), '--shape', shape)


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
