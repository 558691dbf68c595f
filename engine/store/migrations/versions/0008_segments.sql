CREATE TABLE segments (
  number INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  previous BLOB NOT NULL,
  hash BLOB NOT NULL,
  file TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  types TEXT NOT NULL,
  totals TEXT NOT NULL,
  PRIMARY KEY (number),
  CHECK (first_seq >= 1 AND last_seq >= first_seq),
  CHECK (length(previous) = 32 AND length(hash) = 32),
  CHECK (length(digest) = 64)
)
 STRICT;
