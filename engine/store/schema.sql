CREATE TABLE agents (
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  paused INTEGER NOT NULL,
  stepping INTEGER NOT NULL,
  wait TEXT NOT NULL,
  wait_seq INTEGER NOT NULL,
  steps INTEGER NOT NULL,
  actions INTEGER NOT NULL,
  refusals INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  last_action_at INTEGER NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (state = 'active' OR state = 'blocked' OR state = 'sleeping' OR state = 'dormant'),
  CHECK (paused IN (0, 1)),
  CHECK (stepping IN (0, 1)),
  CHECK (steps >= 0),
  CHECK (actions >= 0),
  CHECK (refusals >= 0),
  CHECK (failures >= 0)
)
 WITHOUT ROWID,
 STRICT;
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
CREATE TABLE artifacts (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  created_by TEXT NOT NULL,
  controller TEXT NOT NULL,
  access TEXT NOT NULL,
  has_standing INTEGER NOT NULL,
  can_execute INTEGER NOT NULL,
  size INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  disk_hold INTEGER,
  interface TEXT,
  metadata TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (has_standing IN (0, 1)),
  CHECK (can_execute IN (0, 1)),
  CHECK (size >= 0),
  CHECK (version >= 1)
)
 WITHOUT ROWID,
 STRICT;
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
CREATE TABLE balances (
  principal TEXT NOT NULL,
  asset TEXT NOT NULL,
  available INTEGER NOT NULL,
  held INTEGER NOT NULL,
  PRIMARY KEY (principal, asset),
  CHECK (available >= 0 OR principal = '@issuance'),
  CHECK (held >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE bids (
  id INTEGER NOT NULL,
  bidder TEXT NOT NULL,
  artifact TEXT NOT NULL,
  version INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (amount > 0)
)
 STRICT;
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
CREATE TABLE clocks (
  id TEXT NOT NULL,
  every INTEGER NOT NULL,
  next_at INTEGER,
  runs INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (every > 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE commits (
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  hash BLOB NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (seq),
  CHECK (seq >= 1),
  CHECK (length(hash) = 32)
)
 STRICT;
CREATE TABLE contents (
  id TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (id)
)
 STRICT;
CREATE TABLE counters (
  id TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (value >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE escrowed (
  artifact TEXT NOT NULL,
  sale INTEGER NOT NULL,
  seller TEXT NOT NULL,
  PRIMARY KEY (artifact)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE events (
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  actor TEXT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (seq, n)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE grant_uses (
  id INTEGER NOT NULL,
  grant INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  subject TEXT NOT NULL,
  held TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (id)
)
 STRICT;
CREATE TABLE grants (
  id INTEGER NOT NULL,
  request INTEGER,
  parent INTEGER,
  holder TEXT NOT NULL,
  verb TEXT NOT NULL,
  resource TEXT NOT NULL,
  uses_left INTEGER NOT NULL,
  quota TEXT NOT NULL,
  depth INTEGER NOT NULL,
  payload TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  granted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (id),
  CHECK (state = 'active' OR state = 'exhausted' OR state = 'expired' OR state = 'revoked'),
  CHECK (uses_left >= 0)
)
 STRICT;
CREATE TABLE health_reports (
  id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  score INTEGER NOT NULL,
  trend TEXT NOT NULL,
  concerns TEXT NOT NULL,
  figures TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (score BETWEEN 0 AND 100)
)
 STRICT;
CREATE TABLE holds (
  id INTEGER NOT NULL,
  principal TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (id),
  CHECK (amount > 0)
)
 STRICT;
CREATE TABLE inboxes (
  id TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (id)
)
 STRICT;
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
CREATE TABLE instruments (
  id TEXT NOT NULL,
  halted INTEGER NOT NULL,
  last_price INTEGER,
  last_at INTEGER,
  volume INTEGER NOT NULL,
  turnover INTEGER NOT NULL,
  PRIMARY KEY (id),
  CHECK (halted IN (0, 1)),
  CHECK (volume >= 0),
  CHECK (turnover >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE kpis (
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (name, at)
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
CREATE TABLE measurements (
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  host_calls INTEGER NOT NULL,
  cpu INTEGER NOT NULL,
  wall INTEGER NOT NULL,
  peak INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  PRIMARY KEY (scope, id),
  CHECK (scope IN ('artifact', 'agent')),
  CHECK (calls >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE memories (
  id TEXT NOT NULL,
  agent TEXT NOT NULL,
  entries INTEGER NOT NULL,
  last INTEGER NOT NULL,
  degraded TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (entries >= 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE memory_entries (
  memory TEXT NOT NULL,
  number INTEGER NOT NULL,
  "key" TEXT NOT NULL,
  tags TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  vector TEXT NOT NULL,
  PRIMARY KEY (memory, number)
)
 STRICT;
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
CREATE TABLE meta (
  "key" TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY ("key")
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE minds (
  id TEXT NOT NULL,
  memory TEXT NOT NULL,
  hold INTEGER,
  PRIMARY KEY (id)
)
 STRICT;
CREATE TABLE mint_rounds (
  id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  bids INTEGER NOT NULL,
  price INTEGER NOT NULL,
  minted INTEGER NOT NULL,
  redistributed INTEGER NOT NULL,
  results TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (price >= 0),
  CHECK (minted >= 0),
  CHECK (redistributed >= 0)
)
 STRICT;
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
CREATE TABLE policy_rules (
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (id)
)
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
CREATE TABLE postings (
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  asset TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  amount INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (seq, n),
  CHECK (amount > 0)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE program_replies (
  agent TEXT NOT NULL,
  number INTEGER NOT NULL,
  replies TEXT NOT NULL,
  PRIMARY KEY (agent, number)
)
 STRICT;
CREATE TABLE programs (
  id TEXT NOT NULL,
  code TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  replies INTEGER NOT NULL,
  size INTEGER NOT NULL,
  asked TEXT NOT NULL,
  line INTEGER NOT NULL,
  step INTEGER NOT NULL,
  request INTEGER,
  PRIMARY KEY (id),
  CHECK (replies >= 0),
  CHECK (size >= 0)
)
 STRICT;
CREATE TABLE prompts (
  agent TEXT NOT NULL,
  digest TEXT NOT NULL,
  sections TEXT NOT NULL,
  PRIMARY KEY (agent)
)
 STRICT;
CREATE TABLE requests (
  id INTEGER NOT NULL,
  requester TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL,
  verb TEXT NOT NULL,
  resource TEXT NOT NULL,
  uses INTEGER NOT NULL,
  ttl INTEGER NOT NULL,
  quota TEXT NOT NULL,
  depth INTEGER NOT NULL,
  payload TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  decide_by INTEGER NOT NULL,
  again INTEGER NOT NULL,
  seconded_by TEXT NOT NULL,
  offered TEXT,
  state TEXT NOT NULL,
  decided_at INTEGER,
  decided_by TEXT NOT NULL,
  decision_reason TEXT NOT NULL,
  grant INTEGER,
  PRIMARY KEY (id),
  CHECK (state = 'pending' OR state = 'approved' OR state = 'denied' OR state = 'expired' OR state = 'withdrawn'),
  CHECK (uses >= 0)
)
 STRICT;
CREATE TABLE segments (
  number INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  previous BLOB NOT NULL,
  hash BLOB NOT NULL,
  file TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  types TEXT NOT NULL,
  totals TEXT NOT NULL,
  PRIMARY KEY (number),
  CHECK (first_seq >= 1 AND last_seq >= first_seq),
  CHECK (length(previous) = 32 AND length(hash) = 32),
  CHECK (length(digest) = 64)
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
CREATE TABLE submissions (
  artifact TEXT NOT NULL,
  version INTEGER NOT NULL,
  round INTEGER NOT NULL,
  PRIMARY KEY (artifact)
)
 WITHOUT ROWID,
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
CREATE TABLE switches (
  id TEXT NOT NULL,
  paused INTEGER NOT NULL,
  stopped TEXT NOT NULL,
  approvals TEXT NOT NULL,
  PRIMARY KEY (id),
  CHECK (paused IN (0, 1))
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE thoughts (
  id TEXT NOT NULL,
  action TEXT NOT NULL,
  memory TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  thought_at INTEGER NOT NULL,
  PRIMARY KEY (id)
)
 STRICT;
CREATE TABLE transfer_keys (
  principal TEXT NOT NULL,
  "key" TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (principal, "key")
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE usages (
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  principal TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (seq, n),
  CHECK (amount >= 0)
)
 WITHOUT ROWID,
 STRICT;
