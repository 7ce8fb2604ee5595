-- The parts that every capturing trigger shares.

CREATE TYPE hub.provenance AS (
    tx bigint,
    at timestamptz,
    actor text,
    origin text,
    run_id uuid,
    edited_at timestamptz,
    authors jsonb
);

-- Who is at work, from the transaction's settings. Parsed once a statement.
CREATE FUNCTION hub.provenance() RETURNS hub.provenance
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN ROW(
        (hub.current_era()::bigint << 48) + pg_current_xact_id()::text::bigint,
        clock_timestamp(),
        coalesce(nullif(current_setting('hub.actor', true), ''), session_user::text),
        coalesce(nullif(current_setting('hub.origin', true), ''), 'sql'),
        nullif(current_setting('hub.run', true), '')::uuid,
        coalesce(
            nullif(current_setting('hub.edited_at', true), '')::timestamptz, statement_timestamp()
        ),
        nullif(current_setting('hub.authors', true), '')::jsonb
    )::hub.provenance;
END
$$;

CREATE FUNCTION hub.author(authors jsonb, row_id uuid, otherwise text) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE
        WHEN authors IS NULL THEN otherwise
        ELSE coalesce(authors -> row_id::text ->> 0, otherwise)
    END
$$;

-- An author without a time means that the time is unknown.
CREATE FUNCTION hub.author_edited_at(authors jsonb, row_id uuid, otherwise timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE
AS $$
    SELECT CASE
        WHEN authors IS NULL OR NOT authors ? row_id::text THEN otherwise
        ELSE (authors -> row_id::text ->> 1)::timestamptz
    END
$$;

CREATE FUNCTION hub.announce(table_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF coalesce(current_setting('hub.quiet', true), '') <> 'on' THEN
        PERFORM pg_notify('hub_change', table_name);
    END IF;
END
$$;

CREATE FUNCTION hub.refuse_id_change(table_name text, was text, came text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '%: the id % would become %, and a row keeps its id for ever',
        table_name, was, came
    USING ERRCODE = 'restrict_violation',
        HINT = 'Leave the id out of SET; for another id insert a new row and delete this one.';
END
$$;
