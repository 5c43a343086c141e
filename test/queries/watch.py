"""Canaries: random values that only one person's rows hold, and a watcher that finds them in bytes.

    python3 watch.py     tests the watcher: every form, split at every byte
"""
import base64
import random
import string
import struct

LETTERS = string.ascii_lowercase + string.digits


def word(rng, length):
    return ''.join(rng.choice(LETTERS) for _ in range(length))


def person(rng):
    """What one person's rows are filled with. Everything is too random to be met by chance."""
    return {'tenant': 't' + word(rng, 19), 'user': 'u' + word(rng, 19), 'text': word(rng, 24),
            'number': str(rng.randrange(10**19, 10**20)), 'big': str(rng.randrange(10**17, 10**18)),
            'uuid': '%08x-%04x-4%03x-8%03x-%012x' % tuple(
                rng.getrandbits(bits) for bits in (32, 16, 12, 12, 48)),
            'bytes': rng.randbytes(24).hex()}


def base64_forms(data):
    """How data looks inside a longer base64, at each of the three ways it may lie there."""
    for before, cut in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b'\0' * before + data)
        yield text[cut:(before + len(data)) // 3 * 4]


def octal(data):
    """As bytea_output = escape prints it."""
    return b''.join(b'\\\\' if byte == 92 else bytes([byte]) if 32 <= byte < 127 else b'\\%03o' % byte
                    for byte in data)


def forms(values, named=False):
    """Every form of one person's canaries that is looked for, by name; in lower case. Who a `named`
    person is, is known to everybody."""
    text, data = values['text'].encode(), bytes.fromhex(values['bytes'])
    number = values['number']
    found = {} if named else {'tenant': values['tenant'].encode(), 'user': values['user'].encode()}
    found |= {'number': number.encode(), 'big': values['big'].encode(),
              'number in binary': struct.pack('>5H', *(int(number[at:at + 4]) for at in range(0, 20, 4))),
              'big in binary': struct.pack('>q', int(values['big'])),
              'uuid': values['uuid'].encode(),
              'uuid in binary': bytes.fromhex(values['uuid'].replace('-', '')),
              'bytes': data, 'bytes in hex': data.hex().encode(), 'bytes escaped': octal(data)}
    for half, part in (('first', text[:12]), ('second', text[12:])):
        found[f'{half} half of the text'] = part
        found[f'{half} half of the text reversed'] = part[::-1]
        found[f'{half} half of the text in hex'] = part.hex().encode()
    for name, value in (('text', text), ('bytes', data)):
        for way, form in enumerate(base64_forms(value)):
            found[f'{name} in base64, way {way}'] = form
    return {name: form.lower() for name, form in found.items()}


class Watcher:
    """Finds patterns in a stream that arrives in pieces; upper and lower case are the same to it."""

    def __init__(self, patterns):
        self.patterns = patterns
        self.keep = max((len(form) for form in patterns.values()), default=1) - 1
        self.tail = b''

    def see(self, data):
        """The names of the patterns that end in this piece."""
        stream, old = self.tail + data.lower(), len(self.tail)
        self.tail = stream[-self.keep:] if self.keep else b''
        return [name for name, form in self.patterns.items()
                if stream.find(form, max(0, old - len(form) + 1)) >= 0]


def self_test():
    rng = random.Random(1)
    mine, other = person(rng), person(rng)
    patterns = forms(mine)
    around = rng.randbytes(150).replace(b'\0', b'x')
    for name, form in patterns.items():
        stream = around + form.upper() + around
        for size in (1, 2, 3, 7, 31, len(stream)):
            watcher, seen = Watcher(patterns), []
            for at in range(0, len(stream), size):
                seen += watcher.see(stream[at:at + size])
            assert seen == [name], (name, size, seen)
        for split in range(len(stream)):
            watcher = Watcher(patterns)
            assert watcher.see(stream[:split]) + watcher.see(stream[split:]) == [name], (name, split)
    watcher = Watcher(patterns)
    for form in list(forms(other).values()) + [around]:
        assert watcher.see(form) == [], form
    print(f'{len(patterns)} forms found at every split, none where there is none')


if __name__ == '__main__':
    self_test()
