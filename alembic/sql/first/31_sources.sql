-- What the hub remembers about its sources; the rows of datasets live in schema dataset.

CREATE SCHEMA dataset;

CREATE TABLE hub.source_state (
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    state JSONB,
    is_midway BOOLEAN DEFAULT false NOT NULL,
    needs_complete BOOLEAN DEFAULT false NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    enqueued_at TIMESTAMP WITH TIME ZONE,
    begun_at TIMESTAMP WITH TIME ZONE,
    read_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    attempts INTEGER DEFAULT 0 NOT NULL,
    is_paused BOOLEAN DEFAULT false NOT NULL,
    error_code VARCHAR,
    error_message VARCHAR,
    PRIMARY KEY (connection, stream)
);
CREATE INDEX source_state_due ON hub.source_state (due_at);
COMMENT ON COLUMN hub.source_state.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.source_state.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.source_state.state IS 'Where to read on; only the source knows what it means.';
COMMENT ON COLUMN hub.source_state.is_midway IS 'Whether the last page read was not the last one there is.';
COMMENT ON COLUMN hub.source_state.needs_complete IS 'Whether the next read begins at nothing.';
COMMENT ON COLUMN hub.source_state.due_at IS 'When it is read next.';
COMMENT ON COLUMN hub.source_state.enqueued_at IS 'When a worker was last asked to read.';
COMMENT ON COLUMN hub.source_state.begun_at IS 'When a read last began.';
COMMENT ON COLUMN hub.source_state.read_at IS 'When a read last ended well.';
COMMENT ON COLUMN hub.source_state.completed_at IS 'When everything was last read.';
COMMENT ON COLUMN hub.source_state.attempts IS 'Failures in a row.';
COMMENT ON COLUMN hub.source_state.is_paused IS 'Whether a person stopped it.';
COMMENT ON COLUMN hub.source_state.error_code IS 'What went wrong last, by code.';
COMMENT ON COLUMN hub.source_state.error_message IS 'What went wrong last, and what to do.';

CREATE TABLE hub.dead_letter (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    row_key VARCHAR,
    column_name VARCHAR,
    raw JSONB DEFAULT '{}' NOT NULL,
    reason VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    run_id UUID,
    first_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    seen_count INTEGER DEFAULT 1 NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by VARCHAR,
    PRIMARY KEY (id)
);
CREATE INDEX dead_letter_key ON hub.dead_letter (connection, stream, row_key) WHERE closed_at is null;
CREATE UNIQUE INDEX dead_letter_open ON hub.dead_letter (connection, stream, fingerprint) WHERE closed_at is null;
COMMENT ON COLUMN hub.dead_letter.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.dead_letter.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.dead_letter.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.dead_letter.kind IS 'row, cell, key or reference: what did not fit.';
COMMENT ON COLUMN hub.dead_letter.place IS 'Where it stood: a file and line, an address.';
COMMENT ON COLUMN hub.dead_letter.row_key IS 'The key of the row, where it has one.';
COMMENT ON COLUMN hub.dead_letter.column_name IS 'The hub''s column that it is about.';
COMMENT ON COLUMN hub.dead_letter.raw IS 'The record as it came, by field; or the text of the row.';
COMMENT ON COLUMN hub.dead_letter.reason IS 'Why it did not fit.';
COMMENT ON COLUMN hub.dead_letter.fingerprint IS 'Tells whether the same is met again.';
COMMENT ON COLUMN hub.dead_letter.run_id IS 'The run that met it last.';
COMMENT ON COLUMN hub.dead_letter.first_at IS 'When it was first met.';
COMMENT ON COLUMN hub.dead_letter.last_at IS 'When it was last met.';
COMMENT ON COLUMN hub.dead_letter.seen_count IS 'How often it was met.';
COMMENT ON COLUMN hub.dead_letter.closed_at IS 'When it was over.';
COMMENT ON COLUMN hub.dead_letter.closed_by IS 'replayed, read (rightly later), gone or dismissed.';

CREATE TABLE hub.dataset (
    name VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    is_append BOOLEAN DEFAULT false NOT NULL,
    key JSONB DEFAULT '[]' NOT NULL,
    columns JSONB DEFAULT '[]' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (name)
);
COMMENT ON COLUMN hub.dataset.name IS 'The table''s name in schema dataset.';
COMMENT ON COLUMN hub.dataset.description IS 'What it is.';
COMMENT ON COLUMN hub.dataset.connection IS 'The connection that fills it.';
COMMENT ON COLUMN hub.dataset.stream IS 'The stream that fills it.';
COMMENT ON COLUMN hub.dataset.is_append IS 'Whether its rows are facts that hardly change.';
COMMENT ON COLUMN hub.dataset.key IS 'The columns that tell its rows apart.';
COMMENT ON COLUMN hub.dataset.columns IS 'Each column: type, meaning, origin, reference.';
COMMENT ON COLUMN hub.dataset.created_at IS 'When it was made.';
COMMENT ON COLUMN hub.dataset.changed_at IS 'When its columns last changed.';

CREATE TABLE hub.source_record (
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    external_key VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    shadow JSONB DEFAULT '{}' NOT NULL,
    gone_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (connection, stream, external_key)
);
CREATE INDEX source_record_row ON hub.source_record (row_id);
COMMENT ON COLUMN hub.source_record.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.source_record.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.source_record.external_key IS 'What tells the record apart at the source.';
COMMENT ON COLUMN hub.source_record.table_name IS 'The hub table.';
COMMENT ON COLUMN hub.source_record.row_id IS 'The row''s id.';
COMMENT ON COLUMN hub.source_record.shadow IS 'The values last taken from it, by column.';
COMMENT ON COLUMN hub.source_record.gone_at IS 'When it was found gone at the source.';

CREATE TABLE hub.parked_reference (
    table_name VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    column_name VARCHAR NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    lookup VARCHAR NOT NULL,
    given VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    parked_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (table_name, row_id, column_name)
);
CREATE INDEX parked_reference_stream ON hub.parked_reference (connection, stream, column_name);
COMMENT ON COLUMN hub.parked_reference.table_name IS 'The table of the row.';
COMMENT ON COLUMN hub.parked_reference.row_id IS 'The row whose reference is empty.';
COMMENT ON COLUMN hub.parked_reference.column_name IS 'The column that is empty.';
COMMENT ON COLUMN hub.parked_reference.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.parked_reference.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.parked_reference.lookup IS 'Where the name was looked for, such as client.name.';
COMMENT ON COLUMN hub.parked_reference.given IS 'The name as the source gave it.';
COMMENT ON COLUMN hub.parked_reference.reason IS 'unknown, or ambiguous.';
COMMENT ON COLUMN hub.parked_reference.parked_at IS 'Since when.';

CREATE TABLE hub.alias (
    table_name VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    decided_by VARCHAR NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (table_name, name)
);
CREATE INDEX alias_row ON hub.alias (row_id);
COMMENT ON COLUMN hub.alias.table_name IS 'The hub table.';
COMMENT ON COLUMN hub.alias.name IS 'The other name: small letters, single blanks.';
COMMENT ON COLUMN hub.alias.row_id IS 'The row that it means.';
COMMENT ON COLUMN hub.alias.decided_by IS 'The person or the rule that said so.';
COMMENT ON COLUMN hub.alias.decided_at IS 'When.';

