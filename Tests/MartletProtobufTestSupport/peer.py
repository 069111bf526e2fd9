"""The other side of the round trips: Google's own protobuf for Python.

    peer.py make PROTO_DIR PACKAGE SEED COUNT FILE   random messages of every type of the package
    peer.py compare PROTO_DIR GIVEN RETURNED         exits 1 if a message came back changed

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

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

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

    def fill(self, message, depth):
        r = self.random
        density = r.choice([0.1, 0.5, 0.9])
        for field in message.DESCRIPTOR.fields:
            is_message = field.type == field.TYPE_MESSAGE
            if r.random() > density or (is_message and depth > 4):
                continue
            target = getattr(message, field.name)
            if is_message and field.message_type.GetOptions().map_entry:
                self.fill_map(target, field, depth)
            elif isinstance(target, (str, bytes, int, float, bool)):
                setattr(message, field.name, self.scalar(field))
            elif is_message and not hasattr(target, "append"):
                target.SetInParent()
                self.fill(target, depth + 1)
            else:
                for _ in range(r.choice([0, 1, 2, 5, 40 if depth == 0 else 3])):
                    if is_message:
                        self.fill(target.add(), depth + 1)
                    else:
                        target.append(self.scalar(field))

    def fill_map(self, target, field, depth):
        key = field.message_type.fields_by_name["key"]
        value = field.message_type.fields_by_name["value"]
        for _ in range(self.random.choice([0, 1, 2, 10])):
            if value.type == value.TYPE_MESSAGE:
                self.fill(target[self.scalar(key)], depth + 1)
            else:
                target[self.scalar(key)] = self.scalar(value)


def make(proto_dir, package, seed, count, path):
    pool, files_set = load(proto_dir)
    names = list(type_names(files_set, package))
    maker = Maker(int(seed))
    with open(path, "wb") as out:
        for index in range(int(count)):
            name = names[index % len(names)]
            message = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))()
            maker.fill(message, 0)
            encoded = message.SerializeToString()
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


def compare(proto_dir, given, returned):
    pool, _ = load(proto_dir)
    pairs = list(zip(records(given), records(returned), strict=True))
    for index, ((name, sent), (returned_name, got)) in enumerate(pairs):
        message_class = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
        want = message_class.FromString(sent).SerializeToString(deterministic=True)
        have = message_class.FromString(got).SerializeToString(deterministic=True)
        if name != returned_name or want != have:
            sys.exit(f"record {index} ({name}) changed:\n{want.hex()[:500]}\n{have.hex()[:500]}")
        if got != have and not can_hold_maps(message_class.DESCRIPTOR, set()):
            sys.exit(f"record {index} ({name}) is encoded otherwise than Google does it:\n"
                     f"{have.hex()[:500]}\n{got.hex()[:500]}")
    print(len(pairs))


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](*sys.argv[2:])
