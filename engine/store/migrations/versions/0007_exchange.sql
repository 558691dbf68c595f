DROP VIEW trades;
CREATE TEMP TABLE assets_before AS SELECT * FROM assets;
DROP TABLE assets;
CREATE TABLE assets (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  unit TEXT NOT NULL,
  transferable INTEGER NOT NULL,
  window INTEGER NOT NULL,
  "limit" INTEGER,
  PRIMARY KEY (id),
  CHECK (kind = 'scrip' OR kind = 'depletable' OR kind = 'allocatable' OR kind = 'renewable' OR kind = 'issued'),
  CHECK (transferable IN (0, 1)),
  CHECK ("window" >= 0),
  CHECK ("limit" >= 0)
)
 WITHOUT ROWID,
 STRICT;
INSERT INTO assets ("id", "kind", "unit", "transferable", "window", "limit")
SELECT "id", "kind", "unit", "transferable", "window", "limit" FROM assets_before;
DROP TABLE assets_before;
CREATE TEMP TABLE orders_before AS SELECT * FROM orders;
DROP TABLE orders;
CREATE TABLE orders (
  id INTEGER NOT NULL,
  principal TEXT NOT NULL,
  instrument TEXT NOT NULL,
  side TEXT NOT NULL,
  price INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  remaining INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  use INTEGER,
  placed_at INTEGER NOT NULL,
  expires_at INTEGER,
  fee INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (side IN ('buy', 'sell')),
  CHECK (price > 0),
  CHECK (remaining > 0 AND remaining <= quantity),
  CHECK (fee >= 0)
)
 STRICT;
INSERT INTO orders (id, principal, instrument, side, price, quantity, remaining, hold, use, placed_at, expires_at, fee)
SELECT id, principal, instrument, side, price, quantity, remaining, hold, use, placed_at, NULL, 0 FROM orders_before;
DROP TABLE orders_before;
CREATE TABLE markets (
  id TEXT NOT NULL,
  tick INTEGER NOT NULL,
  lot INTEGER NOT NULL,
  maker_fee INTEGER NOT NULL,
  taker_fee INTEGER NOT NULL,
  fee_to TEXT NOT NULL,
  self_trade TEXT NOT NULL,
  listed_by TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (tick > 0),
  CHECK (lot > 0),
  CHECK (maker_fee >= 0),
  CHECK (taker_fee >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE positions (
  principal TEXT NOT NULL,
  instrument TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  realised INTEGER NOT NULL,
  fees INTEGER NOT NULL,
  PRIMARY KEY (principal, instrument),
  CHECK (fees >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE VIEW trades AS
SELECT seq, n, at,
       json_extract(data, '$.instrument') AS instrument,
       json_extract(data, '$.price') AS price,
       json_extract(data, '$.quantity') AS quantity,
       json_extract(data, '$.buyer') AS buyer,
       json_extract(data, '$.seller') AS seller,
       actor AS taker,
       target AS maker,
       json_extract(data, '$.taker') AS taker_order,
       json_extract(data, '$.maker') AS maker_order,
       coalesce(json_extract(data, '$.taker_fee'), 0) AS taker_fee,
       coalesce(json_extract(data, '$.maker_fee'), 0) AS maker_fee
FROM event_log
WHERE type = 'exchange.trade';

CREATE VIEW order_history AS
WITH fills AS (
  SELECT taker_order AS id, at, quantity, price * quantity AS scrip, taker_fee AS fee FROM trades
  UNION ALL
  SELECT maker_order, at, quantity, price * quantity, maker_fee FROM trades
), filled AS (
  SELECT id, sum(quantity) AS quantity, sum(scrip) AS scrip, sum(fee) AS fees, max(at) AS at FROM fills GROUP BY id
), cancelled AS (
  SELECT json_extract(data, '$.order') AS id, at, json_extract(data, '$.reason') AS reason
  FROM event_log WHERE type = 'exchange.cancelled'
), placed AS (
  SELECT json_extract(data, '$.order') AS id, at, actor, target, data FROM event_log WHERE type = 'exchange.placed'
)
SELECT p.id, p.actor AS principal, p.target AS instrument,
       json_extract(p.data, '$.side') AS side,
       json_extract(p.data, '$.kind') AS kind,
       json_extract(p.data, '$.limit') AS price,
       json_extract(p.data, '$.quantity') AS quantity,
       p.at AS placed_at,
       json_extract(p.data, '$.expires_at') AS expires_at,
       coalesce(f.quantity, 0) AS filled,
       coalesce(f.scrip, 0) AS scrip,
       coalesce(f.fees, 0) AS fees,
       CASE WHEN o.id IS NOT NULL THEN 'resting'
            WHEN c.id IS NOT NULL THEN 'cancelled'
            WHEN f.quantity = json_extract(p.data, '$.quantity') THEN 'filled'
            ELSE 'dropped' END AS state,
       CASE WHEN o.id IS NULL THEN coalesce(c.at, f.at, p.at) END AS ended_at,
       coalesce(c.reason, '') AS reason
FROM placed AS p
LEFT JOIN filled AS f ON f.id = p.id
LEFT JOIN cancelled AS c ON c.id = p.id
LEFT JOIN orders AS o ON o.id = p.id;

CREATE VIEW candles AS
WITH widths (width) AS (VALUES (10000000), (60000000), (600000000), (3600000000)
), ranked AS (
  SELECT t.instrument, w.width, t.at / w.width * w.width AS opened_at, t.price, t.quantity,
         row_number() OVER (PARTITION BY t.instrument, w.width, t.at / w.width ORDER BY t.seq, t.n) AS nth,
         row_number() OVER (PARTITION BY t.instrument, w.width, t.at / w.width ORDER BY t.seq DESC, t.n DESC) AS nth_last
  FROM trades AS t CROSS JOIN widths AS w
)
SELECT instrument, width, opened_at AS at,
       max(CASE WHEN nth = 1 THEN price END) AS open,
       max(price) AS high, min(price) AS low,
       max(CASE WHEN nth_last = 1 THEN price END) AS close,
       sum(quantity) AS volume, sum(price * quantity) AS turnover, count(*) AS trades
FROM ranked GROUP BY instrument, width, opened_at;
