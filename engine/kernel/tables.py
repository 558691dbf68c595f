"""Tables of frozen rows with indexes that are versioned, so that a reader of a range notices a phantom."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar, cast

K = TypeVar("K", bound=Hashable)
E = TypeVar("E")


class Follower(Protocol):
    """Something derived from a table that is kept up to date at each commit."""

    def follow(self, key: Any, old: Any | None, new: Any | None) -> None:
        """Take note that the row under `key` went from `old` to `new`."""


class Table(Generic[K, E]):
    """Rows by key. The identity of a row is its version; `version` counts every change, for whole-table scans."""

    __slots__ = ("followers", "key_of", "name", "row_type", "rows", "version")

    def __init__(self, name: str, row_type: type[E], key_of: Callable[[E], K]) -> None:
        self.name = name
        self.row_type = row_type
        self.key_of = key_of
        self.rows: dict[K, E] = {}
        self.version = 0
        self.followers: list[Follower] = []

    def apply(self, key: K, new: E | None) -> None:
        """Install a row, or remove it with None, and tell the followers. Only commits and the loader call this."""
        old = self.rows.get(key)
        if new is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = new
        self.version += 1
        for follower in self.followers:
            follower.follow(key, old, new)

    def load(self, rows: Iterable[E]) -> None:
        """Fill the table from stored rows."""
        for row in rows:
            self.apply(self.key_of(row), row)


class Index(Generic[K, E]):
    """The keys of a table in buckets; each bucket that holds something has a version of its own.

    Versions are drawn from one counter, so that a bucket that was empty for a while does not get an old one again.
    """

    __slots__ = ("buckets", "buckets_of", "changes", "fixed", "table", "versions")

    def __init__(
        self, table: Table[K, E], buckets_of: Callable[[E], tuple[Hashable, ...]], fixed: bool = False
    ) -> None:
        self.fixed = fixed
        """Whether a row never leaves the buckets it came into: they are those of fields that do not change."""
        self.table = table
        self.buckets_of = buckets_of
        self.buckets: dict[Hashable, dict[K, None]] = {}
        self.versions: dict[Hashable, int] = {}
        self.changes = 0
        table.followers.append(self)

    def follow(self, key: K, old: E | None, new: E | None) -> None:
        """Move the key between buckets; a bucket's version moves with every change of a row in it."""
        self.changes += 1
        after = self.buckets_of(new) if new is not None else ()
        if old is None:
            before: tuple[Hashable, ...] = ()
        else:
            before = after if self.fixed and new is not None else self.buckets_of(old)
        if before != after:
            self._move(key, before, after)
        elif after:
            versions, changes = self.versions, self.changes
            for bucket in after:
                versions[bucket] = changes

    def _move(self, key: K, before: tuple[Hashable, ...], after: tuple[Hashable, ...]) -> None:
        versions, changes = self.versions, self.changes
        for bucket in before:
            versions[bucket] = changes
            if bucket not in after:
                keys = self.buckets[bucket]
                del keys[key]
                if not keys:
                    del self.buckets[bucket], versions[bucket]
        for bucket in after:
            if bucket not in before:
                versions[bucket] = changes
                self.buckets.setdefault(bucket, {})[key] = None

    def keys(self, bucket: Hashable) -> Iterator[K]:
        """The keys in a bucket, in no promised order."""
        return iter(self.buckets.get(bucket, ()))


class Members(Index[K, E]):
    """An index of rows that never leave the buckets they came into; versions move with rows that come and go.

    Whoever scans a bucket reads its rows, and each tells by itself that it has changed. A bucket may be counted, but
    nothing that is derived from its rows may rest on it.
    """

    __slots__ = ()

    def follow(self, key: K, old: E | None, new: E | None) -> None:
        """Enter a new row's key, take out one that is gone."""
        if old is None and new is not None:
            self.changes += 1
            self._move(key, (), self.buckets_of(new))
        elif old is not None and new is None:
            self.changes += 1
            self._move(key, self.buckets_of(old), ())


class OrderedIndex(Index[K, E]):
    """An index that has the keys of each bucket in order too, so that a page is read without the rest."""

    __slots__ = ("in_order",)

    def __init__(self, table: Table[K, E], buckets_of: Callable[[E], tuple[Hashable, ...]]) -> None:
        super().__init__(table, buckets_of)
        self.in_order: dict[Hashable, list[Any]] = {}

    def _move(self, key: K, before: tuple[Hashable, ...], after: tuple[Hashable, ...]) -> None:
        super()._move(key, before, after)
        for bucket in before:
            if bucket not in after:
                keys = self.in_order[bucket]
                del keys[bisect_left(keys, key)]
                if not keys:
                    del self.in_order[bucket]
        for bucket in after:
            if bucket not in before:
                insort(self.in_order.setdefault(bucket, []), key)

    def after(self, bucket: Hashable, key: Any, count: int) -> list[K]:
        """The first `count` keys of a bucket above `key`."""
        keys = self.in_order.get(bucket)
        if keys is None:
            return []
        start = bisect_right(keys, key)
        return keys[start : start + count]


class Latest(Generic[K, E]):
    """The greatest key of each bucket, so that the last of many is found without looking at all."""

    __slots__ = ("bucket_of", "keys", "table", "versions")

    def __init__(self, table: Table[K, E], bucket_of: Callable[[E], Hashable]) -> None:
        self.table = table
        self.bucket_of = bucket_of
        self.keys: dict[Hashable, Any] = {}
        self.versions: dict[Hashable, int] = {}
        table.followers.append(self)

    def follow(self, key: K, old: E | None, new: E | None) -> None:
        """Note a new row if its key is the greatest so far, and forget the greatest if its row is gone."""
        if new is None and old is not None:
            bucket = self.bucket_of(old)
            if self.keys.get(bucket) == key:
                del self.keys[bucket]
                self.versions[bucket] += 1
        elif old is None and new is not None:
            bucket = self.bucket_of(new)
            self.versions[bucket] = self.versions.get(bucket, 0) + 1
            known = self.keys.get(bucket)
            if known is None or known < key:
                self.keys[bucket] = key


class Ordered(Generic[K, E]):
    """The keys of a table in order, so that a page of it can be read without looking at all of it."""

    __slots__ = ("sorted_keys", "table", "version")

    def __init__(self, table: Table[K, E]) -> None:
        self.table = table
        self.sorted_keys: list[Any] = []
        self.version = 0
        table.followers.append(self)

    def follow(self, key: K, old: E | None, new: E | None) -> None:
        """Enter a new key at its place, take out one that is gone; a changed row stays where it is."""
        if (old is None) == (new is None):
            return
        if new is not None:
            insort(self.sorted_keys, key)
        else:
            del self.sorted_keys[bisect_left(self.sorted_keys, key)]
        self.version += 1

    def after(self, key: K, count: int) -> list[K]:
        """The first `count` keys above `key`."""
        start = bisect_right(self.sorted_keys, key)
        return cast("list[K]", self.sorted_keys[start : start + count])
