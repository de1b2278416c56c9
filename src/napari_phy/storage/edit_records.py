"""Records of edits as text and bytes, and back without loss."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import MAX_ID
from napari_phy.core.cluster_groups import ClusterGroup, GroupChange
from napari_phy.core.update_info import MetadataChange, UpdateInfo, no_spikes

MOST_SPIKES = 2**31
_HEADER = struct.Struct("<BBQQq")  # bytes a step, bytes a code, number of ids, number of clusters, first id


def encode_value(value: Any) -> str | int | float | bool | None:
    """Return a label value as JSON keeps it.

    Raises
    ------
    TypeError
        It is neither text, a number, true, false nor None.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"A label cannot hold {value!r}, a {type(value).__name__}; use text, a number, true, false or nothing."
    )


def encode_record(update: UpdateInfo) -> str:
    """Return all of a record but its spike ids as one line of JSON."""
    parts = {
        "added": [int(cluster) for cluster in update.added],
        "deleted": [int(cluster) for cluster in update.deleted],
        "descendants": _plain_pairs(update.descendants),
        "heirs": _plain_pairs(update.heirs),
        "metadata": [
            [int(change.cluster_id), str(change.field), encode_value(change.old), encode_value(change.new)]
            for change in update.metadata_changed
        ],
        "groups": [[int(change.place), _plain(change.old), _plain(change.new)] for change in update.groups_changed],
    }
    return json.dumps({name: part for name, part in parts.items() if part}, separators=(",", ":"))


def decode_record(kind: str, record: str, ids: bytes | None, n_spikes: int = MOST_SPIKES) -> UpdateInfo:
    """Return the record of a new edit from what `encode_record` and `encode_ids` made.

    Parameters
    ----------
    kind : str
        Kind of the edit.
    record : str
        The line of JSON of `encode_record`.
    ids : bytes or None
        The spike ids as `encode_ids` packs them.
    n_spikes : int, default MOST_SPIKES
        Number of all spikes: no edit moves more.

    Raises
    ------
    ValueError
        It is not what they make.
    """
    try:
        parts = json.loads(record)
        if not isinstance(parts, dict):
            raise ValueError("a record has parts")
        spike_ids, spike_clusters = decode_ids(ids, n_spikes)
        return UpdateInfo(
            description=str(kind),
            added=tuple(decode_id(cluster) for cluster in parts.get("added", ())),
            deleted=tuple(decode_id(cluster) for cluster in parts.get("deleted", ())),
            descendants=_pairs(parts.get("descendants", ())),
            spike_ids=spike_ids,
            spike_clusters=spike_clusters,
            heirs=_pairs(parts.get("heirs", ())),
            metadata_changed=tuple(
                MetadataChange(decode_id(cluster), decode_text(field), decode_value(old), decode_value(new))
                for cluster, field, old, new in parts.get("metadata", ())
            ),
            groups_changed=tuple(
                GroupChange(decode_id(place), _group(old), _group(new)) for place, old, new in parts.get("groups", ())
            ),
        )
    except (TypeError, AttributeError, RecursionError, struct.error, zlib.error) as error:
        raise ValueError(f"not a record of an edit: {error}") from error


def encode_ids(spike_ids: npt.NDArray[np.int64], spike_clusters: npt.NDArray[np.int64]) -> bytes | None:
    """Return spike ids `(n,)` and their clusters `(n,)` as bytes, None when there are none.

    Ids are kept as steps of two or four bytes, clusters as places in a table; both with their bytes shuffled
    (all low ones first), so that deflate finds what repeats. Ids that do not ascend take eight bytes a step.
    """
    if len(spike_ids) != len(spike_clusters):
        raise ValueError(f"{len(spike_ids)} spikes cannot go to {len(spike_clusters)} clusters")
    if not len(spike_ids):
        return None
    steps = np.diff(np.ascontiguousarray(spike_ids, dtype=np.int64).view(np.uint64))
    clusters = np.ascontiguousarray(spike_clusters, dtype=np.int64)
    if (clusters == clusters[0]).all():
        table, codes = clusters[:1], np.empty(0, dtype=np.int64)
    else:
        table, codes = np.unique(clusters, return_inverse=True)
    step_bytes = _width(int(steps.max(initial=0)))
    code_bytes = _width(len(table) - 1) if len(table) > 1 else 0
    header = _HEADER.pack(step_bytes, code_bytes, len(spike_ids), len(table), int(spike_ids[0]))
    body = [_shuffle(steps, step_bytes), table.astype("<i8").tobytes(), _shuffle(codes, code_bytes)]
    return header + zlib.compress(b"".join(body), 1)


