-- Up to where has somebody read? A tick is a stored snapshot, so it knows exactly which
-- transactions it has seen, however they overlap.

CREATE SEQUENCE hub.tick_number AS bigint CACHE 1;
CREATE TABLE hub.tick (
    id bigint PRIMARY KEY,
    era integer NOT NULL REFERENCES hub.era (id),
    at timestamptz NOT NULL,
    snapshot pg_snapshot NOT NULL,
    seen_below bigint NOT NULL,
    unseen_from bigint NOT NULL
);
CREATE INDEX tick_at ON hub.tick (at, id);
ALTER SEQUENCE hub.tick_number OWNED BY hub.tick.id;
COMMENT ON TABLE hub.tick IS 'Moments that can be returned to: the snapshots of readers.';
COMMENT ON COLUMN hub.tick.id IS
'era * 2^48 + a number that grows: a tick of a lost timeline never comes up again.';
COMMENT ON COLUMN hub.tick.seen_below IS 'Every transaction below is settled for this tick.';
COMMENT ON COLUMN hub.tick.unseen_from IS 'No transaction from here on is in this tick.';

-- Whether a transaction is in a tick. Older eras count as settled: they are below seen_below.
CREATE FUNCTION hub.sees(seen_below bigint, unseen_from bigint, snapshot pg_snapshot, tx bigint)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN tx < seen_below
    OR (
        tx < unseen_from
        AND pg_visible_in_snapshot((tx & 281474976710655)::text::xid8, snapshot)
    );

-- One after the other, so that the order of ids, of moments and of snapshots is one order.
CREATE FUNCTION hub.take_tick() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    taken bigint;
    current_era integer;
BEGIN
    PERFORM pg_advisory_xact_lock(1752523369);
    current_era := hub.current_era();
    INSERT INTO hub.tick (id, era, at, snapshot, seen_below, unseen_from)
    SELECT
        (current_era::bigint << 48) + nextval('hub.tick_number'),
        current_era,
        clock_timestamp(),
        s.snapshot,
        (current_era::bigint << 48) + pg_snapshot_xmin(s.snapshot)::text::bigint,
        (current_era::bigint << 48) + pg_snapshot_xmax(s.snapshot)::text::bigint
    FROM (SELECT pg_current_snapshot() AS snapshot) s
    RETURNING id INTO taken;
    RETURN taken;
END
$$;
COMMENT ON FUNCTION hub.take_tick() IS
'Stores the present snapshot. Call it alone in a READ COMMITTED transaction, then read.';
