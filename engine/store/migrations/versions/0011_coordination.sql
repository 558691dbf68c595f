CREATE TABLE inquiries (
  id INTEGER NOT NULL,
  asker TEXT NOT NULL,
  asked TEXT NOT NULL,
  topic TEXT NOT NULL,
  message INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (deadline >= asked_at)
)
 STRICT;
CREATE TABLE subscriptions (
  agent TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (agent, kind, name)
)
 WITHOUT ROWID,
 STRICT;
ALTER TABLE messages RENAME TO messages_before;
CREATE TABLE messages (
  id INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  sender TEXT NOT NULL,
  topic TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  kind TEXT NOT NULL,
  request INTEGER,
  PRIMARY KEY (id)
)
 STRICT;
INSERT INTO messages SELECT id, recipient, sender, topic, body, at, hold, 'message', NULL FROM messages_before;
DROP TABLE messages_before;