def decode_ids(blob: bytes | None, n_spikes: int = MOST_SPIKES) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return `(n,)` spike ids and `(n,)` clusters, read-only, from what `encode_ids` made.

    Raises
    ------
    ValueError
        It is not what `encode_ids` makes, or has more than `n_spikes` ids.
    """
    if blob is None:
        return no_spikes(), no_spikes()
    step_bytes, code_bytes, n_ids, n_clusters, first = _HEADER.unpack_from(blob)
    if not 1 <= n_clusters <= n_ids <= n_spikes or step_bytes not in {2, 4, 8} or code_bytes not in {0, 2, 4}:
        raise ValueError("the spike ids of an edit have no possible form")
    n_step_bytes = step_bytes * (n_ids - 1)
    body = _inflated(blob[_HEADER.size :], n_step_bytes + 8 * n_clusters + code_bytes * n_ids)
    spike_ids = np.empty(n_ids, dtype=np.uint64)
    spike_ids[0] = first & 0xFFFF_FFFF_FFFF_FFFF
    spike_ids[1:] = _unshuffle(body[:n_step_bytes], step_bytes)
    np.cumsum(spike_ids, out=spike_ids)
    table = np.frombuffer(body, dtype="<i8", count=n_clusters, offset=n_step_bytes).astype(np.int64)
    if code_bytes:
        codes = _unshuffle(body[n_step_bytes + 8 * n_clusters :], code_bytes)
        if codes.max() >= n_clusters:
            raise ValueError("the spike ids of an edit name a cluster that is not in their table")
        spike_clusters = table[codes]
    else:
        spike_clusters = np.broadcast_to(table[0], n_ids)
    for array in (spike_ids, spike_clusters):
        array.flags.writeable = False
    return spike_ids.view(np.int64), spike_clusters


def _inflated(data: bytes, n_bytes: int) -> bytes:
    """Return so many bytes, neither more nor fewer, whatever else is packed behind them."""
    unpacker = zlib.decompressobj()
    body = unpacker.decompress(data, n_bytes + 1)
    if len(body) != n_bytes or not unpacker.eof:
        raise ValueError("the spike ids of an edit are cut short")
    return body


def _width(largest: int) -> int:
    return 2 if largest < 1 << 16 else 4 if largest < 1 << 32 else 8


def _shuffle(values: npt.NDArray[Any], n_bytes: int) -> bytes:
    if not n_bytes:
        return b""
    return values.astype(f"<u{n_bytes}").view(np.uint8).reshape(-1, n_bytes).T.tobytes()


def _unshuffle(data: bytes, n_bytes: int) -> npt.NDArray[Any]:
    planes = np.frombuffer(data, dtype=np.uint8).reshape(n_bytes, -1)
    values: npt.NDArray[Any] = np.ascontiguousarray(planes.T).view(f"<u{n_bytes}").reshape(-1)
    return values


def _plain(group: ClusterGroup | None) -> list[Any] | None:
    return None if group is None else [int(group.group_id), group.name, group.color]


def _plain_pairs(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    return [[int(old), int(new)] for old, new in pairs]


def _pairs(pairs: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((decode_id(old), decode_id(new)) for old, new in pairs)


def _group(parts: Sequence[Any] | None) -> ClusterGroup | None:
    return None if parts is None else decode_group(parts)


def decode_group(parts: Sequence[Any]) -> ClusterGroup:
    """Return a group from its number, name and, where it has one, colour; raises ValueError, TypeError."""
    group_id, name, color = (*parts, None)[:3]
    return ClusterGroup(decode_id(group_id), decode_text(name), None if color is None else decode_text(color))


def decode_id(value: Any) -> int:
    """Return a number of a cluster, a group or a place; raises ValueError where it can be none."""
    if type(value) is not int or not 0 <= value <= MAX_ID:
        raise ValueError(f"{str(value)[:40]} is no number of a cluster")
    return value


def decode_text(value: Any) -> str:
    """Return a text; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]} is no text")
    return value


def decode_value(value: Any) -> str | int | float | bool | None:
    """Return the value of a label as `encode_value` gave it; raises TypeError for anything else."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError("a label holds no lists")
