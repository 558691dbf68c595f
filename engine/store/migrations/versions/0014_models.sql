CREATE TABLE model_calls (
  id TEXT NOT NULL,
  payer TEXT NOT NULL,
  model TEXT NOT NULL,
  request TEXT NOT NULL,
  purpose TEXT NOT NULL,
  most INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  hold INTEGER,
  at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (most >= 0),
  CHECK (tokens >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE model_prices (
  model TEXT NOT NULL,
  input INTEGER NOT NULL,
  cached INTEGER NOT NULL,
  output INTEGER NOT NULL,
  dearest_input INTEGER NOT NULL,
  dearest_output INTEGER NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (model),
  CHECK (input >= 0),
  CHECK (output >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE model_tallies (
  model TEXT NOT NULL,
  answers INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  input INTEGER NOT NULL,
  cached INTEGER NOT NULL,
  output INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  estimated INTEGER NOT NULL,
  PRIMARY KEY (model),
  CHECK (answers >= 0),
  CHECK (failures >= 0),
  CHECK (cost >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE prompts (
  agent TEXT NOT NULL,
  digest TEXT NOT NULL,
  sections TEXT NOT NULL,
  PRIMARY KEY (agent)
)
 STRICT;

CREATE VIEW model_log AS
SELECT seq, n, at, actor AS payer, target AS model, substr(type, 7) AS outcome,
       json_extract(data, '$.call') AS call,
       json_extract(data, '$.purpose') AS purpose,
       json_extract(data, '$.input') AS input,
       json_extract(data, '$.cached') AS cached,
       json_extract(data, '$.output') AS output,
       json_extract(data, '$.cost') AS cost,
       json_extract(data, '$.latency') AS latency,
       coalesce(json_extract(data, '$.misfit'), json_extract(data, '$.said')) AS problem,
       json_extract(data, '$.text') AS text
FROM event_log
WHERE type IN ('model.answered', 'model.failed', 'model.lost');
