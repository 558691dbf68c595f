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
CREATE VIEW health_log AS
SELECT seq, at,
       json_extract(data, '$.report') AS report,
       json_extract(data, '$.status') AS status,
       json_extract(data, '$.score') AS score,
       json_extract(data, '$.trend') AS trend,
       json_extract(data, '$.concerns') AS concerns
FROM event_log
WHERE type = 'health.report';

DELETE FROM kpis WHERE name GLOB 'total_*';
