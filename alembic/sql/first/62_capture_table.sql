-- Captures an entity or a dataset: a line in hub.change for each change of a row, and every
-- version of the row in history.<table>. Calling it again follows renames and new columns.
--
-- All is done AFTER STATEMENT: by then every touched row is locked until commit, so the ids drawn
-- here stand in the order of the locks; drawn in BEFORE ROW they would break chains.

CREATE FUNCTION hub.capture_table(captured regclass, client_column text DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $capture$
DECLARE
    captured_id integer;
    history_table text := replace(hub.table_name(captured), '.', '__');
    is_new boolean := hub.captured_as(captured) IS NULL;
    parts jsonb;
    point regclass;
    update_query text;
BEGIN
    IF NOT EXISTS (SELECT FROM hub.captured_columns(captured) WHERE name = 'id' AND type = 'uuid')
    THEN
        RAISE EXCEPTION '%: only a table with a column "id uuid" can be captured', captured
        USING HINT = 'Add: id uuid primary key default hub.new_id()';
    END IF;
    IF EXISTS (SELECT FROM hub.captured_columns(captured) WHERE name IN ('tx_from', 'tx_to')) THEN
        RAISE EXCEPTION '%: the columns tx_from and tx_to belong to its history', captured
        USING HINT = 'Give the columns other names.';
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', captured);
    PERFORM set_config('hub.capturing', 'on', true);
    captured_id := hub.learn_table(captured, 'entity', client_column, NULL);
    PERFORM hub.keep_history(captured, history_table);
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON history.%I (id, tx_to)',
        history_table || '_row', history_table
    );
    IF client_column <> 'id' THEN
        EXECUTE format(
            'CREATE INDEX IF NOT EXISTS %I ON history.%I (%I, tx_to)',
            history_table || '_client', history_table, client_column
        );
    END IF;

    SELECT jsonb_build_object(
        'table', captured,
        'name', quote_literal(hub.table_name(captured)),
        'table_id', captured_id,
        'history', format('history.%I', history_table),
        'on_insert', format('history.%I', history_table || '_on_insert'),
        'on_update', format('history.%I', history_table || '_on_update'),
        'on_delete', format('history.%I', history_table || '_on_delete'),
        'as_of', format('history.%I', history_table || '_as_of'),
        'columns', string_agg(quote_ident(c.name), ', ' ORDER BY c.attribute_number),
        'new_columns', string_agg('n.' || quote_ident(c.name), ', ' ORDER BY c.attribute_number),
        'h_columns', string_agg('h.' || quote_ident(c.name), ', ' ORDER BY c.attribute_number),
        'changed', string_agg(
            format(
                'CASE WHEN ' || c.comparable || ' IS DISTINCT FROM ' || c.comparable
                || ' THEN %s END', 'n', 'o', d.id
            ),
            ', ' ORDER BY c.attribute_number
        ) FILTER (WHERE c.name <> 'id'),
        'client', coalesce('s.' || quote_ident(client_column), 'NULL::uuid'),
        'new_client', coalesce('n.' || quote_ident(client_column), 'NULL::uuid'),
        'old_client', coalesce('o.' || quote_ident(client_column), 'NULL::uuid')
    )
    INTO parts
    FROM hub.captured_columns(captured) c
    JOIN hub.column_dictionary d
        ON d.table_id = captured_id AND d.name = c.name AND d.dropped_at IS NULL;

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {on_insert}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $body$
        DECLARE
            who hub.provenance;
        BEGIN
            IF NOT EXISTS (SELECT FROM new_rows) THEN
                RETURN NULL;
            END IF;
            who := hub.provenance();
            INSERT INTO hub.change (
                id, tx, table_id, row_id, operation, columns, client_id,
                actor, origin, run_id, edited_at, at
            )
            SELECT
                nextval('hub.change_id'), who.tx, {table_id}, s.id, 'I', NULL, {client},
                hub.author(who.authors, s.id, who.actor), who.origin, who.run_id,
                hub.author_edited_at(who.authors, s.id, who.edited_at), who.at
            FROM (SELECT * FROM new_rows ORDER BY id) s;
            INSERT INTO {history} ({columns}, tx_from, tx_to)
            SELECT {columns}, who.tx, 9223372036854775807 FROM new_rows;
            PERFORM hub.announce({name});
            RETURN NULL;
        END
        $body$
    $template$, parts);

    -- The n-th old row and the n-th new row are one row, also where a cascade touched it twice.
    update_query := hub.fill($template$
        WITH paired AS (
            SELECT
                {new_columns},
                n.hub__position,
                coalesce({new_client}, {old_client}) AS hub__client,
                array_remove(
                    ARRAY[
                        CASE WHEN n.id IS DISTINCT FROM o.id
                        THEN hub.refuse_id_change({name}, o.id::text, n.id::text) END,
                        {changed}
                    ],
                    NULL
                ) AS hub__changed
            FROM (SELECT *, row_number() OVER () AS hub__position FROM new_rows) n
            JOIN (SELECT *, row_number() OVER () AS hub__position FROM old_rows) o
                USING (hub__position)
        ),
        changed AS MATERIALIZED (
            SELECT
                *,
                lead(id) OVER (ORDER BY id, hub__position) IS DISTINCT FROM id AS hub__is_last
            FROM paired WHERE hub__changed <> '{}'
        ),
        logged AS (
            INSERT INTO hub.change (
                id, tx, table_id, row_id, operation, columns, client_id,
                actor, origin, run_id, edited_at, at
            )
            SELECT
                nextval('hub.change_id'), $1, {table_id}, s.id, 'U', s.hub__changed, s.hub__client,
                hub.author($7, s.id, $3), $4, $5, hub.author_edited_at($7, s.id, $6), $2
            FROM (SELECT * FROM changed ORDER BY id, hub__position) s
        ),
        closed AS (
            UPDATE {history} h SET tx_to = $1 FROM changed c
            WHERE h.id = c.id AND h.tx_to = 9223372036854775807 AND c.hub__is_last
            RETURNING h.tx_from = $1 AS is_newborn
        ),
        opened AS (
            INSERT INTO {history} ({columns}, tx_from, tx_to)
            SELECT {columns}, $1, 9223372036854775807 FROM changed WHERE hub__is_last
        )
        SELECT
            (SELECT count(*) FROM changed WHERE hub__is_last),
            (SELECT count(*) FROM closed),
            (SELECT count(*) FROM closed WHERE is_newborn)
        -- INTO
    $template$, parts);

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {on_update}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        SET work_mem = '64MB' SET enable_mergejoin = off
        AS $body$
        DECLARE
            who hub.provenance;
            touched_count bigint;
            changed_count bigint;
            closed_count bigint;
            newborn_count bigint;
        BEGIN
            SELECT count(*) INTO touched_count FROM new_rows;
            IF touched_count = 0 THEN
                RETURN NULL;
            END IF;
            who := hub.provenance();
            -- A plan kept from a statement of few rows would be ruinous for one of many.
            IF touched_count > 50 THEN
                EXECUTE {planned_each_time}
                INTO changed_count, closed_count, newborn_count
                USING who.tx, who.at, who.actor, who.origin, who.run_id, who.edited_at, who.authors;
            ELSE
                {planned_once};
            END IF;
            IF changed_count = 0 THEN
                RETURN NULL;
            END IF;
            -- A version that began in this very transaction was never seen by anybody.
            IF newborn_count > 0 THEN
                DELETE FROM {history} h USING new_rows n
                WHERE h.id = n.id AND h.tx_to = who.tx AND h.tx_from = who.tx;
            END IF;
            -- Deleted by the same statement's cascades, and told of that first.
            IF closed_count < changed_count THEN
                DELETE FROM {history} h USING new_rows n
                WHERE h.id = n.id AND h.tx_to = 9223372036854775807
                    AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = h.id);
            END IF;
            PERFORM hub.announce({name});
            RETURN NULL;
        END
        $body$
    $template$, parts || jsonb_build_object(
        'planned_each_time', quote_literal(update_query),
        'planned_once', regexp_replace(
            replace(replace(replace(replace(replace(replace(replace(
                replace(
                    update_query,
                    '-- INTO',
                    'INTO changed_count, closed_count, newborn_count'
                ),
                '$1', 'who.tx'), '$2', 'who.at'), '$3', 'who.actor'), '$4', 'who.origin'),
                '$5', 'who.run_id'), '$6', 'who.edited_at'), '$7', 'who.authors'),
            '\s+$', ''
        )
    ));

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {on_delete}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $body$
        DECLARE
            who hub.provenance;
            newborn_count bigint;
        BEGIN
            IF NOT EXISTS (SELECT FROM old_rows) THEN
                RETURN NULL;
            END IF;
            who := hub.provenance();
            INSERT INTO hub.change (
                id, tx, table_id, row_id, operation, columns, client_id,
                actor, origin, run_id, edited_at, at
            )
            SELECT
                nextval('hub.change_id'), who.tx, {table_id}, s.id, 'D', NULL, {client},
                hub.author(who.authors, s.id, who.actor), who.origin, who.run_id,
                hub.author_edited_at(who.authors, s.id, who.edited_at), who.at
            FROM (SELECT * FROM old_rows ORDER BY id) s;
            WITH closed AS (
                UPDATE {history} h SET tx_to = who.tx FROM old_rows o
                WHERE h.id = o.id AND h.tx_to = 9223372036854775807
                RETURNING h.tx_from = who.tx AS is_newborn
            )
            SELECT count(*) INTO newborn_count FROM closed WHERE is_newborn;
            IF newborn_count > 0 THEN
                DELETE FROM {history} h USING old_rows o
                WHERE h.id = o.id AND h.tx_to = who.tx AND h.tx_from = who.tx;
            END IF;
            PERFORM hub.announce({name});
            RETURN NULL;
        END
        $body$
    $template$, parts);

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {as_of}(tick bigint) RETURNS SETOF {table}
        LANGUAGE sql STABLE
        AS $body$
            SELECT {h_columns}
            FROM hub.tick t, {history} h
            WHERE t.id = $1
                AND h.tx_from < t.unseen_from
                AND h.tx_to >= t.seen_below
                AND hub.sees(t.seen_below, t.unseen_from, t.snapshot, h.tx_from)
                AND NOT hub.sees(t.seen_below, t.unseen_from, t.snapshot, h.tx_to)
        $body$
    $template$, parts);

    FOR point IN SELECT * FROM hub.capture_points(captured) LOOP
        PERFORM hub.guard_against_truncate(point);
        PERFORM hub.set_trigger(point, 'hub_capture_insert', hub.fill(
            'AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION {on_insert}({table_id})', parts - 'table'));
        PERFORM hub.set_trigger(point, 'hub_capture_update', hub.fill(
            'AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION {on_update}({table_id})', parts - 'table'));
        PERFORM hub.set_trigger(point, 'hub_capture_delete', hub.fill(
            'AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
             FOR EACH STATEMENT EXECUTE FUNCTION {on_delete}({table_id})', parts - 'table'));
    END LOOP;

    IF is_new THEN
        EXECUTE hub.fill(
            'INSERT INTO {history} ({columns}, tx_from, tx_to)
             SELECT {columns}, hub.current_tx(), 9223372036854775807 FROM {table}', parts);
    END IF;
    PERFORM set_config('hub.capturing', 'off', true);
    RETURN captured_id;
END
$capture$;
COMMENT ON FUNCTION hub.capture_table(regclass, text) IS
'Records every change of the table from now on. Call it again after a column was renamed or added.';
