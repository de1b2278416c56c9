"""Damaged copies of a data set: what disks, broken programs and hostile people do to files."""

import random
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

CANARY = "canary"
PICKLES = (
    b"cos\nsystem\n(S'touch canary'\ntR.",
    b'c__builtin__\nexec\n(S\'open("canary", "w")\'\ntR.',
    bytes.fromhex("8004951e000000000000008c05706f736978948c0673797374656d9493948c0c")
    + b"touch canary\x94\x85\x94R\x94.",
    b"(lp0\nVa.dat\np1\na(lp2\na.",
    b"N.",
    b"(lp0\n" + b"(" * 2000 + b".",
)
ODD_VALUES = (
    -1, 0, 1, 7, 2**31, 2**63 - 1, -(2**63), 1.5, float("nan"), float("inf"), -float("inf"), 1e308, 5e-324, "",
    "text", "x" * 3000, "../../../../etc/passwd", "a\nb", "ü", "{raw.kwd}/recordings/0/data", "/", ".", "int99",
    "object",
    h5py.Empty("f8"), True, [], [1, 2, 3], [[1, 2], [3, 4]], [0.5, float("nan")], ["a", "b"], np.zeros((2, 3, 4)),
    np.array([b"\xff\xfe"]), np.uint64(2**64 - 1), np.float16(2), np.zeros(3, dtype=[("a", "i4"), ("b", "f8")]),
)  # fmt: skip
DTYPES = ("i1", "u1", "<i2", ">i4", "u4", "i8", "u8", "f2", "f4", "f8", "S3", "?", "c8")


def mutate(kwik: Path, seed: int) -> str:
    """Damage a data set in place, a little or a lot; return what was done."""
    rng = random.Random(seed)
    target = rng.choice([kwik, kwik, kwik, kwik.with_suffix(".kwx"), kwik.with_suffix(".kwx")])
    done = []
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        if rng.random() < 0.45:
            change = rng.choice(BYTE_CHANGES)
            target.write_bytes(change(bytearray(target.read_bytes()), rng))
            done.append(change.__name__)
            return f"{target.name}: {', '.join(done)}"  # it may be no HDF5 any more
        change = rng.choice(NODE_CHANGES)
        with h5py.File(target, "r+") as file:
            done.append(f"{change.__name__} {change(file, rng)}")
    return f"{target.name}: {', '.join(done)}"


