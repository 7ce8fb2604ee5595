CREATE TABLE hub.alert (
    id UUID DEFAULT hub.new_id() NOT NULL,
    key VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    connection VARCHAR,
    stream VARCHAR,
    title VARCHAR NOT NULL,
    next_step VARCHAR NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    seen_count INTEGER DEFAULT 1 NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX alert_open ON hub.alert (key) WHERE closed_at is null;
COMMENT ON COLUMN hub.alert.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.alert.key IS 'What makes two alerts the same.';
COMMENT ON COLUMN hub.alert.severity IS 'warning or error.';
COMMENT ON COLUMN hub.alert.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.alert.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.alert.title IS 'What happened.';
COMMENT ON COLUMN hub.alert.next_step IS 'What to do.';
COMMENT ON COLUMN hub.alert.first_at IS 'When it was first seen.';
COMMENT ON COLUMN hub.alert.last_at IS 'When it was last seen.';
COMMENT ON COLUMN hub.alert.seen_count IS 'How often it was seen.';
COMMENT ON COLUMN hub.alert.closed_at IS 'When it was over.';

CREATE TABLE hub.approval (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    items JSONB DEFAULT '[]' NOT NULL,
    reason VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    decision VARCHAR,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by VARCHAR,
    applied_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX approval_open ON hub.approval (connection, stream, action) WHERE decision is null;
COMMENT ON COLUMN hub.approval.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.approval.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.approval.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.approval.action IS 'delete_in_hub, delete_at_source, overwrite_in_hub or overwrite_at_source.';
COMMENT ON COLUMN hub.approval.items IS 'The rows it is about, by id.';
COMMENT ON COLUMN hub.approval.reason IS 'How many of how many, and which limit it passes.';
COMMENT ON COLUMN hub.approval.created_at IS 'When the guard stopped it.';
COMMENT ON COLUMN hub.approval.decision IS 'approved or refused.';
COMMENT ON COLUMN hub.approval.decided_at IS 'When a person decided.';
COMMENT ON COLUMN hub.approval.decided_by IS 'Who decided.';
COMMENT ON COLUMN hub.approval.applied_at IS 'When the decision was carried out.';

CREATE TABLE hub.conflict (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    link_id UUID NOT NULL,
    table_name VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    external_id VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    base JSONB,
    theirs JSONB,
    ours JSONB,
    their_actor VARCHAR,
    their_edited_at TIMESTAMP WITH TIME ZONE,
    our_actor VARCHAR,
    our_edited_at TIMESTAMP WITH TIME ZONE,
    cause VARCHAR NOT NULL,
    policy VARCHAR NOT NULL,
    winner VARCHAR,
    status VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    resolved_by VARCHAR,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX conflict_open ON hub.conflict (link_id, field) WHERE status = 'open';
CREATE INDEX conflict_row ON hub.conflict (row_id, field);
CREATE INDEX conflict_status ON hub.conflict (status, created_at);
COMMENT ON COLUMN hub.conflict.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.conflict.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.conflict.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.conflict.link_id IS 'The record''s link.';
COMMENT ON COLUMN hub.conflict.table_name IS 'The hub table.';
COMMENT ON COLUMN hub.conflict.row_id IS 'The row''s id.';
COMMENT ON COLUMN hub.conflict.external_id IS 'The record''s id at the other side.';
COMMENT ON COLUMN hub.conflict.field IS 'The hub column.';
COMMENT ON COLUMN hub.conflict.base IS 'The value both sides last agreed on.';
COMMENT ON COLUMN hub.conflict.theirs IS 'Their value, in hub form.';
COMMENT ON COLUMN hub.conflict.ours IS 'Our value.';
COMMENT ON COLUMN hub.conflict.their_actor IS 'Who changed it there.';
COMMENT ON COLUMN hub.conflict.their_edited_at IS 'When it was changed there.';
COMMENT ON COLUMN hub.conflict.our_actor IS 'Who changed it here.';
COMMENT ON COLUMN hub.conflict.our_edited_at IS 'When it was changed here.';
COMMENT ON COLUMN hub.conflict.cause IS 'both_changed, lost_update, first_match or edit_against_delete.';
COMMENT ON COLUMN hub.conflict.policy IS 'The policy that decided: latest, hub, source or ask.';
COMMENT ON COLUMN hub.conflict.winner IS 'Whose value stands: theirs or ours; empty while open.';
COMMENT ON COLUMN hub.conflict.status IS 'open, settled (by policy) or resolved (by a person).';
COMMENT ON COLUMN hub.conflict.created_at IS 'When it was found.';
COMMENT ON COLUMN hub.conflict.updated_at IS 'When it last changed.';
COMMENT ON COLUMN hub.conflict.resolved_by IS 'Who resolved it.';

CREATE TABLE hub.hook (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    external_id VARCHAR NOT NULL,
    mac_secret VARCHAR,
    cursor BIGINT DEFAULT 1 NOT NULL,
    notification_url VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_reason VARCHAR,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX hook_external ON hub.hook (connection, external_id);
COMMENT ON COLUMN hub.hook.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.hook.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.hook.external_id IS 'The hook''s id at the other side.';
COMMENT ON COLUMN hub.hook.mac_secret IS 'Signs the notifications.';
COMMENT ON COLUMN hub.hook.cursor IS 'The number of the next payload to read.';
COMMENT ON COLUMN hub.hook.notification_url IS 'Where it rings, if anywhere.';
COMMENT ON COLUMN hub.hook.created_at IS 'When we made it.';
COMMENT ON COLUMN hub.hook.expires_at IS 'When the other side drops it.';
COMMENT ON COLUMN hub.hook.closed_at IS 'When it was found dead or was replaced.';
COMMENT ON COLUMN hub.hook.closed_reason IS 'Why it was closed.';

CREATE TABLE hub.lease (
    connection VARCHAR NOT NULL,
    holder VARCHAR,
    fence BIGINT DEFAULT 0 NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (connection)
);
COMMENT ON COLUMN hub.lease.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.lease.holder IS 'The worker that holds it.';
COMMENT ON COLUMN hub.lease.fence IS 'Grows with each holder; stands in every write of a cursor.';
COMMENT ON COLUMN hub.lease.expires_at IS 'When another worker may take it.';

CREATE TABLE hub.ping (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    connection VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    hook_external_id VARCHAR,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ping_connection ON hub.ping (connection, id);
COMMENT ON COLUMN hub.ping.id IS 'Grows with each ping.';
COMMENT ON COLUMN hub.ping.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.ping.source IS 'Who rang: hook, hub or sweep.';
COMMENT ON COLUMN hub.ping.hook_external_id IS 'The hook that rang.';
COMMENT ON COLUMN hub.ping.received_at IS 'When it came in.';

CREATE TABLE hub.recheck (
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    reason VARCHAR NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (connection, stream, row_id)
);
COMMENT ON COLUMN hub.recheck.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.recheck.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.recheck.row_id IS 'The row''s id.';
COMMENT ON COLUMN hub.recheck.reason IS 'Why it is looked at again.';
COMMENT ON COLUMN hub.recheck.since IS 'When it was asked for.';

CREATE TABLE hub.record_link (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    external_id VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    state VARCHAR DEFAULT 'live' NOT NULL,
    shadow JSONB DEFAULT '{}' NOT NULL,
    has_hub_id BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    paused JSONB,
    note VARCHAR,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX record_link_external ON hub.record_link (connection, stream, external_id);
CREATE UNIQUE INDEX record_link_row ON hub.record_link (connection, stream, row_id) WHERE state <> 'tombstone';
CREATE INDEX record_link_row_id ON hub.record_link (row_id);
CREATE INDEX record_link_paused ON hub.record_link (connection, stream) WHERE paused is not null;
CREATE INDEX record_link_note ON hub.record_link (connection) WHERE note is not null;
COMMENT ON COLUMN hub.record_link.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.record_link.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.record_link.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.record_link.external_id IS 'The record''s id at the other side.';
COMMENT ON COLUMN hub.record_link.table_name IS 'The hub table.';
COMMENT ON COLUMN hub.record_link.row_id IS 'The row''s id.';
COMMENT ON COLUMN hub.record_link.state IS 'live, held (no row can be made of it yet), left_scope or tombstone.';
COMMENT ON COLUMN hub.record_link.shadow IS 'What both sides last agreed on.';
COMMENT ON COLUMN hub.record_link.has_hub_id IS 'Whether the record carries our id.';
COMMENT ON COLUMN hub.record_link.created_at IS 'When the link was made.';
COMMENT ON COLUMN hub.record_link.deleted_at IS 'When the record was found deleted.';
COMMENT ON COLUMN hub.record_link.paused IS 'The hub columns that a person paused in this row, * for all; by whom and when.';
COMMENT ON COLUMN hub.record_link.note IS 'What the hub wrote beside the record last.';

CREATE TABLE hub.run (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR,
    kind VARCHAR NOT NULL,
    trigger VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    counts JSONB DEFAULT '{}' NOT NULL,
    requests INTEGER DEFAULT 0 NOT NULL,
    error_code VARCHAR,
    error_message VARCHAR,
    PRIMARY KEY (id)
);
CREATE INDEX run_connection ON hub.run (connection, started_at);
COMMENT ON COLUMN hub.run.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.run.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.run.stream IS 'The stream''s name; empty for all.';
COMMENT ON COLUMN hub.run.kind IS 'pull, push, backfill, reconcile or undo.';
COMMENT ON COLUMN hub.run.trigger IS 'What started it: hook, change, schedule or a person.';
COMMENT ON COLUMN hub.run.status IS 'running, succeeded, failed or stopped.';
COMMENT ON COLUMN hub.run.started_at IS 'When it began.';
COMMENT ON COLUMN hub.run.finished_at IS 'When it ended.';
COMMENT ON COLUMN hub.run.counts IS 'Records read, rows and cells changed, and so on.';
COMMENT ON COLUMN hub.run.requests IS 'Requests made to the other side.';
COMMENT ON COLUMN hub.run.error_code IS 'The failure''s code.';
COMMENT ON COLUMN hub.run.error_message IS 'The failure, for a person.';

CREATE TABLE hub.stream_state (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    cursor JSONB,
    push_tick BIGINT,
    schema_seen JSONB,
    is_paused BOOLEAN DEFAULT false NOT NULL,
    paused_by VARCHAR,
    paused_at TIMESTAMP WITH TIME ZONE,
    paused_fields JSONB DEFAULT '{}' NOT NULL,
    place VARCHAR,
    hold_reason VARCHAR,
    needs_reconcile BOOLEAN DEFAULT true NOT NULL,
    backfilled_at TIMESTAMP WITH TIME ZONE,
    reconciled_at TIMESTAMP WITH TIME ZONE,
    pulled_at TIMESTAMP WITH TIME ZONE,
    pushed_at TIMESTAMP WITH TIME ZONE,
    failing_since TIMESTAMP WITH TIME ZONE,
    failing_part VARCHAR,
    error_code VARCHAR,
    error_message VARCHAR,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX stream_state_name ON hub.stream_state (connection, stream);
COMMENT ON COLUMN hub.stream_state.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.stream_state.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.stream_state.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.stream_state.cursor IS 'Where a complete read goes on; empty when none is under way.';
COMMENT ON COLUMN hub.stream_state.push_tick IS 'The tick up to which our changes have been sent.';
COMMENT ON COLUMN hub.stream_state.schema_seen IS 'The fields of the other side when last looked at.';
COMMENT ON COLUMN hub.stream_state.is_paused IS 'Whether a person paused it.';
COMMENT ON COLUMN hub.stream_state.paused_by IS 'Who.';
COMMENT ON COLUMN hub.stream_state.paused_at IS 'Since when.';
COMMENT ON COLUMN hub.stream_state.paused_fields IS 'The hub columns that a person paused in every row; by whom and when.';
COMMENT ON COLUMN hub.stream_state.place IS 'What the connection pointed at when values were agreed, such as a base''s id.';
COMMENT ON COLUMN hub.stream_state.hold_reason IS 'Why the stream stopped itself; empty while it runs.';
COMMENT ON COLUMN hub.stream_state.needs_reconcile IS 'Whether a complete read is due.';
COMMENT ON COLUMN hub.stream_state.backfilled_at IS 'When it was first read completely.';
COMMENT ON COLUMN hub.stream_state.reconciled_at IS 'When it was last read completely.';
COMMENT ON COLUMN hub.stream_state.pulled_at IS 'When their changes were last taken in.';
COMMENT ON COLUMN hub.stream_state.pushed_at IS 'When our changes were last sent.';
COMMENT ON COLUMN hub.stream_state.failing_since IS 'Since when it fails.';
COMMENT ON COLUMN hub.stream_state.failing_part IS 'What fails: pull, push, backfill or reconcile.';
COMMENT ON COLUMN hub.stream_state.error_code IS 'The last failure''s code.';
COMMENT ON COLUMN hub.stream_state.error_message IS 'The last failure, for a person.';

CREATE TABLE hub.write_intent (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    row_id UUID NOT NULL,
    external_id VARCHAR,
    operation VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    believed JSONB,
    sent JSONB,
    fence BIGINT NOT NULL,
    run_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    outcome VARCHAR,
    PRIMARY KEY (id)
);
CREATE INDEX write_intent_external ON hub.write_intent (connection, external_id, field, created_at);
CREATE INDEX write_intent_open_row ON hub.write_intent (connection, row_id) WHERE closed_at is null;
COMMENT ON COLUMN hub.write_intent.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.write_intent.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.write_intent.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.write_intent.row_id IS 'The row''s id.';
COMMENT ON COLUMN hub.write_intent.external_id IS 'The record''s id; empty for a create.';
COMMENT ON COLUMN hub.write_intent.operation IS 'create, update or delete.';
COMMENT ON COLUMN hub.write_intent.field IS 'The hub column; empty for a delete.';
COMMENT ON COLUMN hub.write_intent.believed IS 'The remote value that we believe stands there.';
COMMENT ON COLUMN hub.write_intent.sent IS 'The remote value that we send.';
COMMENT ON COLUMN hub.write_intent.fence IS 'The lease''s fence.';
COMMENT ON COLUMN hub.write_intent.run_id IS 'The run that wrote it.';
COMMENT ON COLUMN hub.write_intent.created_at IS 'When it was committed.';
COMMENT ON COLUMN hub.write_intent.closed_at IS 'When its outcome was known.';
COMMENT ON COLUMN hub.write_intent.outcome IS 'answered, confirmed, overwrote, dropped or failed.';

CREATE TABLE hub.frozen_cell (
    link_id UUID NOT NULL,
    field VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    incoming JSONB,
    detail VARCHAR,
    parked_stream VARCHAR,
    parked_on VARCHAR,
    since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (link_id, field),
    FOREIGN KEY(link_id) REFERENCES hub.record_link (id) ON DELETE CASCADE
);
CREATE INDEX frozen_cell_parked ON hub.frozen_cell (parked_stream, parked_on);
COMMENT ON COLUMN hub.frozen_cell.link_id IS 'The record''s link.';
COMMENT ON COLUMN hub.frozen_cell.field IS 'The hub column.';
COMMENT ON COLUMN hub.frozen_cell.reason IS 'conflict, parked, rejected, paused or retyped.';
COMMENT ON COLUMN hub.frozen_cell.incoming IS 'The remote value that was not applied.';
COMMENT ON COLUMN hub.frozen_cell.detail IS 'What a person should know.';
COMMENT ON COLUMN hub.frozen_cell.parked_stream IS 'The stream of the record that is waited for.';
COMMENT ON COLUMN hub.frozen_cell.parked_on IS 'The record or row that is waited for.';
COMMENT ON COLUMN hub.frozen_cell.since IS 'When it was frozen.';

CREATE TABLE hub.preview (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    run_id UUID,
    diff JSONB DEFAULT '{}' NOT NULL,
    calls INTEGER,
    seconds FLOAT,
    asked_by VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE,
    decided_by VARCHAR,
    decided_at TIMESTAMP WITH TIME ZONE,
    applied_at TIMESTAMP WITH TIME ZONE,
    left_out JSONB DEFAULT '{}' NOT NULL,
    message VARCHAR,
    PRIMARY KEY (id)
);
CREATE INDEX preview_created ON hub.preview (created_at);
CREATE INDEX preview_waiting ON hub.preview (connection) WHERE status in ('asked', 'approved');
COMMENT ON COLUMN hub.preview.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.preview.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.preview.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.preview.direction IS 'pull or push.';
COMMENT ON COLUMN hub.preview.status IS 'asked, ready, approved, applied, refused or failed.';
COMMENT ON COLUMN hub.preview.run_id IS 'The run that looked; once it is approved, the one that applied it.';
COMMENT ON COLUMN hub.preview.diff IS 'What would change, record by record and cell by cell.';
COMMENT ON COLUMN hub.preview.calls IS 'Calls that applying costs, about.';
COMMENT ON COLUMN hub.preview.seconds IS 'How long that takes, about.';
COMMENT ON COLUMN hub.preview.asked_by IS 'Who asked for it.';
COMMENT ON COLUMN hub.preview.created_at IS 'When it was asked for.';
COMMENT ON COLUMN hub.preview.made_at IS 'When the other side was looked at.';
COMMENT ON COLUMN hub.preview.decided_by IS 'Who decided.';
COMMENT ON COLUMN hub.preview.decided_at IS 'When a person decided.';
COMMENT ON COLUMN hub.preview.applied_at IS 'When it was carried out.';
COMMENT ON COLUMN hub.preview.left_out IS 'The cells that had moved since and were left as they are.';
COMMENT ON COLUMN hub.preview.message IS 'What became of it, for people.';

CREATE TABLE hub.schema_change (
    id UUID DEFAULT hub.new_id() NOT NULL,
    connection VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    grade VARCHAR NOT NULL,
    sentence VARCHAR NOT NULL,
    next_step VARCHAR,
    hub_column VARCHAR,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX schema_change_open ON hub.schema_change (connection, stream, subject, kind) WHERE closed_at is null;
CREATE INDEX schema_change_seen ON hub.schema_change (seen_at);
COMMENT ON COLUMN hub.schema_change.id IS 'Identifies the row for ever (UUIDv7).';
COMMENT ON COLUMN hub.schema_change.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.schema_change.stream IS 'The stream''s name.';
COMMENT ON COLUMN hub.schema_change.subject IS 'The table, field or choice, by its id there.';
COMMENT ON COLUMN hub.schema_change.kind IS 'What changed: field_renamed, field_removed, and so on.';
COMMENT ON COLUMN hub.schema_change.grade IS 'safe, attention or breaking.';
COMMENT ON COLUMN hub.schema_change.sentence IS 'What changed, for people.';
COMMENT ON COLUMN hub.schema_change.next_step IS 'What to do, if anything.';
COMMENT ON COLUMN hub.schema_change.hub_column IS 'The hub column that stands still until then.';
COMMENT ON COLUMN hub.schema_change.seen_at IS 'When it was first seen.';
COMMENT ON COLUMN hub.schema_change.closed_at IS 'When it was over; a safe one is over at once.';

CREATE TABLE hub.spent_call (
    connection VARCHAR NOT NULL,
    day DATE NOT NULL,
    stream VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (connection, day, stream, purpose)
);
CREATE INDEX spent_call_day ON hub.spent_call (day);
COMMENT ON COLUMN hub.spent_call.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.spent_call.day IS 'The day (UTC).';
COMMENT ON COLUMN hub.spent_call.stream IS 'The stream''s name; empty where a call serves all.';
COMMENT ON COLUMN hub.spent_call.purpose IS 'What they were spent on.';
COMMENT ON COLUMN hub.spent_call.calls IS 'How many.';

CREATE TABLE hub.pace (
    connection VARCHAR NOT NULL,
    profile VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    window_seconds INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    calls_per_month INTEGER,
    held_until TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    PRIMARY KEY (connection)
);
COMMENT ON COLUMN hub.pace.connection IS 'The connection''s name.';
COMMENT ON COLUMN hub.pace.profile IS 'live or thrifty.';
COMMENT ON COLUMN hub.pace.level IS 'full, no_scans, no_looks, collected, scarce, spent or refused.';
COMMENT ON COLUMN hub.pace.window_seconds IS 'For so long changes are collected; 0 takes each at once.';
COMMENT ON COLUMN hub.pace.reason IS 'Why it is slowed, for a person.';
COMMENT ON COLUMN hub.pace.calls_per_month IS 'The calls a month, if limited.';
COMMENT ON COLUMN hub.pace.held_until IS 'Until when nothing is done at all.';
COMMENT ON COLUMN hub.pace.changed_at IS 'Since when.';
