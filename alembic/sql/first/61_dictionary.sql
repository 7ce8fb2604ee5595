-- Which captured table and column is this? By id, so that a rename breaks nothing.

-- The id stands in the arguments of the capturing triggers: it survives renames of the table and
-- a dump that gives every table a new oid.
CREATE FUNCTION hub.captured_as(captured regclass) RETURNS integer LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT convert_from(
        substring(tgargs FROM 1 FOR position('\x00'::bytea IN tgargs) - 1), 'UTF8'
    )::integer
    FROM pg_trigger
    WHERE tgrelid = captured AND tgname = 'hub_capture_insert'
$$;

CREATE FUNCTION hub.table_name(captured regclass) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = captured
$$;

-- The columns that are captured: name, type, how to compare two values.
CREATE FUNCTION hub.captured_columns(captured regclass)
RETURNS TABLE (attribute_number integer, name text, type text, comparable text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        a.attnum,
        a.attname,
        format_type(a.atttypid, a.atttypmod),
        -- Types without equality are compared as they are written.
        CASE
            WHEN t.typname IN ('json', 'xml') OR t.typcategory = 'G'
            THEN '%s.' || quote_ident(a.attname) || '::text'
            ELSE '%s.' || quote_ident(a.attname)
        END
    FROM pg_attribute a
    JOIN pg_type declared ON declared.oid = a.atttypid
    JOIN pg_type t ON t.oid = coalesce(nullif(declared.typbasetype, 0), declared.oid)
    WHERE a.attrelid = captured AND a.attnum > 0 AND NOT a.attisdropped
        AND a.attgenerated IN ('', 's')
    ORDER BY a.attnum
$$;

CREATE FUNCTION hub.learn_table(
    captured regclass, table_kind text, its_client_column text, its_day_column text
) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present_name text := hub.table_name(captured);
    present_history text := replace(present_name, '.', '__');
    known hub.table_dictionary;
BEGIN
    SELECT * INTO known FROM hub.table_dictionary WHERE id = hub.captured_as(captured);
    IF known.id IS NULL THEN
        SELECT * INTO known FROM hub.table_dictionary WHERE name = present_name;
    END IF;
    IF known.id IS NULL THEN
        INSERT INTO hub.table_dictionary (name, history_name, kind, client_column, day_column)
        VALUES (present_name, present_history, table_kind, its_client_column, its_day_column)
        RETURNING * INTO known;
    ELSIF known.history_name <> present_history THEN
        EXECUTE format('ALTER TABLE history.%I RENAME TO %I', known.history_name, present_history);
        EXECUTE format('DROP FUNCTION IF EXISTS history.%I(bigint)', known.history_name || '_as_of');
    END IF;
    UPDATE hub.table_dictionary
    SET name = present_name, history_name = present_history, kind = table_kind,
        client_column = its_client_column, day_column = its_day_column
    WHERE id = known.id;
    PERFORM hub.learn_columns(captured, known.id, present_history);
    RETURN known.id;
END
$$;

-- Follows the table's columns: first by name, then by number, which tells a rename.
CREATE FUNCTION hub.learn_columns(captured regclass, captured_id integer, history_table text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present record;
    known hub.column_dictionary;
    history regclass := to_regclass(format('history.%I', history_table));
BEGIN
    FOR present IN SELECT * FROM hub.captured_columns(captured) LOOP
        SELECT d.* INTO known FROM hub.column_dictionary d
        WHERE d.table_id = captured_id AND d.dropped_at IS NULL
            AND (
                d.name = present.name
                OR (
                    d.attribute_number = present.attribute_number
                    AND d.name NOT IN (SELECT c.name FROM hub.captured_columns(captured) c)
                )
            )
        ORDER BY d.name = present.name DESC LIMIT 1;
        IF known.id IS NULL THEN
            INSERT INTO hub.column_dictionary (table_id, name, attribute_number)
            VALUES (captured_id, present.name, present.attribute_number);
            CONTINUE;
        END IF;
        IF known.name <> present.name AND history IS NOT NULL THEN
            EXECUTE format(
                'ALTER TABLE %s RENAME COLUMN %I TO %I', history, known.name, present.name
            );
        END IF;
        UPDATE hub.column_dictionary
        SET name = present.name, attribute_number = present.attribute_number
        WHERE id = known.id;
    END LOOP;
    UPDATE hub.column_dictionary d SET dropped_at = clock_timestamp()
    WHERE d.table_id = captured_id AND d.dropped_at IS NULL
        AND d.name NOT IN (SELECT c.name FROM hub.captured_columns(captured) c);
END
$$;

-- Makes history.<table>, or lets it follow its table. What a dropped column held stays.
CREATE FUNCTION hub.keep_history(captured regclass, history_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    history regclass := to_regclass(format('history.%I', history_table));
    present record;
    kept_type text;
BEGIN
    IF history IS NULL THEN
        EXECUTE format(
            'CREATE TABLE history.%I (%s, tx_from bigint NOT NULL, tx_to bigint NOT NULL)',
            history_table,
            (SELECT string_agg(format('%I %s', name, type), ', ' ORDER BY attribute_number)
             FROM hub.captured_columns(captured) WHERE name <> 'tx_from')
        );
        PERFORM hub.guard_against_truncate(format('history.%I', history_table)::regclass);
        RETURN;
    END IF;
    FOR present IN SELECT * FROM hub.captured_columns(captured) WHERE name <> 'tx_from' LOOP
        SELECT format_type(atttypid, atttypmod) INTO kept_type FROM pg_attribute
        WHERE attrelid = history AND attname = present.name AND NOT attisdropped;
        IF kept_type IS NULL THEN
            EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', history, present.name, present.type);
            PERFORM hub.fill_history(captured, history, present.name);
        ELSIF kept_type <> present.type THEN
            EXECUTE format(
                'ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %I::text::%s',
                history, present.name, present.type, present.name, present.type
            );
        END IF;
    END LOOP;
END
$$;

-- A column that came with a default has it in the present versions, too.
CREATE FUNCTION hub.fill_history(captured regclass, history regclass, added text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM hub.table_dictionary
               WHERE id = hub.captured_as(captured) AND kind = 'entity') THEN
        EXECUTE format(
            'UPDATE %s h SET %I = t.%I FROM %s t
             WHERE h.id = t.id AND h.tx_to = 9223372036854775807 AND t.%I IS NOT NULL',
            history, added, added, captured, added
        );
    END IF;
END
$$;

-- A template with {names} filled in.
CREATE FUNCTION hub.fill(template text, parts jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT * FROM jsonb_each_text(parts) LOOP
        template := replace(template, '{' || part.key || '}', part.value);
    END LOOP;
    RETURN template;
END
$$;

-- The table itself and, for a partitioned one, each partition: COPY into a partition fires only
-- that partition's triggers.
CREATE FUNCTION hub.capture_points(captured regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT captured UNION SELECT relid FROM pg_partition_tree(captured)
$$;

-- Sets one trigger, in the place of an earlier one.
CREATE FUNCTION hub.set_trigger(on_table regclass, trigger_name text, definition text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER %I %s',
        trigger_name,
        hub.fill(definition, jsonb_build_object('table', on_table))
    );
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', on_table, trigger_name);
END
$$;
