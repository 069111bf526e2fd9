"""The other side of the round trips: Google's own protobuf for Python.

    peer.py make PROTO_DIR PACKAGE SEED COUNT FILE plain|odd
        random messages of every type of the package
    peer.py spoil PROTO_DIR PACKAGE SEED COUNT FILE
        the same, most of them broken; each is followed by a record that begins with 1 and tells how
        it was read, or is 0 if it was refused, 3 because of its UTF-8, or 2 if there is no telling
    peer.py compare PROTO_DIR GIVEN RETURNED AGAIN
        exits 1 if a message came back changed; writes what came back once more

A file is a sequence of records: name length, name, message length, message; lengths are 32 bits,
little-endian.
"""

import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, unknown_fields
from google.protobuf.message import DecodeError

INTEGERS = {
    32: [0, 1, -1, 127, 128, 300, 2**31 - 1, -(2**31)],
    64: [0, 1, -1, 127, 2**32, 2**56, 2**63 - 1, -(2**63)],
}
UNSIGNED = {32: [0, 1, 127, 128, 2**32 - 1], 64: [0, 1, 127, 128, 2**32, 2**64 - 1]}
TEXTS = ["", "a", "\0", "a\0b", "fifteen letters", "sixteen letters!", "ü", "日本語", "🪶", "\uffff",
         "é" * 9]
REALS = [0.0, 1.0, -1.5, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308]


def load(proto_dir):
    files = sorted(str(p.relative_to(proto_dir)) for p in pathlib.Path(proto_dir).rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(
            ["protoc", "-I", proto_dir, "-I", "/usr/include", "--include_imports",
             f"--descriptor_set_out={out.name}", *files], check=True)
        files_set = descriptor_pb2.FileDescriptorSet.FromString(out.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files_set.file:
        pool.Add(file)
    return pool, files_set


def type_names(files_set, package):
    def walk(scope, message):
        name = f"{scope}.{message.name}"
        if not message.options.map_entry:
            yield name
            for nested in message.nested_type:
                yield from walk(name, nested)

    for file in files_set.file:
        if file.package == package:
            for message in file.message_type:
                yield from walk(package, message)


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self, field):
        r = self.random
        kind = field.type
        if kind in (field.TYPE_INT32, field.TYPE_SINT32, field.TYPE_SFIXED32):
            return r.choice(INTEGERS[32] + [r.randint(-(2**31), 2**31 - 1)])
        if kind in (field.TYPE_INT64, field.TYPE_SINT64, field.TYPE_SFIXED64):
            return r.choice(INTEGERS[64] + [r.randint(-(2**63), 2**63 - 1)])
        if kind in (field.TYPE_UINT32, field.TYPE_FIXED32):
            return r.choice(UNSIGNED[32] + [r.randint(0, 2**32 - 1)])
        if kind in (field.TYPE_UINT64, field.TYPE_FIXED64):
            return r.choice(UNSIGNED[64] + [r.randint(0, 2**64 - 1)])
        if kind == field.TYPE_BOOL:
            return r.random() < 0.5
        if kind == field.TYPE_DOUBLE:
            return r.choice(REALS + [r.uniform(-1e9, 1e9)])
        if kind == field.TYPE_FLOAT:
            value = r.choice([0.0, 1.0, -1.5, math.inf, math.nan, r.uniform(-1e9, 1e9)])
            return struct.unpack("<f", struct.pack("<f", value))[0]
        if kind == field.TYPE_STRING:
            return "long" * r.randint(1, 2000) if r.random() < 0.02 else r.choice(TEXTS)
        if kind == field.TYPE_BYTES:
            return r.randbytes(5000 if r.random() < 0.02 else r.choice([0, 1, 15, 16, 200]))
        if kind == field.TYPE_ENUM:
            known = [value.number for value in field.enum_type.values]
            return r.choice(known + [77, -5, 2**31 - 1, -(2**31)])
        raise AssertionError(f"unexpected field type {kind}")

    def make(self, message):
        """Fills a message that stands for itself."""
        self.submessages = 60
        self.fill(message, 0)

    def fill(self, message, depth):
        r = self.random
        density = r.choice([0.1, 0.5, 0.9]) if depth == 0 else 0.5 ** (depth / 2)
        for field in message.DESCRIPTOR.fields:
            if r.random() > density:
                continue
            is_message = field.type == field.TYPE_MESSAGE
            target = getattr(message, field.name)
            if is_message and field.message_type.GetOptions().map_entry:
                self.fill_map(target, field, depth)
            elif field.is_repeated:
                for _ in range(r.choice([0, 1, 2, 5, 40 if depth == 0 else 3])):
                    if not is_message:
                        target.append(self.scalar(field))
                    elif self.takes_submessage():
                        self.fill(target.add(), depth + 1)
            elif not is_message:
                setattr(message, field.name, self.scalar(field))
            elif self.takes_submessage():
                target.SetInParent()
                self.fill(target, depth + 1)

    def fill_map(self, target, field, depth):
        key = field.message_type.fields_by_name["key"]
        value = field.message_type.fields_by_name["value"]
        for _ in range(self.random.choice([0, 1, 2, 10])):
            if value.type != value.TYPE_MESSAGE:
                target[self.scalar(key)] = self.scalar(value)
            elif self.takes_submessage():
                self.fill(target[self.scalar(key)], depth + 1)

    def takes_submessage(self):
        """Types that hold themselves would else grow without end."""
        self.submessages -= 1
        return self.submessages >= 0


def varint(value, extra=0, most=10):
    """With up to `extra` bytes more than needed, and `most` in all."""
    out = bytearray()
    while len(out) + 1 < most and (value >= 0x80 or extra > 0):
        extra -= value < 0x80
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, offset):
    value = shift = 0
    while True:
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, offset


