ALTER TABLE memories RENAME TO memories_before;
CREATE TABLE memories (
  id TEXT NOT NULL,
  agent TEXT NOT NULL,
  entries INTEGER NOT NULL,
  last INTEGER NOT NULL,
  degraded TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (entries >= 0)
)
 WITHOUT ROWID,
 STRICT;
INSERT INTO memories SELECT id, agent, entries, last, '' FROM memories_before;
DROP TABLE memories_before;
ALTER TABLE memory_entries RENAME TO memory_entries_before;
CREATE TABLE memory_entries (
  memory TEXT NOT NULL,
  number INTEGER NOT NULL,
  "key" TEXT NOT NULL,
  tags TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  vector TEXT NOT NULL,
  PRIMARY KEY (memory, number)
)
 STRICT;
INSERT INTO memory_entries SELECT memory, number, "key", tags, text, at, '' FROM memory_entries_before;
DROP TABLE memory_entries_before;
