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
