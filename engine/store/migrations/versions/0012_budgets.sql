CREATE TABLE budget_calls (
  id TEXT NOT NULL,
  principal TEXT NOT NULL,
  asset TEXT NOT NULL,
  most INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  spent INTEGER NOT NULL,
  state TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (most > 0),
  CHECK (spent >= 0),
  CHECK (spent <= most),
  CHECK (state = 'open' OR state = 'settled' OR state = 'cancelled')
)
 STRICT;
CREATE TABLE spending (
  principal TEXT NOT NULL,
  asset TEXT NOT NULL,
  spent INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (principal, asset),
  CHECK (spent >= 0),
  CHECK (calls >= 0)
)
 WITHOUT ROWID,
 STRICT;

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
