CREATE TABLE public.client (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    name VARCHAR DEFAULT '' NOT NULL,
    status VARCHAR DEFAULT 'active' NOT NULL,
    sector VARCHAR,
    country VARCHAR,
    founded_year INTEGER,
    annual_revenue NUMERIC(14, 2),
    employee_count INTEGER,
    account_manager VARCHAR,
    parent_client_id UUID,
    note VARCHAR,
    tags VARCHAR[],
    partner_ids UUID[],
    PRIMARY KEY (id),
    FOREIGN KEY(parent_client_id) REFERENCES public.client (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX client_name_live ON public.client (name) WHERE deleted_at is null and name <> '';
CREATE INDEX client_parent ON public.client (parent_client_id);
COMMENT ON COLUMN public.client.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.client.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.client.name IS 'The client''s company name; unique among live clients that have one.';
COMMENT ON COLUMN public.client.status IS 'Where the client stands with us: onboarding, warming, active, paused, churned.';
COMMENT ON COLUMN public.client.sector IS 'The industry that the client works in.';
COMMENT ON COLUMN public.client.country IS 'Where the client''s head office is.';
COMMENT ON COLUMN public.client.founded_year IS 'The year the client was founded.';
COMMENT ON COLUMN public.client.annual_revenue IS 'The client''s yearly revenue.';
COMMENT ON COLUMN public.client.employee_count IS 'How many people the client employs.';
COMMENT ON COLUMN public.client.account_manager IS 'Who looks after the client on our side.';
COMMENT ON COLUMN public.client.parent_client_id IS 'The client that this one belongs to.';
COMMENT ON COLUMN public.client.note IS 'What the account manager wants remembered.';
COMMENT ON COLUMN public.client.tags IS 'Words that group clients; a set, its order means nothing.';
COMMENT ON COLUMN public.client.partner_ids IS 'The clients that this one works with; a set, its order means nothing.';

CREATE TABLE public.campaign (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    client_id UUID,
    name VARCHAR DEFAULT '' NOT NULL,
    status VARCHAR DEFAULT 'draft' NOT NULL,
    starts_on DATE,
    ends_on DATE,
    daily_limit INTEGER,
    mailbox_ids UUID[],
    PRIMARY KEY (id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE SET NULL
);
CREATE INDEX campaign_client ON public.campaign (client_id);
COMMENT ON COLUMN public.campaign.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.campaign.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.campaign.client_id IS 'The client it is sent for.';
COMMENT ON COLUMN public.campaign.name IS 'The campaign''s name.';
COMMENT ON COLUMN public.campaign.status IS 'How far the campaign is: draft, ready, sending, paused, finished.';
COMMENT ON COLUMN public.campaign.starts_on IS 'The first day of sending.';
COMMENT ON COLUMN public.campaign.ends_on IS 'The last day of sending.';
COMMENT ON COLUMN public.campaign.daily_limit IS 'The most messages a day.';
COMMENT ON COLUMN public.campaign.mailbox_ids IS 'The mailboxes that it is sent from; a set, its order means nothing.';

CREATE TABLE public.contact (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    client_id UUID,
    name VARCHAR DEFAULT '' NOT NULL,
    email VARCHAR,
    phone VARCHAR,
    role VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE SET NULL
);
CREATE INDEX contact_client ON public.contact (client_id);
COMMENT ON COLUMN public.contact.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.contact.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.contact.client_id IS 'The client that the person works for.';
COMMENT ON COLUMN public.contact.name IS 'The person''s full name.';
COMMENT ON COLUMN public.contact.email IS 'The person''s address.';
COMMENT ON COLUMN public.contact.phone IS 'The person''s telephone number.';
COMMENT ON COLUMN public.contact.role IS 'What the person does at the client.';

CREATE TABLE public.deal (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    code VARCHAR,
    client_id UUID,
    pipeline VARCHAR DEFAULT 'sales' NOT NULL,
    stage VARCHAR DEFAULT 'prospecting' NOT NULL,
    product VARCHAR,
    owner VARCHAR,
    manager VARCHAR,
    region VARCHAR,
    amount NUMERIC(14, 2),
    engaged_on DATE,
    closed_on DATE,
    PRIMARY KEY (id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE SET NULL
);
CREATE INDEX deal_client ON public.deal (client_id);
CREATE UNIQUE INDEX deal_code_live ON public.deal (code) WHERE deleted_at is null;
CREATE INDEX deal_stage ON public.deal (stage);
COMMENT ON COLUMN public.deal.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.deal.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.deal.code IS 'The opportunity''s number in the CRM.';
COMMENT ON COLUMN public.deal.client_id IS 'The client the deal is with; empty while unmatched.';
COMMENT ON COLUMN public.deal.pipeline IS 'The sales pipeline that the deal runs through.';
COMMENT ON COLUMN public.deal.stage IS 'How far the deal is: prospecting, engaging, won, lost.';
COMMENT ON COLUMN public.deal.product IS 'What is being sold.';
COMMENT ON COLUMN public.deal.owner IS 'Who sells it.';
COMMENT ON COLUMN public.deal.manager IS 'Who leads the owner''s team.';
COMMENT ON COLUMN public.deal.region IS 'The regional office of the owner.';
COMMENT ON COLUMN public.deal.amount IS 'What the deal is worth; empty while open.';
COMMENT ON COLUMN public.deal.engaged_on IS 'The day the client was first engaged.';
COMMENT ON COLUMN public.deal.closed_on IS 'The day it was won or lost.';

CREATE TABLE public.excluded_day (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    client_id UUID,
    day DATE NOT NULL,
    reason VARCHAR NOT NULL,
    added_by VARCHAR,
    PRIMARY KEY (id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE CASCADE
);
CREATE INDEX excluded_day_client ON public.excluded_day (client_id, day);
CREATE UNIQUE INDEX excluded_day_live ON public.excluded_day (client_id, day) NULLS NOT DISTINCT WHERE deleted_at is null;
COMMENT ON COLUMN public.excluded_day.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.excluded_day.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.excluded_day.client_id IS 'Whose numbers are left out; empty means everybody''s.';
COMMENT ON COLUMN public.excluded_day.day IS 'The day that is left out.';
COMMENT ON COLUMN public.excluded_day.reason IS 'Why it is left out.';
COMMENT ON COLUMN public.excluded_day.added_by IS 'The person or the check that added it.';

CREATE TABLE public.goal (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    client_id UUID,
    name VARCHAR DEFAULT '' NOT NULL,
    metric VARCHAR DEFAULT '' NOT NULL,
    target NUMERIC(18, 4),
    period VARCHAR DEFAULT 'month' NOT NULL,
    valid_from DATE,
    valid_to DATE,
    PRIMARY KEY (id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE SET NULL
);
CREATE INDEX goal_client ON public.goal (client_id);
COMMENT ON COLUMN public.goal.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.goal.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.goal.client_id IS 'Whose goal it is; empty for a goal of the business itself.';
COMMENT ON COLUMN public.goal.name IS 'The goal in a few words.';
COMMENT ON COLUMN public.goal.metric IS 'Which number is aimed at, such as replied or win_rate.';
COMMENT ON COLUMN public.goal.target IS 'The value to reach within the period.';
COMMENT ON COLUMN public.goal.period IS 'Over which period the target counts: day, week, month, quarter, year.';
COMMENT ON COLUMN public.goal.valid_from IS 'The first day it counts.';
COMMENT ON COLUMN public.goal.valid_to IS 'The last day it counts.';

CREATE TABLE public.sending_domain (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    client_id UUID,
    name VARCHAR NOT NULL,
    state VARCHAR DEFAULT 'bought' NOT NULL,
    has_spf BOOLEAN DEFAULT 'false' NOT NULL,
    has_dkim BOOLEAN DEFAULT 'false' NOT NULL,
    has_dmarc BOOLEAN DEFAULT 'false' NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE SET NULL
);
CREATE INDEX sending_domain_client ON public.sending_domain (client_id);
CREATE UNIQUE INDEX sending_domain_name_live ON public.sending_domain (name) WHERE deleted_at is null;
COMMENT ON COLUMN public.sending_domain.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.sending_domain.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.sending_domain.client_id IS 'The client it sends for.';
COMMENT ON COLUMN public.sending_domain.name IS 'The domain''s name.';
COMMENT ON COLUMN public.sending_domain.state IS 'How far the domain is: bought, dns_ready, warming, ready, retired.';
COMMENT ON COLUMN public.sending_domain.has_spf IS 'Whether its SPF record passes.';
COMMENT ON COLUMN public.sending_domain.has_dkim IS 'Whether its DKIM key is published.';
COMMENT ON COLUMN public.sending_domain.has_dmarc IS 'Whether it publishes a DMARC policy.';

CREATE TABLE public.delivery_metric_daily (
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT statement_timestamp() NOT NULL,
    tx_from BIGINT DEFAULT hub.current_tx() NOT NULL,
    client_id UUID NOT NULL,
    day DATE NOT NULL,
    campaign_id UUID NOT NULL,
    sent INTEGER DEFAULT 0 NOT NULL,
    delivered INTEGER DEFAULT 0 NOT NULL,
    inbox INTEGER DEFAULT 0 NOT NULL,
    spam_placed INTEGER DEFAULT 0 NOT NULL,
    opened INTEGER DEFAULT 0 NOT NULL,
    clicked INTEGER DEFAULT 0 NOT NULL,
    replied INTEGER DEFAULT 0 NOT NULL,
    hard_bounced INTEGER DEFAULT 0 NOT NULL,
    soft_bounced INTEGER DEFAULT 0 NOT NULL,
    block_bounced INTEGER DEFAULT 0 NOT NULL,
    complained INTEGER DEFAULT 0 NOT NULL,
    unsubscribed INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (client_id, day, campaign_id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE RESTRICT,
    FOREIGN KEY(campaign_id) REFERENCES public.campaign (id) ON DELETE RESTRICT
);
CREATE INDEX delivery_metric_daily_campaign ON public.delivery_metric_daily (campaign_id, day);
COMMENT ON COLUMN public.delivery_metric_daily.recorded_at IS 'When the hub learned of it.';
COMMENT ON COLUMN public.delivery_metric_daily.tx_from IS 'The transaction that wrote this version of the row.';
COMMENT ON COLUMN public.delivery_metric_daily.client_id IS 'The client the messages were sent for.';
COMMENT ON COLUMN public.delivery_metric_daily.day IS 'The UTC day the messages were sent.';
COMMENT ON COLUMN public.delivery_metric_daily.campaign_id IS 'The campaign they belong to.';
COMMENT ON COLUMN public.delivery_metric_daily.sent IS 'Messages handed to the mail server.';
COMMENT ON COLUMN public.delivery_metric_daily.delivered IS 'Messages that the remote server accepted for good.';
COMMENT ON COLUMN public.delivery_metric_daily.inbox IS 'Delivered messages estimated to have reached the inbox.';
COMMENT ON COLUMN public.delivery_metric_daily.spam_placed IS 'Delivered messages estimated to have landed in spam.';
COMMENT ON COLUMN public.delivery_metric_daily.opened IS 'Delivered messages that a person opened.';
COMMENT ON COLUMN public.delivery_metric_daily.clicked IS 'Delivered messages in which a person clicked a link.';
COMMENT ON COLUMN public.delivery_metric_daily.replied IS 'Delivered messages that were replied to.';
COMMENT ON COLUMN public.delivery_metric_daily.hard_bounced IS 'Permanent refusals: the recipient does not exist.';
COMMENT ON COLUMN public.delivery_metric_daily.soft_bounced IS 'Temporary failures that never succeeded.';
COMMENT ON COLUMN public.delivery_metric_daily.block_bounced IS 'Refusals for reputation or policy.';
COMMENT ON COLUMN public.delivery_metric_daily.complained IS 'Recipients who reported the message as spam.';
COMMENT ON COLUMN public.delivery_metric_daily.unsubscribed IS 'Recipients who unsubscribed.';

CREATE TABLE public.mailbox (
    id UUID DEFAULT hub.new_id() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    client_id UUID,
    sending_domain_id UUID,
    address VARCHAR NOT NULL,
    state VARCHAR DEFAULT 'created' NOT NULL,
    daily_limit INTEGER,
    PRIMARY KEY (id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE SET NULL,
    FOREIGN KEY(sending_domain_id) REFERENCES public.sending_domain (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX mailbox_address_live ON public.mailbox (address) WHERE deleted_at is null;
CREATE INDEX mailbox_client ON public.mailbox (client_id);
CREATE INDEX mailbox_sending_domain ON public.mailbox (sending_domain_id);
COMMENT ON COLUMN public.mailbox.id IS 'Identifies the row for ever; time-ordered (UUIDv7).';
COMMENT ON COLUMN public.mailbox.deleted_at IS 'When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.';
COMMENT ON COLUMN public.mailbox.client_id IS 'The client it sends for.';
COMMENT ON COLUMN public.mailbox.sending_domain_id IS 'The domain of the address.';
COMMENT ON COLUMN public.mailbox.address IS 'The address we send from.';
COMMENT ON COLUMN public.mailbox.state IS 'What the mailbox does: created, warming, ready, sending, paused, rehab, retired.';
COMMENT ON COLUMN public.mailbox.daily_limit IS 'The most messages a day.';

CREATE TABLE public.warmup_daily (
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT statement_timestamp() NOT NULL,
    tx_from BIGINT DEFAULT hub.current_tx() NOT NULL,
    client_id UUID NOT NULL,
    day DATE NOT NULL,
    mailbox_id UUID NOT NULL,
    planned INTEGER DEFAULT 0 NOT NULL,
    sent INTEGER DEFAULT 0 NOT NULL,
    received INTEGER DEFAULT 0 NOT NULL,
    landed_inbox INTEGER DEFAULT 0 NOT NULL,
    landed_spam INTEGER DEFAULT 0 NOT NULL,
    missing INTEGER DEFAULT 0 NOT NULL,
    replied INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (client_id, day, mailbox_id),
    FOREIGN KEY(client_id) REFERENCES public.client (id) ON DELETE RESTRICT,
    FOREIGN KEY(mailbox_id) REFERENCES public.mailbox (id) ON DELETE RESTRICT
);
CREATE INDEX warmup_daily_mailbox ON public.warmup_daily (mailbox_id, day);
COMMENT ON COLUMN public.warmup_daily.recorded_at IS 'When the hub learned of it.';
COMMENT ON COLUMN public.warmup_daily.tx_from IS 'The transaction that wrote this version of the row.';
COMMENT ON COLUMN public.warmup_daily.client_id IS 'The client the mailbox sends for.';
COMMENT ON COLUMN public.warmup_daily.day IS 'The UTC day.';
COMMENT ON COLUMN public.warmup_daily.mailbox_id IS 'The mailbox that is warmed up.';
COMMENT ON COLUMN public.warmup_daily.planned IS 'Messages the plan of that day allowed.';
COMMENT ON COLUMN public.warmup_daily.sent IS 'Warm-up messages sent.';
COMMENT ON COLUMN public.warmup_daily.received IS 'Warm-up messages received.';
COMMENT ON COLUMN public.warmup_daily.landed_inbox IS 'Sent messages found in an inbox.';
COMMENT ON COLUMN public.warmup_daily.landed_spam IS 'Sent messages found in a spam folder.';
COMMENT ON COLUMN public.warmup_daily.missing IS 'Sent messages found nowhere.';
COMMENT ON COLUMN public.warmup_daily.replied IS 'Warm-up messages replied to.';
