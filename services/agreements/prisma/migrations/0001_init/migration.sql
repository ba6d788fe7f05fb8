-- What the service agreements owns. Texts and postings are history: they are added to, never changed.

CREATE TABLE party (
  name           text PRIMARY KEY CHECK (name ~ '^parties/[A-Z]{2}$'),
  revision       integer NOT NULL CHECK (revision >= 0),
  title          text NOT NULL,
  country        text NOT NULL,
  calendar       text NOT NULL,
  currency       text NOT NULL,
  time_zone      text NOT NULL,
  spiffe_id      text NOT NULL UNIQUE,
  standing       text NOT NULL CHECK (standing IN ('ACTIVE', 'SUSPENDED')),
  updated_at     timestamptz NOT NULL
);

-- One row per agreement; its revision is its newest version.
CREATE TABLE agreement (
  name     text PRIMARY KEY,
  revision integer NOT NULL CHECK (revision >= 0),
  layer    text NOT NULL CHECK (layer IN
    ('MULTILATERAL_TREATY', 'BILATERAL_AGREEMENT', 'ANNUAL_PROTOCOL', 'INDIVIDUAL_DECISION')),
  -- Of the newest version: who may read it.
  parties  text[] NOT NULL,
  hubs     text[] NOT NULL
);

-- Two time axes: the days on which a version is in force, and the time from which it was known.
CREATE TABLE agreement_version (
  agreement  text NOT NULL REFERENCES agreement (name),
  version    integer NOT NULL CHECK (version >= 1),
  layer      text NOT NULL,
  parties    text[] NOT NULL,
  hubs       text[] NOT NULL,
  in_force   daterange NOT NULL CHECK (NOT isempty(in_force)),
  known_from timestamptz NOT NULL,
  text       jsonb NOT NULL,
  PRIMARY KEY (agreement, version)
);
CREATE INDEX agreement_version_by_party ON agreement_version USING gin (parties);

-- The seats of one part of a quota in one period. The empty part is the general one.
CREATE TABLE seat_account (
  quota        text NOT NULL,
  period       text NOT NULL,
  part         text NOT NULL,
  agreement    text NOT NULL REFERENCES agreement (name),
  first_date   date NOT NULL,
  last_date    date,
  granted      integer NOT NULL DEFAULT 0 CHECK (granted >= 0),
  available    integer NOT NULL DEFAULT 0 CHECK (available >= 0),
  reserved     integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  committed    integer NOT NULL DEFAULT 0 CHECK (committed >= 0),
  consumed     integer NOT NULL DEFAULT 0 CHECK (consumed >= 0),
  -- How often a seat came back.
  released     integer NOT NULL DEFAULT 0 CHECK (released >= 0),
  -- Cases that wait and could use a seat of this part.
  waiting      integer NOT NULL DEFAULT 0 CHECK (waiting >= 0),
  -- Numbers those who wait, in the order in which they came; used on the general part only.
  last_arrival bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (quota, period, part),
  CONSTRAINT seats_are_somewhere CHECK (available + reserved + committed + consumed = granted)
) WITH (fillfactor = 70);

CREATE TABLE entitlement (
  id               uuid PRIMARY KEY,
  revision         integer NOT NULL DEFAULT 0 CHECK (revision >= 0),
  state            text NOT NULL DEFAULT 'UNKNOWN' CHECK (state IN
    ('UNKNOWN', 'GRANTED', 'PENDED', 'REFUSED', 'CONFIRMED', 'RELEASED')),
  sending_party    text NOT NULL DEFAULT '',
  hub              text NOT NULL DEFAULT '',
  programme        text NOT NULL DEFAULT '',
  facts            jsonb NOT NULL DEFAULT '{}',
  round            integer NOT NULL DEFAULT 0,
  decision         uuid,
  confirm_round    integer NOT NULL DEFAULT 0,
  confirm_decision uuid,
  grant_terms      jsonb,
  refusal          text,
  quota            text,
  period           text,
  part             text,
  seat             integer,
  seat_state       text CHECK (seat_state IN ('RESERVED', 'COMMITTED', 'CONSUMED', 'RELEASED')),
  closed           boolean NOT NULL DEFAULT false,
  closed_state     text,
  updated_at       timestamptz NOT NULL,
  FOREIGN KEY (quota, period, part) REFERENCES seat_account,
  CHECK (num_nulls(quota, period, part, seat, seat_state) IN (0, 5))
);

-- Double entry: each posting takes seats from one account of a part and gives them to another of the same part.
CREATE TABLE seat_posting (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  quota       text NOT NULL,
  period      text NOT NULL,
  part        text NOT NULL,
  debit       text NOT NULL,
  credit      text NOT NULL,
  seats       integer NOT NULL CHECK (seats > 0),
  move        text NOT NULL,
  entitlement uuid REFERENCES entitlement (id),
  -- Which of the seats that the entitlement has had.
  seat        integer,
  -- The version of the agreement that granted or withdrew.
  version     integer,
  posted_at   timestamptz NOT NULL,
  FOREIGN KEY (quota, period, part) REFERENCES seat_account,
  CONSTRAINT move_is_between_its_accounts CHECK ((move, debit, credit) IN (
    ('GRANT', 'granted', 'available'), ('WITHDRAW', 'available', 'granted'),
    ('RESERVE', 'available', 'reserved'), ('COMMIT', 'reserved', 'committed'), ('CONSUME', 'committed', 'consumed'),
    ('RELEASE', 'reserved', 'available'), ('RELEASE', 'committed', 'available'))),
  CHECK ((move IN ('GRANT', 'WITHDRAW')) = (entitlement IS NULL)),
  CONSTRAINT entitlement_moves_one_seat CHECK (entitlement IS NULL OR seats = 1),
  CHECK (num_nulls(entitlement, seat) IN (0, 2))
);
-- A seat moves one way: each move of a seat is posted once for ever.
CREATE UNIQUE INDEX seat_posting_once ON seat_posting (entitlement, seat, move) WHERE entitlement IS NOT NULL;
CREATE INDEX seat_posting_by_account ON seat_posting (quota, period, part);