class OddWriter:
    """Writes an encoded message again in another way that means the same."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def extra(self):
        return self.random.choice([0, 0, 0, 1, 3])

    def rewrite(self, data, descriptor):
        return b"".join(self.chunks(data, descriptor))

    def chunks(self, data, descriptor):
        """The message in parts, each of whole fields."""
        fields = {}
        order = []
        offset = 0
        while offset < len(data):
            tag, offset = read_varint(data, offset)
            start = offset
            if tag & 7 == 0:
                _, offset = read_varint(data, offset)
            elif tag & 7 == 1:
                offset += 8
            elif tag & 7 == 5:
                offset += 4
            else:
                length, start = read_varint(data, offset)
                offset = start + length
            if tag >> 3 not in fields:
                order.append(tag >> 3)
            fields.setdefault(tag >> 3, []).extend(
                self.pieces(tag, data[start:offset], descriptor))
        self.random.shuffle(order)
        out = []
        for number in order:
            out.append(self.unknown(descriptor))
            out += fields[number]
        return [*out, self.unknown(descriptor)]

    def pieces(self, tag, value, descriptor):
        r = self.random
        field = descriptor.fields_by_number[tag >> 3]
        if tag & 7 != 2:
            if tag & 7 == 0:
                number, _ = read_varint(value, 0)
                value = varint(number, self.extra())
            return [varint(tag, self.extra(), 5) + value]
        if field.type == field.TYPE_MESSAGE:
            chunks = self.chunks(value, field.message_type)
            # A message that is not in a list may come in pieces.
            cut = r.randrange(len(chunks)) if not field.is_repeated else 0
            parts = [chunks[:cut], chunks[cut:]] if cut > 0 else [chunks]
            return [self.delimited(tag, b"".join(part)) for part in parts]
        if field.type not in (field.TYPE_STRING, field.TYPE_BYTES):
            return self.unpacked(field, value)
        return [self.delimited(tag, value)]

    def delimited(self, tag, value):
        return varint(tag, self.extra(), 5) + varint(len(value), self.extra(), 5) + value

    def unpacked(self, field, packed):
        """The numbers of a packed list, some alone and some packed together."""
        kind = {field.TYPE_DOUBLE: 1, field.TYPE_FIXED64: 1, field.TYPE_SFIXED64: 1,
                field.TYPE_FLOAT: 5, field.TYPE_FIXED32: 5, field.TYPE_SFIXED32: 5}.get(field.type, 0)
        numbers = []
        offset = 0
        while offset < len(packed):
            end = offset + {1: 8, 5: 4}[kind] if kind else read_varint(packed, offset)[1]
            numbers.append(packed[offset:end])
            offset = end
        pieces = []
        while numbers:
            count = self.random.choice([1, 1, 2, 5])
            part, numbers = numbers[:count], numbers[count:]
            alone = varint(field.number << 3 | kind) + part[0]
            pieces.append(alone if count == 1 else self.delimited(field.number << 3 | 2, b"".join(part)))
        return pieces

    def unknown(self, descriptor):
        r = self.random
        number = r.choice([900, 12_345, 2**28])
        # upb, which is below Python, puts entries of maps with unknown fields aside.
        if r.random() > 0.3 or descriptor.GetOptions().map_entry:
            return b""
        kind = r.choice([0, 1, 2, 3, 5])
        value = {0: b"\x05", 1: bytes(8), 2: b"\x03abc", 5: bytes(4),
                 3: self.unknown(descriptor) + varint(number << 3 | 4)}[kind]
        return varint(number << 3 | kind) + value


class Samples:
    """Random messages of all types of a package, in turn, encoded."""

    def __init__(self, proto_dir, package, seed, writing):
        self.pool, files_set = load(proto_dir)
        self.names = list(type_names(files_set, package))
        self.maker = Maker(int(seed))
        self.odd = OddWriter(int(seed)) if writing == "odd" else None

    def sample(self, index):
        name = self.names[index % len(self.names)]
        message = self.message_class(name)()
        self.maker.make(message)
        encoded = message.SerializeToString()
        return name, self.odd.rewrite(encoded, message.DESCRIPTOR) if self.odd else encoded

    def message_class(self, name):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))


def make(proto_dir, package, seed, count, path, writing):
    samples = Samples(proto_dir, package, seed, writing)
    with open(path, "wb") as out:
        for index in range(int(count)):
            write(out, *samples.sample(index))


def spoilt(data, other, r):
    """The bytearray, changed in one of many ways; `other` is a message of the same type."""
    place = r.randrange(len(data) + 1)
    end = min(len(data), place + r.choice([1, 2, 10]))
    match r.randrange(8):
        case 0:
            return data + other
        case 1:
            return data[:place]
        case 2:
            del data[place:end]
        case 3:
            data[place:place] = r.randbytes(r.choice([1, 2, 5]))
        case 4:
            data[place:place] = data[place:end]
        case 5:
            data[place:place] = varint(r.choice([0, 1, 2, 3, 15, 16, 2**29 - 1]) << 3 | r.randrange(8))
        case _:
            for _ in range(r.choice([1, 1, 2, 3])):
                if data:
                    data[r.randrange(len(data))] = r.choice([0, 0x7F, 0x80, 0xFF, r.randrange(256)])
    return data


def spoil(proto_dir, package, seed, count, path):
    samples = Samples(proto_dir, package, seed, "odd")
    r = random.Random(int(seed))
    with open(path, "wb") as out:
        for index in range(int(count)):
            name, encoded = samples.sample(index)
            _, other = samples.sample(index)
            encoded = bytes(spoilt(bytearray(encoded), other, r))
            write(out, name, encoded)
            try:
                message = samples.message_class(name).FromString(encoded)
            except DecodeError as error:
                write(out, name, b"\3" if "UTF-8" in str(error) else b"\0")
                continue
            unclear = is_unclear(message)
            message.DiscardUnknownFields()
            read = message.SerializeToString(deterministic=True)
            write(out, name, b"\2" if unclear else b"\1" + read)


def is_unclear(message):
    """Whether Google's libraries differ about what is in it.

    upb puts entries of maps that have unknown fields among the unknown fields of the map's owner,
    and takes the field number 0 from whoever has sent another unknown field before.
    """
    unknown = unknown_fields.UnknownFieldSet(message)
    known = message.DESCRIPTOR.fields_by_number
    if has_field_zero(unknown) or any(
            field.field_number in known and field.wire_type == 2 for field in unknown):
        return True
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].type != field.TYPE_MESSAGE:
                continue
            values = value.values()
        else:
            values = value if field.is_repeated else [value]
        if any(is_unclear(inner) for inner in values):
            return True
    return False


def has_field_zero(unknown):
    return any(field.field_number == 0 or field.wire_type == 3 and has_field_zero(field.data)
               for field in unknown)


def write(out, name, encoded):
    out.write(struct.pack("<I", len(name)) + name.encode())
    out.write(struct.pack("<I", len(encoded)) + encoded)


def records(path):
    data = pathlib.Path(path).read_bytes()
    offset = 0

    def take():
        nonlocal offset
        (length,) = struct.unpack_from("<I", data, offset)
        offset += 4 + length
        return data[offset - length:offset]

    while offset < len(data):
        yield take().decode(), take()


def can_hold_maps(descriptor, seen):
    """Google's encoder writes keys and values of maps even if they are 0 or empty, ours does not."""
    if descriptor.full_name in seen:
        return False
    seen.add(descriptor.full_name)
    return descriptor.GetOptions().map_entry or any(
        can_hold_maps(field.message_type, seen) for field in descriptor.fields if field.message_type)


def compare(proto_dir, given, returned, again):
    pool, _ = load(proto_dir)
    pairs = list(zip(records(given), records(returned), strict=True))
    out = open(again, "wb")
    for index, ((name, sent), (returned_name, got)) in enumerate(pairs):
        message_class = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        original = message_class.FromString(sent)
        original.DiscardUnknownFields()
        want = original.SerializeToString(deterministic=True)
        have = message_class.FromString(got).SerializeToString(deterministic=True)
        if name != returned_name or want != have:
            sys.exit(f"record {index} ({name}) changed:\n{want.hex()[:500]}\n{have.hex()[:500]}")
        if got != have and not can_hold_maps(message_class.DESCRIPTOR, set()):
            sys.exit(f"record {index} ({name}) is encoded otherwise than Google does it:\n"
                     f"{have.hex()[:500]}\n{got.hex()[:500]}")
        write(out, name, have)
    out.close()
    print(len(pairs))


if __name__ == "__main__":
    {"make": make, "spoil": spoil, "compare": compare}[sys.argv[1]](*sys.argv[2:])
