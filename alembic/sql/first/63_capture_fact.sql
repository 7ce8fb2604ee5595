-- Captures facts: the row carries tx_from itself, a statement leaves one notice, and only rows
-- that were superseded go to history.<table>. Loading millions stays near the price of COPY.

CREATE FUNCTION hub.capture_fact(
    captured regclass, client_column text DEFAULT 'client_id', day_column text DEFAULT 'day'
)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $capture$
DECLARE
    captured_id integer;
    history_table text := replace(hub.table_name(captured), '.', '__');
    parts jsonb;
    point regclass;
BEGIN
    IF NOT EXISTS (
        SELECT FROM hub.captured_columns(captured) WHERE name = 'tx_from' AND type = 'bigint'
    ) THEN
        RAISE EXCEPTION '%: facts carry the transaction that wrote them', captured
        USING HINT = 'Add: tx_from bigint not null default hub.current_tx()';
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', captured);
    PERFORM set_config('hub.capturing', 'on', true);
    captured_id := hub.learn_table(captured, 'fact', client_column, day_column);
    PERFORM hub.keep_history(captured, history_table);
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON history.%I (%s, tx_to)',
        history_table || '_client_day', history_table,
        concat_ws(', ', quote_ident(client_column), quote_ident(day_column))
    );

    SELECT jsonb_build_object(
        'table', captured,
        'name', quote_literal(hub.table_name(captured)),
        'table_id', captured_id,
        'history', format('history.%I', history_table),
        'before_update', format('history.%I', history_table || '_before_update'),
        'on_insert', format('history.%I', history_table || '_on_insert'),
        'on_update', format('history.%I', history_table || '_on_update'),
        'on_delete', format('history.%I', history_table || '_on_delete'),
        'as_of', format('history.%I', history_table || '_as_of'),
        'client', coalesce(quote_ident(client_column), 'NULL::uuid'),
        'new_client', coalesce('n.' || quote_ident(client_column), 'NULL::uuid'),
        'day', quote_ident(day_column),
        'columns', string_agg(quote_ident(name), ', ' ORDER BY attribute_number),
        'f_columns', string_agg('f.' || quote_ident(name), ', ' ORDER BY attribute_number),
        'o_columns', string_agg('o.' || quote_ident(name), ', ' ORDER BY attribute_number),
        'old_values', string_agg(format(comparable, 'old'), ', ' ORDER BY attribute_number)
            FILTER (WHERE name NOT IN ('tx_from', 'recorded_at')),
        'new_values', string_agg(format(comparable, 'new'), ', ' ORDER BY attribute_number)
            FILTER (WHERE name NOT IN ('tx_from', 'recorded_at')),
        'o_values', string_agg(format(comparable, 'o'), ', ' ORDER BY attribute_number),
        'n_values', string_agg(format(comparable, 'n'), ', ' ORDER BY attribute_number),
        'keep_recorded_at', CASE WHEN bool_or(name = 'recorded_at')
            THEN 'new.recorded_at := old.recorded_at;' ELSE '' END,
        'set_recorded_at', CASE WHEN bool_or(name = 'recorded_at')
            THEN 'IF new.recorded_at IS NOT DISTINCT FROM old.recorded_at THEN
                    new.recorded_at := statement_timestamp();
                END IF;' ELSE '' END
    )
    INTO parts FROM hub.captured_columns(captured);

    -- A load that says the same again changes nothing; any other version begins now.
    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {before_update}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $body$
        BEGIN
            IF ROW({new_values}) IS NOT DISTINCT FROM ROW({old_values}) THEN
                new.tx_from := old.tx_from;
                {keep_recorded_at}
            ELSE
                new.tx_from := hub.current_tx();
                {set_recorded_at}
            END IF;
            RETURN new;
        END
        $body$
    $template$, parts);

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {on_insert}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $body$
        DECLARE
            who hub.provenance;
            total record;
        BEGIN
            IF NOT EXISTS (SELECT FROM new_rows) THEN
                RETURN NULL;
            END IF;
            who := hub.provenance();
            SELECT sum(amount) AS amount, min(first_day) AS first_day, max(last_day) AS last_day,
                array_agg(client_id) AS client_ids,
                bool_and(lowest = who.tx AND highest = who.tx) AS is_stamped
            INTO total
            FROM (
                SELECT {client} AS client_id, count(*) AS amount, min({day})::date AS first_day,
                    max({day})::date AS last_day, min(tx_from) AS lowest, max(tx_from) AS highest
                FROM new_rows GROUP BY {client}
            ) by_client;
            IF NOT total.is_stamped THEN
                RAISE EXCEPTION '%: tx_from was given by hand', {name}
                USING ERRCODE = 'restrict_violation',
                    HINT = 'Leave tx_from out of the column list: the database fills it in.';
            END IF;
            PERFORM hub.leave_notice(
                who, {table_id}, 'I', total.first_day, total.last_day, total.client_ids,
                total.amount::bigint
            );
            PERFORM hub.announce({name});
            RETURN NULL;
        END
        $body$
    $template$, parts);

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {on_update}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        SET enable_nestloop = off
        AS $body$
        DECLARE
            who hub.provenance;
            total record;
        BEGIN
            IF NOT EXISTS (SELECT FROM new_rows) THEN
                RETURN NULL;
            END IF;
            who := hub.provenance();
            WITH paired AS MATERIALIZED (
                SELECT
                    {o_columns},
                    {new_client} AS hub__client,
                    n.{day} AS hub__day
                FROM (SELECT *, row_number() OVER () AS hub__position FROM new_rows) n
                JOIN (SELECT *, row_number() OVER () AS hub__position FROM old_rows) o
                    USING (hub__position)
                WHERE ROW({n_values}) IS DISTINCT FROM ROW({o_values})
            ),
            superseded AS (
                INSERT INTO {history} ({columns}, tx_to)
                SELECT {columns}, who.tx FROM paired WHERE tx_from <> who.tx
            )
            SELECT count(*) AS amount,
                least(min({day}), min(hub__day))::date AS first_day,
                greatest(max({day}), max(hub__day))::date AS last_day,
                (SELECT array_agg(client_id) FROM (
                    SELECT {client} AS client_id FROM paired
                    UNION SELECT hub__client FROM paired
                ) clients) AS client_ids
            INTO total FROM paired;
            IF total.amount = 0 THEN
                RETURN NULL;
            END IF;
            PERFORM hub.leave_notice(
                who, {table_id}, 'U', total.first_day, total.last_day, total.client_ids,
                total.amount
            );
            PERFORM hub.announce({name});
            RETURN NULL;
        END
        $body$
    $template$, parts);

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {on_delete}() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $body$
        DECLARE
            who hub.provenance;
            total record;
        BEGIN
            IF NOT EXISTS (SELECT FROM old_rows) THEN
                RETURN NULL;
            END IF;
            who := hub.provenance();
            INSERT INTO {history} ({columns}, tx_to)
            SELECT {columns}, who.tx FROM old_rows WHERE tx_from <> who.tx;
            SELECT count(*) AS amount, min({day})::date AS first_day, max({day})::date AS last_day,
                array_agg(DISTINCT {client}) AS client_ids
            INTO total FROM old_rows;
            PERFORM hub.leave_notice(
                who, {table_id}, 'D', total.first_day, total.last_day, total.client_ids,
                total.amount
            );
            PERFORM hub.announce({name});
            RETURN NULL;
        END
        $body$
    $template$, parts);

    EXECUTE hub.fill($template$
        CREATE OR REPLACE FUNCTION {as_of}(tick bigint) RETURNS SETOF {table}
        LANGUAGE sql STABLE
        AS $body$
            SELECT {f_columns}
            FROM hub.tick t, {table} f
            WHERE t.id = $1 AND f.tx_from < t.unseen_from
                AND hub.sees(t.seen_below, t.unseen_from, t.snapshot, f.tx_from)
            UNION ALL
            SELECT {f_columns}
            FROM hub.tick t, {history} f
            WHERE t.id = $1 AND f.tx_from < t.unseen_from AND f.tx_to >= t.seen_below
                AND hub.sees(t.seen_below, t.unseen_from, t.snapshot, f.tx_from)
                AND NOT hub.sees(t.seen_below, t.unseen_from, t.snapshot, f.tx_to)
        $body$
    $template$, parts);

    PERFORM hub.set_trigger(captured, 'hub_stamp', hub.fill(
        'BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {before_update}()',
        parts - 'table'));
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
    PERFORM set_config('hub.capturing', 'off', true);
    RETURN captured_id;
END
$capture$;
COMMENT ON FUNCTION hub.capture_fact(regclass, text, text) IS
'Keeps superseded versions of the facts from now on, and leaves a notice for each statement.';

CREATE FUNCTION hub.leave_notice(
    who hub.provenance, table_id integer, operation "char", first_day date, last_day date,
    client_ids uuid[], row_count bigint
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO hub.fact_notice (
        tx, table_id, operation, first_day, last_day, client_ids, row_count,
        actor, origin, run_id, at
    )
    VALUES (
        who.tx, table_id, operation, first_day, last_day,
        CASE WHEN cardinality(client_ids) <= 1000 THEN client_ids END,
        row_count, who.actor, who.origin, who.run_id, who.at
    )
$$;
