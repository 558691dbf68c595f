CREATE TABLE memories (
  id TEXT NOT NULL,
  agent TEXT NOT NULL,
  entries INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (entries >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE memory_entries (
  memory TEXT NOT NULL,
  number INTEGER NOT NULL,
  "key" TEXT NOT NULL,
  tags TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (memory, number)
)
 STRICT;
