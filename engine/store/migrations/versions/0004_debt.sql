CREATE TABLE loan_offers (
  id INTEGER NOT NULL,
  maker TEXT NOT NULL,
  side TEXT NOT NULL,
  only TEXT NOT NULL,
  principal INTEGER NOT NULL,
  terms TEXT NOT NULL,
  collateral TEXT NOT NULL,
  hold INTEGER,
  made_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (id),
  CHECK (side = 'lend' OR side = 'borrow'),
  CHECK (principal > 0)
)
 STRICT;
CREATE TABLE loans (
  id TEXT NOT NULL,
  number INTEGER NOT NULL,
  lender TEXT NOT NULL,
  borrower TEXT NOT NULL,
  principal INTEGER NOT NULL,
  rate INTEGER NOT NULL,
  period INTEGER NOT NULL,
  periods INTEGER NOT NULL,
  schedule TEXT NOT NULL,
  compound INTEGER NOT NULL,
  grace INTEGER NOT NULL,
  late_rate INTEGER NOT NULL,
  early_fee INTEGER NOT NULL,
  recourse INTEGER NOT NULL,
  auto_pay INTEGER NOT NULL,
  instalment INTEGER NOT NULL,
  began_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  "left" INTEGER NOT NULL,
  base INTEGER NOT NULL,
  interest INTEGER NOT NULL,
  remainder INTEGER NOT NULL,
  late INTEGER NOT NULL,
  late_remainder INTEGER NOT NULL,
  accrued_at INTEGER NOT NULL,
  fallen INTEGER NOT NULL,
  due_principal INTEGER NOT NULL,
  due_interest INTEGER NOT NULL,
  late_since INTEGER,
  next_at INTEGER,
  collateral TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (schedule = 'bullet' OR schedule = 'interest_only' OR schedule = 'instalments' OR schedule = 'annuity'),
  CHECK (state = 'current' OR state = 'late' OR state = 'defaulted'),
  CHECK (compound IN (0, 1)),
  CHECK (recourse IN (0, 1)),
  CHECK (auto_pay IN (0, 1)),
  CHECK ("left" >= 0 AND interest >= 0 AND late >= 0),
  CHECK (due_principal >= 0 AND due_interest >= 0)
)
 STRICT;
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
