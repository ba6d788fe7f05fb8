-- Proposals for the courses that a closure or an outage disturbs; nothing moves before two persons approve one.

CREATE TABLE replan (
  name       text PRIMARY KEY CHECK (name ~ '^hubs/[a-z0-9-]{1,40}/replans/[0-9a-f-]{36}$'),
  hub        text NOT NULL,
  lock_key   bigint NOT NULL,
  -- Counts its changes, for its etag.
  revision   integer NOT NULL CHECK (revision >= 1),
  state      text NOT NULL CHECK (state IN ('PROPOSED', 'APPROVED', 'APPLIED', 'WITHDRAWN')),
  facts      jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX replan_by_hub ON replan (hub, created_at DESC, name DESC);
