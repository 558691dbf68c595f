CREATE VIEW event_log AS
SELECT e.seq, e.n, e.at, e.type, e.actor, e.target,
       json_extract(CAST(c.body AS TEXT), '$[6][' || e.n || '].data') AS data
FROM events AS e JOIN commits AS c ON c.seq = e.seq;

CREATE VIEW action_log AS
SELECT seq, at, actor AS agent, json_extract(data, '$.action') AS action, target,
       json_extract(data, '$.method') AS method, json_extract(data, '$.refused') AS refused,
       json_extract(data, '$.cost') AS cost, data
FROM event_log
WHERE type IN ('agent.acted', 'agent.refused');

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

CREATE VIEW account_balances AS
SELECT b.principal, b.asset, a.kind, a.unit, b.available, b.held, b.available + b.held AS total
FROM balances AS b LEFT JOIN assets AS a ON a.id = b.asset;

CREATE VIEW loans_made AS
SELECT seq, n, at, json_extract(data, '$.loan') AS loan, actor AS lender, target AS borrower,
       json_extract(data, '$.principal') AS principal,
       json_extract(data, '$.rate') AS rate,
       json_extract(data, '$.period') AS period,
       json_extract(data, '$.periods') AS periods,
       json_extract(data, '$.schedule') AS schedule,
       json_extract(data, '$.collateral') AS collateral
FROM event_log
WHERE type = 'debt.lent';

CREATE VIEW loan_payments AS
SELECT seq, n, at, json_extract(data, '$.loan') AS loan, actor AS payer, target AS payee,
       json_extract(data, '$.amount') AS amount,
       json_extract(data, '$.interest') AS interest,
       json_extract(data, '$.principal') AS principal,
       json_extract(data, '$.late') AS late,
       json_extract(data, '$.fee') AS fee,
       json_extract(data, '$.left') AS owed_after
FROM event_log
WHERE type = 'debt.paid';

CREATE VIEW loan_defaults AS
SELECT seq, n, at, json_extract(data, '$.loan') AS loan, actor AS borrower, target AS holder,
       json_extract(data, '$.owed') AS owed,
       json_extract(data, '$.recovered') AS recovered,
       json_extract(data, '$.claim') AS claim,
       json_extract(data, '$.lost') AS lost
FROM event_log
WHERE type = 'debt.defaulted';

CREATE VIEW health_log AS
SELECT seq, at,
       json_extract(data, '$.report') AS report,
       json_extract(data, '$.status') AS status,
       json_extract(data, '$.score') AS score,
       json_extract(data, '$.trend') AS trend,
       json_extract(data, '$.concerns') AS concerns
FROM event_log
WHERE type = 'health.report';

CREATE VIEW mint_resolutions AS
SELECT e.seq, e.at, json_extract(e.data, '$.round') AS round, json_extract(e.data, '$.bids') AS bids,
       json_extract(e.data, '$.winners') AS winners, json_extract(e.data, '$.price') AS price,
       json_extract(e.data, '$.minted') AS minted, json_extract(e.data, '$.redistributed') AS shared
FROM event_log AS e
WHERE e.type = 'mint.resolved' AND json_extract(e.data, '$.round') IS NOT NULL;

CREATE VIEW mint_bids AS
SELECT b.bid, b.at, b.bidder, b.artifact,
       CASE WHEN o.type IS NULL THEN 'standing'
            WHEN o.type = 'mint.lost' AND json_extract(o.data, '$.forfeited') THEN 'forfeited'
            ELSE substr(o.type, 6) END AS outcome,
       o.at AS ended_at, json_extract(o.data, '$.round') AS round, json_extract(o.data, '$.amount') AS amount,
       json_extract(o.data, '$.paid') AS paid, json_extract(o.data, '$.score') AS score,
       json_extract(o.data, '$.minted') AS minted, json_extract(o.data, '$.reasons') AS reasons
FROM (SELECT at, actor AS bidder, json_extract(data, '$.bid') AS bid, json_extract(data, '$.artifact') AS artifact
      FROM event_log WHERE type = 'mint.bid') AS b
LEFT JOIN (SELECT at, type, json_extract(data, '$.bid') AS bid, data
           FROM event_log WHERE type IN ('mint.won', 'mint.lost', 'mint.failed', 'mint.withdrawn')) AS o
       ON o.bid = b.bid;

CREATE VIEW budget_spent AS
SELECT s.principal, s.asset, s.spent, s.calls, coalesce(b.available, 0) AS available, coalesce(b.held, 0) AS reserved
FROM spending AS s LEFT JOIN balances AS b ON b.principal = s.principal AND b.asset = s.asset
WHERE s.principal <> '@issuance';

CREATE VIEW utilisation AS
SELECT b.principal, b.asset, b.available AS allowed, coalesce(sum(u.amount), 0) AS used, a.window,
       CASE WHEN b.available > 0 THEN round(100.0 * coalesce(sum(u.amount), 0) / b.available, 1) END AS percent
FROM balances AS b JOIN assets AS a ON a.id = b.asset
LEFT JOIN usages AS u ON u.principal = b.principal AND u.asset = b.asset
                     AND u.at > (SELECT max(at) FROM commits) - a.window
WHERE a.kind = 'renewable' AND b.principal <> '@issuance'
GROUP BY b.principal, b.asset;

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
