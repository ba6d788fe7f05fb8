-- What two persons of a hub open for one course beyond what the hub has. The rows say by themselves that there were two,
-- and that nothing counts beyond a pool's capacity but what a course took by such a word.

CREATE TABLE override (
  name        text PRIMARY KEY CHECK (name ~ '^hubs/[a-z0-9-]{1,40}/overrides/[0-9a-f-]{36}$'),
  hub         text NOT NULL,
  lock_key    bigint NOT NULL,
  -- Counts its changes, for its etag.
  revision    integer NOT NULL CHECK (revision >= 1),
  -- EXPIRED is no state: the times say it.
  state       text NOT NULL CHECK (state IN ('PROPOSED', 'APPROVED', 'USED', 'WITHDRAWN')),
  kind        text NOT NULL CHECK (kind IN ('OUTSIDE_HOURS', 'OVERBOOKING')),
  -- Null for a new patient of the hub until it is used.
  course      uuid,
  proposed_by text NOT NULL,
  approved_by text,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  facts       jsonb NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  CONSTRAINT override_by_two_persons CHECK (approved_by <> proposed_by),
  CONSTRAINT override_approved_before_use CHECK (state NOT IN ('APPROVED', 'USED') OR approved_by IS NOT NULL),
  CONSTRAINT override_used_by_a_course CHECK ((state = 'USED') = (used_at IS NOT NULL)
    AND (state <> 'USED' OR course IS NOT NULL))
);
CREATE INDEX override_by_hub ON override (hub, created_at DESC, name DESC);
CREATE INDEX override_by_course ON override (course) WHERE course IS NOT NULL;

-- What of a course's beds is beyond its pool's capacity, by its override; the sums of a bucket, as with `planned`.
ALTER TABLE pool_use ADD COLUMN overbooked integer NOT NULL DEFAULT 0;
ALTER TABLE pool_use ADD CONSTRAINT pool_use_overbooked CHECK (overbooked BETWEEN 0 AND amount AND (overbooked = 0 OR NOT excess));
ALTER TABLE pool_bucket ADD COLUMN overbooked integer NOT NULL DEFAULT 0 CHECK (overbooked >= 0);
ALTER TABLE pool_bucket DROP CONSTRAINT pool_bucket_never_overplanned;
ALTER TABLE pool_bucket ADD CONSTRAINT pool_bucket_never_overplanned CHECK (planned <= capacity + overbooked);
