-- What hubs can treat, what is kept of it, and for which course. Times are app.now()'s; every row names its hub.
-- A lock key is what a transaction that writes rows of a resource or pool takes first (pg_advisory_xact_lock),
-- all of them ascending, after the row of its course or hub.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE hub (
  name           text PRIMARY KEY CHECK (name ~ '^hubs/[a-z0-9-]{1,40}$'),
  lock_key       bigint NOT NULL,
  -- Counts the published versions; it is the hub's revision in the event log too.
  version        integer NOT NULL CHECK (version >= 1),
  document       jsonb NOT NULL,
  programmes     text[] NOT NULL,
  valid_until_at timestamptz NOT NULL,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL
);

CREATE TABLE course (
  id            uuid PRIMARY KEY,
  -- Empty where only the end of its case is known.
  hub           text NOT NULL,
  lock_key      bigint NOT NULL,
  revision      integer NOT NULL CHECK (revision >= 0),
  -- Null for a hub's own patient.
  sending_party text,
  state         text NOT NULL CHECK (state IN
    ('NONE', 'UNAVAILABLE', 'HELD', 'BOOKED', 'IN_TREATMENT', 'ENDED', 'RELEASED', 'LAPSED')),
  round         integer NOT NULL CHECK (round >= 0),
  closed        boolean NOT NULL,
  -- Past it another course may take the hold.
  release_at    timestamptz,
  facts         jsonb NOT NULL,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  CONSTRAINT course_hold_has_a_release_time CHECK ((state = 'HELD') = (release_at IS NOT NULL))
);
CREATE INDEX course_by_hub ON course (hub, created_at DESC, id DESC);
CREATE INDEX course_by_party ON course (sending_party, created_at DESC, id DESC)
  WHERE sending_party IS NOT NULL;
CREATE INDEX course_lapsing ON course (hub, release_at) WHERE state = 'HELD';

-- One user at a time: sessions, closures and maintenance. The key refuses an overlap, whatever the code does.
CREATE TABLE reservation (
  resource       text NOT NULL,
  during         tstzrange NOT NULL CHECK (
    NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
    AND lower_inc(during) AND NOT upper_inc(during)),
  hub            text NOT NULL,
  lock_key       bigint NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('SESSION', 'CLOSURE', 'MAINTENANCE')),
  -- No foreign key: the course's row is locked by the transaction that writes these, and 120 checks of
  -- the same row would cost a hold a tenth of its time.
  course         uuid,
  session_number integer,
  reason         text,
  PRIMARY KEY (resource, during WITHOUT OVERLAPS),
  CONSTRAINT reservation_of_a_session CHECK (
    (kind = 'SESSION') = (course IS NOT NULL AND session_number IS NOT NULL))
);
CREATE INDEX reservation_by_course ON reservation (course) WHERE course IS NOT NULL;
CREATE INDEX reservation_closing ON reservation (hub) WHERE kind <> 'SESSION';

-- Several users at once: beds by day (days since 1970-01-01 in the hub's zone), beam minutes by half hour (half hours
-- since 1970 in UTC). What is planned never exceeds the capacity; what happened may.
CREATE TABLE pool_bucket (
  pool          text NOT NULL,
  bucket        integer NOT NULL,
  hub           text NOT NULL,
  lock_key      bigint NOT NULL,
  capacity      integer NOT NULL CHECK (capacity >= 0),
  planned       integer NOT NULL CHECK (planned >= 0),
  actual_excess integer NOT NULL DEFAULT 0 CHECK (actual_excess >= 0),
  PRIMARY KEY (pool, bucket),
  CONSTRAINT pool_bucket_never_overplanned CHECK (planned <= capacity)
) WITH (fillfactor = 80);

-- Which course uses what of a pool: the sums of a bucket, taken apart.
CREATE TABLE pool_use (
  course   uuid NOT NULL,
  pool     text NOT NULL,
  bucket   integer NOT NULL,
  -- Beyond what was planned, as it was recorded.
  excess   boolean NOT NULL,
  hub      text NOT NULL,
  lock_key bigint NOT NULL,
  amount   integer NOT NULL CHECK (amount > 0),
  PRIMARY KEY (course, pool, bucket, excess)
);
CREATE INDEX pool_use_by_bucket ON pool_use (pool, bucket);
