CREATE TABLE measurements (
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  host_calls INTEGER NOT NULL,
  cpu INTEGER NOT NULL,
  wall INTEGER NOT NULL,
  peak INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  PRIMARY KEY (scope, id),
  CHECK (scope IN ('artifact', 'agent')),
  CHECK (calls >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE program_replies (
  agent TEXT NOT NULL,
  number INTEGER NOT NULL,
  replies TEXT NOT NULL,
  PRIMARY KEY (agent, number)
)
 STRICT;
CREATE TABLE programs (
  id TEXT NOT NULL,
  code TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  replies INTEGER NOT NULL,
  size INTEGER NOT NULL,
  asked TEXT NOT NULL,
  line INTEGER NOT NULL,
  step INTEGER NOT NULL,
  request INTEGER,
  PRIMARY KEY (id),
  CHECK (replies >= 0),
  CHECK (size >= 0)
)
 STRICT;
