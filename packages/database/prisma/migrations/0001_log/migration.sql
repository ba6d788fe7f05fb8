-- The tables that every service has beside its own: how a change is committed, told and read.
-- packages/database/src explains each; a service owns the schema public.

CREATE SCHEMA IF NOT EXISTS app;
CREATE SCHEMA IF NOT EXISTS log;

-- ── Time ─────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE app.clock (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  environment text NOT NULL,
  -- Hours, minutes and seconds only: a day of an interval has no fixed length.
  shift       interval NOT NULL DEFAULT interval '0',
  moved       boolean NOT NULL DEFAULT false,
  CONSTRAINT clock_moves_in_a_sandbox_only
    CHECK (environment = 'sandbox' OR (shift = interval '0' AND NOT moved))
);
INSERT INTO app.clock (environment) VALUES ('production');

-- The time of every rule. It is the transaction's start, not the wall clock, so that the time a
-- rule decided by, the defaults of the rows and a later `<= app.now()` of the same commit are one
-- value; what a lock made it wait for shows in the state it then reads, never in the time.
CREATE FUNCTION app.now() RETURNS timestamptz
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT now() + shift FROM app.clock $$;

-- ── Requests: the first response of each, kept for 30 days ───────────────────────────────────────

CREATE TABLE log.request (
  caller     text NOT NULL,
  request_id text NOT NULL,
  method     text NOT NULL,
  body_hash  bytea NOT NULL,
  response   bytea NOT NULL,
  -- Real time: a caller repeats by its own clock, whatever a sandbox does with ours.
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, request_id)
);
CREATE INDEX request_by_age ON log.request USING brin (created_at);

-- ── Events: append-only history ──────────────────────────────────────────────────────────────────

-- CACHE 1: a cached range would give a later writer a lower position.
CREATE SEQUENCE log.position AS bigint CACHE 1;

CREATE TABLE log.event (
  position        bigint PRIMARY KEY,
  event_id        uuid NOT NULL UNIQUE DEFAULT uuidv7(),
  topic           text NOT NULL,
  key             text NOT NULL,
  aggregate       text NOT NULL,
  revision        integer NOT NULL CHECK (revision >= 1),
  type            text NOT NULL,
  payload         bytea NOT NULL,
  -- The span in which it was decided; the relay sends in that context.
  traceparent     text,
  -- The organisation that asked, and the person.
  caller          text,
  actor           jsonb,
  -- The event of another service that led to this one, and the trace it was told in.
  source_event_id text,
  source_trace_id text,
  occurred_at     timestamptz NOT NULL,
  UNIQUE (aggregate, revision)
);

CREATE FUNCTION log.refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'log.event is history: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.event
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_rewriting();

-- Positions that wait for a number, and the numbers given. One leader moves them.
CREATE TABLE log.pending (position bigint PRIMARY KEY);

CREATE TABLE log.published (
  number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  position bigint NOT NULL UNIQUE
);

-- How far each reader of the published numbers came.
CREATE TABLE log.cursor (
  reader text PRIMARY KEY,
  number bigint NOT NULL CHECK (number >= 0)
);

-- ── Messages of other services ───────────────────────────────────────────────────────────────────

-- The revision of the last event of each aggregate that a consumer has taken in.
CREATE TABLE log.seen (
  consumer  text NOT NULL,
  aggregate text NOT NULL,
  revision  integer NOT NULL CHECK (revision >= 1),
  PRIMARY KEY (consumer, aggregate)
) WITH (fillfactor = 80);

-- ── Time to act ──────────────────────────────────────────────────────────────────────────────────

CREATE TABLE log.due (
  aggregate text NOT NULL,
  kind      text NOT NULL,
  due_at    timestamptz NOT NULL,
  PRIMARY KEY (aggregate, kind)
);
CREATE INDEX due_by_time ON log.due (due_at, aggregate, kind);

-- ── Messages that could not be handled, and those that wait behind them ──────────────────────────

CREATE TABLE log.dead_letter (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer       text NOT NULL,
  topic          text NOT NULL,
  partition      integer NOT NULL,
  message_offset bigint NOT NULL,
  aggregate      text,
  key            text NOT NULL,
  revision       integer,
  type           text,
  headers        jsonb NOT NULL,
  payload        bytea NOT NULL,
  reason         text NOT NULL,
  -- For operators; never personal data.
  detail         text NOT NULL,
  tries          integer NOT NULL CHECK (tries >= 0),
  state          text NOT NULL CHECK (state IN ('DEAD', 'PARKED', 'REPLAYED')),
  created_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (consumer, topic, partition, message_offset)
);
CREATE INDEX dead_letter_waiting
  ON log.dead_letter (consumer, topic, key, partition, message_offset)
  WHERE state <> 'REPLAYED';

CREATE TABLE log.parked_key (
  consumer text NOT NULL,
  topic    text NOT NULL,
  key      text NOT NULL,
  since    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, topic, key)
);

-- ── Guards ───────────────────────────────────────────────────────────────────────────────────────

-- Time never runs back over history: the clock may be set freely once while the log is empty, and
-- only forward from then on; a database with history never changes its environment.
CREATE FUNCTION app.guard_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'the clock is one row for ever' USING ERRCODE = 'restrict_violation';
  END IF;
  IF new.shift < old.shift AND (old.moved OR EXISTS (SELECT FROM log.event)) THEN
    RAISE EXCEPTION 'the clock moves only forward' USING ERRCODE = 'restrict_violation';
  END IF;
  IF old.moved AND NOT new.moved THEN
    RAISE EXCEPTION 'a moved clock stays a moved one' USING ERRCODE = 'restrict_violation';
  END IF;
  IF new.environment <> old.environment AND EXISTS (SELECT FROM log.event) THEN
    RAISE EXCEPTION 'a database with history keeps its environment'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN new;
END $$;

CREATE TRIGGER clock_is_guarded BEFORE INSERT OR UPDATE OR DELETE ON app.clock
  FOR EACH ROW EXECUTE FUNCTION app.guard_clock();

-- Ends a commit whose source another commit used up meanwhile; the whole statement rolls back. The
-- class is that of "transaction rollback", so the connection is kept.
CREATE FUNCTION log.refuse_used_source() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the source of this change is used up' USING ERRCODE = '40C01';
END $$;

-- Deletes requests older than 30 days, at most `limit_rows` in one call; answers how many.
CREATE FUNCTION log.forget_requests(limit_rows integer) RETURNS integer LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM log.request WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM log.request WHERE created_at < now() - interval '30 days' LIMIT limit_rows))
    RETURNING 1)
  SELECT count(*)::integer FROM gone
$$;
