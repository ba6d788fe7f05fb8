-- Sessions that were missed, by the time at which they were to begin: what of their time was not over is given back, so
-- no reservation says any more that they were planned, and the day's list would lose them. Why they were missed, and
-- whether that was an error, stands in the course's facts.

CREATE TABLE missed_session (
  course         uuid NOT NULL,
  session_number integer NOT NULL CHECK (session_number >= 1),
  start_at       timestamptz NOT NULL,
  hub            text NOT NULL,
  lock_key       bigint NOT NULL,
  PRIMARY KEY (course, session_number, start_at)
);
CREATE INDEX missed_session_by_start ON missed_session (hub, start_at);
