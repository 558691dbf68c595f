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

CREATE VIEW account_balances AS
SELECT b.principal, b.asset, a.kind, a.unit, b.available, b.held, b.available + b.held AS total
FROM balances AS b LEFT JOIN assets AS a ON a.id = b.asset;
