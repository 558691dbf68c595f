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
       json_extract(data, '$.seller') AS seller
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