def flip_bits(data: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.choice([1, 1, 4, 64])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def flip_early_bits(data: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.choice([1, 4])):
        data[rng.randrange(min(len(data), 4096))] ^= 1 << rng.randrange(8)
    return bytes(data)


def write_extreme_number(data: bytearray, rng: random.Random) -> bytes:
    size = rng.choice([1, 2, 4, 8])
    place = rng.randrange(len(data) - 8) // size * size
    data[place : place + size] = rng.choice([b"\xff", b"\x00", b"\x7f", b"\x80"]) * size
    return bytes(data)


def write_large_size(data: bytearray, rng: random.Random) -> bytes:
    """Multiply a number that occurs in the file, such as a length, in all places."""
    place = rng.randrange(0, len(data) - 8, 8)
    old = bytes(data[place : place + 8])
    return bytes(data).replace(old, (2 ** rng.choice([20, 33, 40, 62])).to_bytes(8, "little"), 3)


def cut_short(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data[: rng.randrange(len(data))])


def cut_the_end(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data[: -rng.choice([1, 8, 512])])


def swap_blocks(data: bytearray, rng: random.Random) -> bytes:
    size = rng.choice([8, 64, 512])
    first, second = (rng.randrange(max(1, len(data) // size)) * size for _ in range(2))
    data[first : first + size], data[second : second + size] = data[second : second + size], data[first : first + size]
    return bytes(data)


def clear_block(data: bytearray, rng: random.Random) -> bytes:
    size = rng.choice([8, 64, 512, 4096])
    place = rng.randrange(len(data))
    data[place : place + size] = bytes(len(data[place : place + size]))
    return bytes(data)


def fill_with_noise(data: bytearray, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    size = min(rng.choice([16, 256, 4096]), len(data) - place)
    data[place : place + size] = rng.randbytes(size)
    return bytes(data)


def append_noise(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data) + rng.randbytes(rng.choice([1, 100, 5000]))


def set_attribute(file: h5py.File, rng: random.Random) -> str:
    node = _any_node(file, rng)
    name = _any_attribute(node, rng)
    value = rng.choice(ODD_VALUES)
    node.attrs[name] = value if not isinstance(value, list) or value else h5py.Empty("i4")
    return f"{node.name}@{name} = {str(value)[:30]!r}"


def set_pickle(file: h5py.File, rng: random.Random) -> str:
    node = _any_node(file, rng)
    name = _any_attribute(node, rng)
    node.attrs[name] = np.bytes_(rng.choice(PICKLES))
    return f"{node.name}@{name}"


def delete_attribute(file: h5py.File, rng: random.Random) -> str:
    node = _any_node(file, rng)
    name = _any_attribute(node, rng)
    if name in node.attrs:
        del node.attrs[name]
    return f"{node.name}@{name}"


def delete_node(file: h5py.File, rng: random.Random) -> str:
    name = _any_node(file, rng).name
    if name != "/":
        del file[name]
    return str(name)


def group_for_dataset(file: h5py.File, rng: random.Random) -> str:
    name = _any_dataset(file, rng)
    if name:
        del file[name]
        file.create_group(name)
    return name


def dataset_for_group(file: h5py.File, rng: random.Random) -> str:
    name = _any_node(file, rng).name
    if name != "/":
        del file[name]
        file[name] = np.arange(rng.choice([0, 1, 5]))
    return str(name)


def other_type(file: h5py.File, rng: random.Random) -> str:
    name = _any_dataset(file, rng)
    if name and file[name].dtype.kind in "iuf":
        dtype = rng.choice(DTYPES)
        values = file[name][()]
        del file[name]
        with np.errstate(all="ignore"):
            file[name] = values.astype(dtype)
        return f"{name} {dtype}"
    return name


def other_shape(file: h5py.File, rng: random.Random) -> str:
    name = _any_dataset(file, rng)
    if not name:
        return name
    values = np.asarray(file[name][()])
    shapes = [values.reshape(-1), values[None], values[..., None], values.reshape(-1)[:0], values.reshape(-1)[:1].sum()]
    if values.ndim:
        shapes += [values[:-1], np.concatenate([values, values]), values[::-1]]
    chosen = rng.choice(shapes)
    del file[name]
    file[name] = chosen
    return f"{name} {np.shape(chosen)}"


def odd_numbers(file: h5py.File, rng: random.Random) -> str:
    name = _any_dataset(file, rng)
    if name and file[name].size and file[name].dtype.kind in "iuf":
        dataset = file[name]
        bounds = np.iinfo(dataset.dtype) if dataset.dtype.kind in "iu" else np.finfo(dataset.dtype)
        values = dataset[()]
        values.reshape(-1)[rng.randrange(values.size)] = rng.choice([bounds.max, bounds.min, 0])
        dataset[...] = values
    return name


def huge_dataset(file: h5py.File, rng: random.Random) -> str:
    name = _any_dataset(file, rng)
    if not name:
        return name
    old = file[name]
    shape = (2 ** rng.choice([28, 33, 40]), *old.shape[1:])
    dtype = old.dtype
    del file[name]
    compressed = rng.choice([None, "gzip"])
    file.create_dataset(name, shape, dtype, chunks=(1024, *shape[1:]), compression=compressed)
    return f"{name} {shape}"


def huge_contiguous_dataset(file: h5py.File, rng: random.Random) -> str:
    name = _any_dataset(file, rng)
    if not name:
        return name
    shape, dtype = (2 ** rng.choice([28, 33, 40]), *file[name].shape[1:]), file[name].dtype
    del file[name]
    file.create_dataset(name, shape, dtype)
    return f"{name} {shape}"


def link_to_itself(file: h5py.File, rng: random.Random) -> str:
    name = str(_any_node(file, rng).name)
    if name != "/":
        target = rng.choice([name, name.rpartition("/")[0] or "/", "/nowhere", "/"])
        del file[name]
        file[name] = h5py.SoftLink(target) if rng.random() < 0.7 or target not in file else file[target]
    return name


def link_outside(file: h5py.File, rng: random.Random) -> str:
    name = str(_any_node(file, rng).name)
    if name != "/":
        del file[name]
        file[name] = h5py.ExternalLink(rng.choice(["../outside.h5", "/etc/passwd", "missing.h5"]), "/secret")
    return name


def other_child(file: h5py.File, rng: random.Random) -> str:
    node = _any_node(file, rng)
    name = rng.choice(["-1", "007", "1e3", "99999999999999999999", "main", "ü", "9" * 4000, "x" * 200, "²", "٣"])
    if isinstance(node, h5py.Group) and name not in node:
        node.create_group(name)
    return f"{node.name}/{name[:20]}"


BYTE_CHANGES: tuple[Callable[[bytearray, random.Random], bytes], ...] = (
    flip_bits, flip_early_bits, write_extreme_number, write_large_size, cut_short, cut_the_end, swap_blocks,
    clear_block, fill_with_noise, append_noise,
)  # fmt: skip
NODE_CHANGES: tuple[Callable[[h5py.File, random.Random], str], ...] = (
    set_attribute, set_attribute, set_attribute, set_pickle, delete_attribute, delete_node, group_for_dataset,
    dataset_for_group, other_type, other_shape, odd_numbers, huge_dataset, huge_contiguous_dataset, link_to_itself,
    link_outside, other_child,
)  # fmt: skip


def _nodes(file: h5py.File) -> list[str]:
    names = ["/"]
    file.visit(names.append)
    # The nodes of clusters are many and alike.
    few = [name for name in names if "clusters/" not in name or not name.endswith("klustaviewa")]
    clusters = [name for name in few if "/clusters/" in f"/{name}" and "spikes" not in name]
    return [name for name in few if name not in clusters] + clusters[:8]


def _any_node(file: h5py.File, rng: random.Random) -> h5py.Group | h5py.Dataset:
    return file[rng.choice(_nodes(file))]


def _any_attribute(node: h5py.Group | h5py.Dataset, rng: random.Random) -> str:
    return rng.choice([*node.attrs, "name"])


def _any_dataset(file: h5py.File, rng: random.Random) -> str:
    names = [name for name in _nodes(file) if isinstance(file.get(name), h5py.Dataset)]
    return rng.choice(names) if names else ""
