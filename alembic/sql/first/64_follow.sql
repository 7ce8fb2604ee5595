-- A captured table that is altered, or gets a partition, stays captured: renames, new columns and
-- new partitions are followed at once. Only a superuser may make an event trigger; without one,
-- whoever alters a captured table calls hub.capture_table again (its next write says so).

CREATE FUNCTION hub.capture_again(altered regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    root regclass := coalesce(pg_partition_root(altered), altered);
    known hub.table_dictionary;
BEGIN
    SELECT * INTO known FROM hub.table_dictionary WHERE id = hub.captured_as(root);
    IF known.kind = 'entity' THEN
        PERFORM hub.capture_table(root, hub.present_name(root, known.id, known.client_column));
    ELSIF known.kind = 'fact' THEN
        PERFORM hub.capture_fact(
            root,
            hub.present_name(root, known.id, known.client_column),
            hub.present_name(root, known.id, known.day_column)
        );
    END IF;
END
$$;
COMMENT ON FUNCTION hub.capture_again(regclass) IS
'Lets the capture of a table follow what was altered in it; nothing for other tables.';

-- What a column is called now, by the name under which it was captured.
CREATE FUNCTION hub.present_name(captured regclass, captured_id integer, known_name text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.name
    FROM hub.captured_columns(captured) c
    LEFT JOIN hub.column_dictionary d
        ON d.table_id = captured_id AND d.attribute_number = c.attribute_number
        AND d.dropped_at IS NULL
    WHERE c.name = known_name OR d.name = known_name
    ORDER BY c.name = known_name DESC LIMIT 1
$$;

CREATE FUNCTION hub.follow_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    altered oid;
BEGIN
    IF coalesce(current_setting('hub.capturing', true), '') = 'on' THEN
        RETURN;
    END IF;
    FOR altered IN
        SELECT DISTINCT coalesce(pg_partition_root(objid), objid)
        FROM pg_event_trigger_ddl_commands()
        WHERE classid = 'pg_class'::regclass AND object_type IN ('table', 'table column')
            AND schema_name <> 'pg_temp'
    LOOP
        PERFORM hub.capture_again(altered);
    END LOOP;
END
$$;

DO $do$
BEGIN
    CREATE EVENT TRIGGER hub_follow_ddl ON ddl_command_end
    WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE') EXECUTE FUNCTION hub.follow_ddl();
    ALTER EVENT TRIGGER hub_follow_ddl ENABLE ALWAYS;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'only a superuser can let capture follow ALTER TABLE by itself';
END
$do$;
