-- What changed, where, by whom? The thin half of the change log; the values are in history.

CREATE TABLE hub.table_dictionary (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    history_name text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('entity', 'fact')),
    client_column text,
    day_column text,
    captured_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE hub.table_dictionary IS 'The captured tables: an id outlives a rename.';
COMMENT ON COLUMN hub.table_dictionary.name IS
'The table''s name; with its schema in front unless that is public.';

CREATE TABLE hub.column_dictionary (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id integer NOT NULL REFERENCES hub.table_dictionary (id),
    name text NOT NULL,
    attribute_number integer NOT NULL,
    dropped_at timestamptz
);
CREATE UNIQUE INDEX column_dictionary_name ON hub.column_dictionary (table_id, name)
WHERE dropped_at IS NULL;
COMMENT ON TABLE hub.column_dictionary IS 'The columns of captured tables: an id outlives a rename.';

-- Cache 1: the numbers of one row's changes must grow in the order of its locks.
CREATE SEQUENCE hub.change_id AS bigint CACHE 1;

CREATE TABLE hub.change (
    id bigint NOT NULL,
    tx bigint NOT NULL,
    table_id integer NOT NULL,
    row_id uuid NOT NULL,
    operation "char" NOT NULL CHECK (operation IN ('I', 'U', 'D')),
    columns integer[],
    client_id uuid,
    actor text NOT NULL,
    origin text NOT NULL,
    run_id uuid,
    edited_at timestamptz,
    at timestamptz NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX change_row ON hub.change (table_id, row_id, id);
CREATE INDEX change_tx ON hub.change (tx);
ALTER SEQUENCE hub.change_id OWNED BY hub.change.id;
COMMENT ON TABLE hub.change IS 'One line for each change of each captured row.';
COMMENT ON COLUMN hub.change.tx IS 'era * 2^48 + transaction id; compare it with a tick.';
COMMENT ON COLUMN hub.change.operation IS 'I insert, U update, D delete.';
COMMENT ON COLUMN hub.change.columns IS
'Ids of the columns whose value changed (hub.column_dictionary); null means all of them.';
COMMENT ON COLUMN hub.change.client_id IS 'The client the row belongs to, or belonged to.';
COMMENT ON COLUMN hub.change.actor IS 'The person or program that made the change.';
COMMENT ON COLUMN hub.change.origin IS 'The way in: graphql, sync, cli, migration, demo, sql.';
COMMENT ON COLUMN hub.change.run_id IS 'The run it was made in.';
COMMENT ON COLUMN hub.change.edited_at IS 'When it was made where it was made; null if unknown.';
COMMENT ON COLUMN hub.change.at IS 'When the hub recorded it.';
CREATE TABLE hub.change_default PARTITION OF hub.change DEFAULT;

CREATE FUNCTION hub.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%.% keeps a record of every change and cannot be truncated',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation',
        HINT = 'Use DELETE, which is recorded row by row and can be undone.';
END
$$;

CREATE FUNCTION hub.guard_against_truncate(guarded regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER hub_no_truncate BEFORE TRUNCATE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION hub.refuse_truncate()',
        guarded
    );
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER hub_no_truncate', guarded);
END
$$;

SELECT hub.guard_against_truncate('hub.change');
SELECT hub.guard_against_truncate('hub.change_default');

CREATE FUNCTION hub.ensure_change_partitions(months_ahead integer DEFAULT 2) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first_moment timestamptz;
    next_moment timestamptz;
    partition_name text;
    made integer := 0;
BEGIN
    FOR month IN 0 .. months_ahead LOOP
        first_moment := date_trunc('month', clock_timestamp(), 'UTC');
        next_moment := ((first_moment AT TIME ZONE 'UTC') + make_interval(months => month + 1))
            AT TIME ZONE 'UTC';
        first_moment := ((first_moment AT TIME ZONE 'UTC') + make_interval(months => month))
            AT TIME ZONE 'UTC';
        partition_name := 'change_' || to_char(first_moment AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass('hub.' || partition_name) IS NOT NULL;
        EXECUTE format('CREATE TABLE hub.%I (LIKE hub.change INCLUDING ALL)', partition_name);
        -- What fell into the net meanwhile moves over, or the partition would be refused.
        EXECUTE format(
            'WITH caught AS (
                DELETE FROM hub.change_default WHERE at >= %L AND at < %L RETURNING *
            )
            INSERT INTO hub.%I SELECT * FROM caught',
            first_moment, next_moment, partition_name
        );
        EXECUTE format(
            'ALTER TABLE hub.change ATTACH PARTITION hub.%I FOR VALUES FROM (%L) TO (%L)',
            partition_name, first_moment, next_moment
        );
        PERFORM hub.guard_against_truncate(format('hub.%I', partition_name)::regclass);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION hub.ensure_change_partitions(integer) IS
'Makes the change log''s partitions for this month and the next ones; answers how many it made.';
SELECT hub.ensure_change_partitions(2);

CREATE TABLE hub.fact_notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx bigint NOT NULL,
    table_id integer NOT NULL REFERENCES hub.table_dictionary (id),
    operation "char" NOT NULL CHECK (operation IN ('I', 'U', 'D')),
    first_day date,
    last_day date,
    client_ids uuid[],
    row_count bigint NOT NULL,
    actor text NOT NULL,
    origin text NOT NULL,
    run_id uuid,
    at timestamptz NOT NULL
);
CREATE INDEX fact_notice_tx ON hub.fact_notice (tx);
COMMENT ON TABLE hub.fact_notice IS 'One line for each statement that changed facts.';
COMMENT ON COLUMN hub.fact_notice.client_ids IS 'Whose facts; null means too many to list.';
SELECT hub.guard_against_truncate('hub.fact_notice');
