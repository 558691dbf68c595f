CREATE TABLE arbitrations (
  id INTEGER NOT NULL,
  seller TEXT NOT NULL,
  buyer TEXT NOT NULL,
  arbiter TEXT NOT NULL,
  artifacts TEXT NOT NULL,
  price INTEGER NOT NULL,
  fee INTEGER NOT NULL,
  on_silence TEXT NOT NULL,
  hold INTEGER NOT NULL,
  disk_hold INTEGER,
  listed_at INTEGER NOT NULL,
  paid_at INTEGER NOT NULL,
  decide_by INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (price > 0),
  CHECK (fee >= 0 AND fee <= price)
)
 STRICT;
CREATE TABLE auctions (
  id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  seller TEXT NOT NULL,
  artifacts TEXT NOT NULL,
  start INTEGER NOT NULL,
  floor INTEGER NOT NULL,
  step INTEGER NOT NULL,
  interval INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  bids INTEGER NOT NULL,
  bidder TEXT,
  amount INTEGER NOT NULL,
  hold INTEGER,
  disk_hold INTEGER,
  PRIMARY KEY (id),
  CHECK (kind = 'english' OR kind = 'dutch'),
  CHECK (amount >= 0),
  CHECK (bids >= 0)
)
 STRICT;
CREATE TABLE escrowed (
  artifact TEXT NOT NULL,
  sale INTEGER NOT NULL,
  seller TEXT NOT NULL,
  PRIMARY KEY (artifact)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE listings (
  id INTEGER NOT NULL,
  seller TEXT NOT NULL,
  artifacts TEXT NOT NULL,
  price INTEGER NOT NULL,
  buyer TEXT,
  arbiter TEXT,
  fee INTEGER NOT NULL,
  decide_within INTEGER NOT NULL,
  on_silence TEXT NOT NULL,
  listed_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (id),
  CHECK (price > 0),
  CHECK (fee >= 0 AND fee <= price)
)
 STRICT;
CREATE VIEW sales AS
SELECT seq, n, at,
       json_extract(data, '$.sale') AS sale,
       json_extract(data, '$.kind') AS kind,
       json_extract(data, '$.artifacts[0]') AS artifact,
       json_array_length(data, '$.artifacts') AS artifacts,
       json_extract(data, '$.price') AS price,
       json_extract(data, '$.fee') AS fee,
       json_extract(data, '$.buyer') AS buyer,
       json_extract(data, '$.seller') AS seller,
       at - json_extract(data, '$.since') AS duration
FROM event_log
WHERE type = 'escrow.sold';
CREATE VIEW auction_bids AS
SELECT seq, n, at,
       json_extract(data, '$.sale') AS sale,
       actor AS bidder,
       json_extract(data, '$.amount') AS amount,
       target AS seller,
       json_extract(data, '$.ends_at') AS ends_at
FROM event_log
WHERE type = 'escrow.bid';
