-- What a hub's own information systems have booked, as they say it, and what of it is kept here: time as rows of
-- `reservation`, beds as a part of their bucket's plan. Courses and closures come first; what they leave is kept.

CREATE TABLE external_booking (
  hub         text NOT NULL REFERENCES hub (name),
  source      text NOT NULL,
  source_id   text NOT NULL,
  status      text NOT NULL CHECK (status IN ('BOOKED', 'CANCELLED')),
  -- Full names; one of the two. Neither for one that was cancelled before it was known.
  resource    text,
  during      tstzrange CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
  pool        text,
  first_day   integer,
  last_day    integer,
  beds        integer CHECK (beds > 0),
  -- When it begins and ends in time, for a stay in the hub's zone; what lists go by.
  start_at    timestamptz,
  end_at      timestamptz,
  -- Of a resource or pool; what locks it is of the same name.
  lock_key    bigint,
  created_at  timestamptz NOT NULL,
  imported_at timestamptz NOT NULL,
  PRIMARY KEY (hub, source, source_id),
  CONSTRAINT external_booking_time CHECK ((resource IS NULL) = (during IS NULL)),
  CONSTRAINT external_booking_stay CHECK (
    (pool IS NULL) = (first_day IS NULL) AND (pool IS NULL) = (last_day IS NULL)
    AND (pool IS NULL) = (beds IS NULL) AND last_day >= first_day),
  CONSTRAINT external_booking_place CHECK (
    (resource IS NULL OR pool IS NULL) AND (status = 'CANCELLED' OR resource IS NOT NULL OR pool IS NOT NULL)
    AND (start_at IS NULL) = (resource IS NULL AND pool IS NULL) AND (start_at IS NULL) = (end_at IS NULL)
    AND (start_at IS NULL) = (lock_key IS NULL))
);
-- Unlike the rows of `reservation` these may overlap: a hub may book two of its own at a time.
CREATE INDEX external_booking_time_kept ON external_booking USING gist (resource, during)
  WHERE status = 'BOOKED' AND resource IS NOT NULL;
CREATE INDEX external_booking_beds_kept ON external_booking (pool, last_day, first_day)
  WHERE status = 'BOOKED' AND pool IS NOT NULL;
CREATE INDEX external_booking_by_start ON external_booking (hub, start_at, source, source_id);

-- Outages and shortages of staff are closures too.
ALTER TABLE reservation DROP CONSTRAINT reservation_kind_check;
ALTER TABLE reservation ADD CONSTRAINT reservation_kind_check CHECK (
  kind IN ('SESSION', 'CLOSURE', 'MAINTENANCE', 'OUTAGE', 'STAFFING', 'EXTERNAL'));

-- What of a bucket's plan is of imported bookings; the rest is of courses.
ALTER TABLE pool_bucket ADD COLUMN external integer NOT NULL DEFAULT 0;
ALTER TABLE pool_bucket ADD CONSTRAINT pool_bucket_external CHECK (external BETWEEN 0 AND planned);
CREATE INDEX pool_bucket_with_external ON pool_bucket (hub, bucket) WHERE external > 0;

-- Counts the events of the hub; until now each was a version.
ALTER TABLE hub ADD COLUMN revision integer;
UPDATE hub SET revision = version;
ALTER TABLE hub ALTER COLUMN revision SET NOT NULL;
ALTER TABLE hub ADD CONSTRAINT hub_tells_its_versions CHECK (revision >= version);
