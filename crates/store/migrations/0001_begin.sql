-- One schema for SQLite and PostgreSQL: TEXT and BIGINT only, JSON as text, moments as microseconds since 1970 UTC.
-- Every key begins with the organisation: nothing of one is ever found under another.
-- `attachment` is -1 for the row's own asset, else the attachment's place from 0.

CREATE TABLE integrations (
    organization_id TEXT NOT NULL,
    id TEXT NOT NULL,
    settings TEXT NOT NULL,
    is_default BIGINT NOT NULL,
    suspended_since_us BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX integrations_default ON integrations (organization_id) WHERE is_default = 1;

CREATE TABLE tasks (
    organization_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    expected_rows BIGINT,
    created_at_us BIGINT NOT NULL,
    paused_at_us BIGINT,
    cancelled_at_us BIGINT,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE data_rows (
    organization_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    task_id TEXT,
    data_row_id TEXT,
    global_key TEXT,
    integration TEXT,
    state TEXT NOT NULL,
    failure_code TEXT,
    cancelled_at_us BIGINT,
    created_at_us BIGINT NOT NULL,
    changed_at_us BIGINT NOT NULL,
    PRIMARY KEY (organization_id, job_id)
);
CREATE INDEX data_rows_task ON data_rows (organization_id, task_id, job_id, state);
CREATE INDEX data_rows_row ON data_rows (organization_id, data_row_id, created_at_us);
CREATE INDEX data_rows_held ON data_rows (organization_id, integration) WHERE state = 'held';

CREATE TABLE claims (
    organization_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    attachment BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    worker TEXT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    PRIMARY KEY (organization_id, job_id, attachment)
);

CREATE TABLE records (
    organization_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    attachment BIGINT NOT NULL,
    subject TEXT NOT NULL,
    generation BIGINT NOT NULL,
    task_id TEXT,
    status TEXT NOT NULL,
    failure_code TEXT,
    record TEXT NOT NULL,
    -- The claim's token: a job that is opened again goes on counting from here.
    fence BIGINT NOT NULL,
    stored_at_us BIGINT NOT NULL,
    published_at_us BIGINT,
    -- Set where an operator opened a failed job again: then another record of the same job follows.
    reopened_at_us BIGINT,
    PRIMARY KEY (organization_id, subject, attachment, generation)
);
CREATE UNIQUE INDEX records_job ON records (organization_id, job_id, attachment) WHERE reopened_at_us IS NULL;
CREATE INDEX records_task ON records (organization_id, task_id, job_id, attachment) WHERE reopened_at_us IS NULL;
CREATE INDEX records_unpublished ON records (stored_at_us) WHERE published_at_us IS NULL;

CREATE TABLE current_facts (
    organization_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    attachment BIGINT NOT NULL,
    last_generation BIGINT NOT NULL,
    job_id TEXT,
    asset TEXT,
    last_modified_us BIGINT,
    started_at_us BIGINT,
    PRIMARY KEY (organization_id, subject, attachment)
);
