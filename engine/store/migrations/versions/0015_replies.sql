CREATE TABLE model_replies (
  asker TEXT NOT NULL,
  step INTEGER NOT NULL,
  number INTEGER NOT NULL,
  question TEXT NOT NULL,
  text TEXT NOT NULL,
  finish TEXT NOT NULL,
  failed INTEGER NOT NULL,
  problem TEXT NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (asker, step, number),
  CHECK (failed IN (0, 1)),
  CHECK (cost >= 0)
)
 STRICT;
