"""Writes wordpiece.json: texts of many scripts and what the library `tokenizers` makes of them.

    python3 make-wordpiece.py        # with the package tokenizers 0.23

tokenizer.json lies in tokenizer/, for the library and for us."""
import json
import os
import random

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

here = os.path.dirname(os.path.abspath(__file__))
chance = random.Random(7)
pieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
for c in 'abcdefghijklmnopqrstuvwxyz0123456789αβγδεσςабвгдежאبپक日本語한ßøæ.,!?-':
    pieces += [c, '##' + c]
pieces += ['the', 'cat', '##ing', 'un', '##aff', '##able', 'стр', '##ока', '\u1112', '##\u1161',
           '##\u11ab', 'i', '##\u0e01', '\u0e01', '_', '©', '##©']
vocabulary = {p: i for i, p in enumerate(dict.fromkeys(pieces))}
tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token='[UNK]', max_input_chars_per_word=20))
tokenizer.normalizer = normalizers.BertNormalizer()
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.TemplateProcessing(
    '[CLS] $A [SEP]', special_tokens=[('[CLS]', 2), ('[SEP]', 3)])
tokenizer.add_special_tokens(['[PAD]', '[UNK]', '[CLS]', '[SEP]',
                              AddedToken('[MASK]', lstrip=True, special=True)])
tokenizer.add_tokens([AddedToken('Über', normalized=True), AddedToken('cat', single_word=True)])
tokenizer.enable_truncation(40)

words = ['the', 'cat', 'CAT', 'unaffable', 'Über', 'über', 'uber', '[MASK]', ' [MASK] ', '[mask]',
         'naïve', 'ΣΊΓΜΑΣ', 'İi', 'STRASSE', 'straße', '日本語', '한', 'строка', 'Ёж', 'ก', 'न्',
         'x' * 20, 'x' * 21, 'a\u0301\u0327', 'ﬁ', '\u200b', '\u00a0', '\u3000', '\t', '\n', '\u2028',
         '\ufffd', '\u0007', '©', '_', '–', '“', '\u0e3a', '\U00011c30', '\u061d', '\u0890',
         '\U0001f3f3\ufe0f', '\U0002b740', '\U0002b820', '\ue000', '٣', '½', '²']
blocks = [(0x20, 0x7e), (0x20, 0x7e), (0xa0, 0x24f), (0x300, 0x36f), (0x370, 0x52f),
          (0x590, 0x6ff), (0x900, 0xe7f), (0x1e00, 0x206f), (0x3040, 0x30ff), (0x4e00, 0x4fff),
          (0xac00, 0xacff), (0x10330, 0x1034f), (0x11000, 0x11fff)]


def drawn():
    parts = []
    for _ in range(chance.randint(1, 9)):
        if chance.random() < 0.6:
            parts.append(chance.choice(words))
        else:
            first, last = chance.choice(blocks)
            parts.append(''.join(chr(chance.randint(first, last))
                                 for _ in range(chance.randint(1, 5))))
        parts.append(chance.choice(['', ' ']))
    return ''.join(parts)


texts = [''] + words + [drawn() for _ in range(400)]
os.makedirs(os.path.join(here, 'tokenizer'), exist_ok=True)
tokenizer.save(os.path.join(here, 'tokenizer', 'tokenizer.json'), pretty=False)
with open(os.path.join(here, 'wordpiece.json'), 'w') as file:
    rows = ',\n'.join(json.dumps([t, tokenizer.encode(t).ids]) for t in texts)
    file.write('[\n' + rows + '\n]\n')