-- Cases that found no seat, in the order of priority and arrival.
CREATE TABLE seat_wait (
  entitlement   uuid PRIMARY KEY REFERENCES entitlement (id),
  quota         text NOT NULL,
  period        text NOT NULL,
  parts         text[] NOT NULL,
  priority      integer NOT NULL,
  arrival       bigint NOT NULL,
  -- Absent where the tables of working days end before it.
  promised_date date,
  since         timestamptz NOT NULL,
  UNIQUE (quota, period, arrival)
);
CREATE INDEX seat_wait_in_order ON seat_wait (quota, period, priority DESC, arrival);

-- Each decision with its facts and both time axes, so that it can be made again.
CREATE TABLE decision (
  id               uuid PRIMARY KEY,
  entitlement      uuid NOT NULL REFERENCES entitlement (id),
  kind             text NOT NULL CHECK (kind IN ('ENTITLEMENT', 'CONFIRMATION', 'OFFER')),
  outcome          text NOT NULL CHECK (outcome IN ('GRANTED', 'PENDED', 'REFUSED', 'CONFIRMED')),
  reason           text,
  valid_on         date NOT NULL,
  last_date        date,
  known_at         timestamptz NOT NULL,
  decided_at       timestamptz NOT NULL DEFAULT app.now(),
  calendar_version text NOT NULL,
  facts            jsonb NOT NULL,
  findings         jsonb NOT NULL,
  granting         text,
  grant_terms      jsonb,
  confirmed_terms  jsonb,
  CHECK ((reason IS NOT NULL) = (outcome = 'REFUSED'))
);
CREATE INDEX decision_by_entitlement ON decision (entitlement);

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is history: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER agreement_version_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER seat_posting_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON seat_posting
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER decision_is_history BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- The counters follow the postings in the same statement, start at zero and move in no other way.
CREATE FUNCTION move_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE seat_account SET
    granted = granted + new.seats * ((new.debit = 'granted')::integer - (new.credit = 'granted')::integer),
    available = available + new.seats * ((new.credit = 'available')::integer - (new.debit = 'available')::integer),
    reserved = reserved + new.seats * ((new.credit = 'reserved')::integer - (new.debit = 'reserved')::integer),
    committed = committed + new.seats * ((new.credit = 'committed')::integer - (new.debit = 'committed')::integer),
    consumed = consumed + new.seats * ((new.credit = 'consumed')::integer - (new.debit = 'consumed')::integer),
    released = released + (new.move = 'RELEASE')::integer
    WHERE (quota, period, part) = (new.quota, new.period, new.part);
  RETURN NULL;
END $$;
CREATE TRIGGER posting_moves_seats AFTER INSERT ON seat_posting
  FOR EACH ROW EXECUTE FUNCTION move_seats();

CREATE FUNCTION guard_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (TG_OP = 'INSERT' AND (new.granted, new.available, new.reserved, new.committed, new.consumed, new.released)
      <> (0, 0, 0, 0, 0, 0)) OR (TG_OP = 'UPDATE' AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'seats move with postings only' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER seats_are_guarded BEFORE INSERT
  OR UPDATE OF quota, period, part, granted, available, reserved, committed, consumed, released ON seat_account
  FOR EACH ROW EXECUTE FUNCTION guard_seats();
CREATE TRIGGER seat_account_is_for_ever BEFORE DELETE OR TRUNCATE ON seat_account
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- The counters as the postings sum up to; `balanced` says whether they agree.
CREATE VIEW seat_balance AS
  SELECT account.quota, account.period, account.part,
    account.granted = coalesce(-sum(moved.seats) FILTER (WHERE moved.account = 'granted'), 0)
    AND account.available = coalesce(sum(moved.seats) FILTER (WHERE moved.account = 'available'), 0)
    AND account.reserved = coalesce(sum(moved.seats) FILTER (WHERE moved.account = 'reserved'), 0)
    AND account.committed = coalesce(sum(moved.seats) FILTER (WHERE moved.account = 'committed'), 0)
    AND account.consumed = coalesce(sum(moved.seats) FILTER (WHERE moved.account = 'consumed'), 0)
    AND account.released = (SELECT count(*) FROM seat_posting posting
      WHERE (posting.quota, posting.period, posting.part) = (account.quota, account.period, account.part)
        AND posting.move = 'RELEASE')
    AND account.waiting = (SELECT count(*) FROM seat_wait wait
      WHERE (wait.quota, wait.period) = (account.quota, account.period) AND account.part = ANY (wait.parts))
    AS balanced
  FROM seat_account account
  LEFT JOIN LATERAL (
    SELECT posting.credit AS account, posting.seats FROM seat_posting posting
      WHERE (posting.quota, posting.period, posting.part) = (account.quota, account.period, account.part)
    UNION ALL
    SELECT posting.debit, -posting.seats FROM seat_posting posting
      WHERE (posting.quota, posting.period, posting.part) = (account.quota, account.period, account.part)
  ) moved ON true
  GROUP BY account.quota, account.period, account.part;
