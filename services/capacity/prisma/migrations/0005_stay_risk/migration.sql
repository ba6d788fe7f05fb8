-- How likely it is that a course's patient is in a pool on a day, where that is not certain: beyond the planned days too,
-- which `pool_use` counts as before. A unit's probability of overflow is computed from these rows.

CREATE TABLE stay_risk (
  course      uuid NOT NULL,
  pool        text NOT NULL,
  -- Days since 1970-01-01 in the hub's zone.
  bucket      integer NOT NULL,
  hub         text NOT NULL,
  -- The pool's: whoever writes its rows holds it.
  lock_key    bigint NOT NULL,
  -- In millionths. A day on which the patient cannot be there has no row.
  present_ppm integer NOT NULL CHECK (present_ppm BETWEEN 1 AND 1000000),
  PRIMARY KEY (course, pool, bucket)
);
CREATE INDEX stay_risk_by_bucket ON stay_risk (pool, bucket);
