-- Who is this row, and in which era and transaction was it written?

CREATE SCHEMA hub;
COMMENT ON SCHEMA hub IS 'What the hub remembers about its connections, and the change log.';
CREATE SCHEMA history;
COMMENT ON SCHEMA history IS 'Every version of every captured row: its columns, tx_from and tx_to.';

-- A UUIDv7: built in from Postgres 18 on, else 48 bits of milliseconds over a random UUID.
DO $do$
BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        CREATE FUNCTION hub.new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
        AS 'SELECT pg_catalog.uuidv7()';
    ELSE
        CREATE FUNCTION hub.new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
        AS $sql$
            SELECT encode(
                set_bit(
                    set_bit(
                        overlay(
                            uuid_send(gen_random_uuid())
                            PLACING substring(
                                int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint)
                                FROM 3
                            )
                            FROM 1 FOR 6
                        ),
                        52, 1
                    ),
                    53, 1
                ),
                'hex'
            )::uuid
        $sql$;
    END IF;
END
$do$;
COMMENT ON FUNCTION hub.new_id() IS 'A new UUIDv7: ids sort by the time they were made.';

-- A restored or copied database begins its transaction ids again. So each transaction is stamped
-- era * 2^48 + xid, and the era belongs to (system identifier, timeline, generation).
CREATE TABLE hub.era (
    id integer PRIMARY KEY CHECK (id BETWEEN 1 AND 32767),
    system_identifier bigint NOT NULL,
    timeline integer NOT NULL,
    generation integer NOT NULL,
    reason text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (system_identifier, timeline, generation)
);
COMMENT ON TABLE hub.era IS 'A stretch of time in which transaction ids only grow.';

CREATE FUNCTION hub.system_identifier() RETURNS bigint LANGUAGE sql STABLE
AS 'SELECT system_identifier FROM pg_catalog.pg_control_system()';

CREATE FUNCTION hub.timeline() RETURNS integer LANGUAGE sql STABLE
AS $$
    SELECT ('x' || left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::int
$$;

-- Every writer reads hub.era and so holds a share lock on it until it ends: raising the generation
-- waits for them, and nobody stamps an era that has already been declared settled.
CREATE FUNCTION hub.raise_generation(reason text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    opened integer;
BEGIN
    LOCK TABLE hub.era IN ACCESS EXCLUSIVE MODE;
    INSERT INTO hub.era (id, system_identifier, timeline, generation, reason)
    SELECT
        coalesce(max(e.id), 0) + 1,
        hub.system_identifier(),
        hub.timeline(),
        coalesce(
            max(e.generation) FILTER (
                WHERE e.system_identifier = hub.system_identifier()
                AND e.timeline = hub.timeline()
            ) + 1,
            0
        ),
        raise_generation.reason
    FROM hub.era e
    RETURNING id INTO opened;
    RETURN opened;
END
$$;

REVOKE EXECUTE ON FUNCTION hub.raise_generation(text) FROM PUBLIC;

CREATE FUNCTION hub.open_era() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO hub.era (id, system_identifier, timeline, generation, reason)
    SELECT
        coalesce((SELECT max(id) FROM hub.era), 0) + 1,
        hub.system_identifier(),
        hub.timeline(),
        0,
        CASE WHEN EXISTS (SELECT FROM hub.era) THEN 'restored or promoted' ELSE 'first' END
    ON CONFLICT DO NOTHING;
    RETURN (
        SELECT id FROM hub.era
        WHERE system_identifier = hub.system_identifier() AND timeline = hub.timeline()
        ORDER BY generation DESC LIMIT 1
    );
END
$$;

REVOKE EXECUTE ON FUNCTION hub.open_era() FROM PUBLIC;

CREATE FUNCTION hub.current_era() RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_era integer;
BEGIN
    SELECT id INTO found_era FROM hub.era
    WHERE system_identifier = hub.system_identifier() AND timeline = hub.timeline()
    ORDER BY generation DESC LIMIT 1;
    RETURN coalesce(found_era, hub.open_era());
END
$$;
COMMENT ON FUNCTION hub.current_era() IS
'The era of this server; opened by the first who asks after a restore or a promotion.';

CREATE FUNCTION hub.remember_era() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN set_config('hub.era_base', (hub.current_era()::bigint << 48)::text, true)::bigint;
END
$$;

-- A default of every fact row, so it must be cheap, and stable: a volatile default makes COPY
-- insert row by row. The era is looked up once a transaction. Not a string: whoever inserts may
-- lack any right on schema hub.
CREATE FUNCTION hub.current_tx() RETURNS bigint LANGUAGE sql STABLE
RETURN coalesce(
    nullif(current_setting('hub.era_base', true), '')::bigint, hub.remember_era()
) + pg_current_xact_id()::text::bigint;
COMMENT ON FUNCTION hub.current_tx() IS 'era * 2^48 + the id of this transaction.';

-- A user called hub would otherwise find, and make, unqualified tables in schema hub.
DO $do$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = public', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'search_path stays as it is: this user does not own the database';
END
$do$;
