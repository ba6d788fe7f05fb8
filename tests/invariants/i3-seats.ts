import { askRules, type Invariant, type SqlRule } from "./invariant.ts";

const account = "concat_ws(' ', quota, period, nullif(part, ''))";
const kept = (name: string) =>
  `sum(case when credit = '${name}' then seats when debit = '${name}' then -seats else 0 end) over moves as ${name}`;

// What stands in each account of a quota's part after each posting.
const books = `select id, quota, period, part, move, entitlement,
    sum(case when debit = 'granted' then seats when credit = 'granted' then -seats else 0 end) over moves as granted,
    ${["available", "reserved", "committed", "consumed"].map(kept).join(", ")},
    sum((move = 'RELEASE')::integer) over moves as released,
    row_number() over (partition by quota, period, part order by id desc) = 1 as is_last
  from seat_posting window moves as (partition by quota, period, part order by id)`;

const figures = ["granted", "available", "reserved", "committed", "consumed", "released"];

const ways = `select entitlement, seat, string_agg(move, ' ' order by id) as way,
    (array_agg(quota || ' ' || period || ' ' || part order by id))[1] as place
  from seat_posting where entitlement is not null group by 1, 2`;

const rules: readonly SqlRule[] = [
  {
    rule: "reserved, committed and consumed stay within granted at every posting",
    database: "agreements",
    table: "seat_posting",
    looked: "seat_posting",
    broken: `select 'posting ' || id || ' ' || move || ' of ' || ${account} as row,
        format('%s granted, %s available, %s reserved, %s committed, %s consumed', granted, available, reserved,
          committed, consumed) as found
      from (${books}) as books where reserved + committed + consumed > granted
        or least(granted, available, reserved, committed, consumed) < 0
        or available + reserved + committed + consumed <> granted`,
  },
  {
    rule: "the counters are the sums of the postings",
    database: "agreements",
    table: "seat_account",
    looked: "seat_account",
    broken: `select ${account} as row, format('%s, but the postings give %s',
        concat_ws('/', ${figures.map((name) => `account.${name}`).join(", ")}),
        concat_ws('/', ${figures.map((name) => `coalesce(books.${name}, 0)`).join(", ")})) as found
      from seat_account as account left join (select * from (${books}) as every where is_last) as books
        using (quota, period, part)
      where ${figures.map((name) => `account.${name} <> coalesce(books.${name}, 0)`).join(" or ")}`,
  },
  {
    rule: "reserved and committed are the seats of live entitlements",
    database: "agreements",
    table: "seat_account",
    looked: "seat_account",
    broken: `select ${account} as row,
        format('reserved %s, committed %s, consumed %s, but entitlements have %s, %s and %s', account.reserved,
          account.committed, account.consumed, held.reserved, held.committed, held.consumed) as found
      from seat_account as account, lateral (
        select count(*) filter (where seat_state = 'RESERVED') as reserved,
          count(*) filter (where seat_state = 'COMMITTED') as committed,
          count(*) filter (where seat_state = 'CONSUMED') as consumed
        from entitlement where (entitlement.quota, entitlement.period, entitlement.part)
          = (account.quota, account.period, account.part)) as held
      where (account.reserved, account.committed, account.consumed)
        is distinct from (held.reserved, held.committed, held.consumed)`,
  },
  {
    rule: "a seat moves one way, each move once, and no released seat is consumed",
    database: "agreements",
    table: "seat_posting",
    looked: "seat_posting where entitlement is not null",
    broken: `select 'entitlement ' || entitlement || ' seat ' || ways.seat as row, 'moved ' || way as found
      from (${ways}) as ways where way not in ('RESERVE', 'RESERVE COMMIT', 'RESERVE COMMIT CONSUME',
        'RESERVE RELEASE', 'RESERVE COMMIT RELEASE')`,
  },
  {
    rule: "an entitlement has the seat that its postings end with",
    database: "agreements",
    table: "entitlement",
    looked: "entitlement",
    broken: `select 'entitlement ' || id as row,
        format('seat %s is %s, its postings are %s', entitlement.seat, seat_state, coalesce(way, 'none')) as found
      from entitlement left join (${ways}) as ways on ways.entitlement = id and ways.seat = entitlement.seat
      where entitlement.seat is not null and coalesce(case when way like '%RELEASE' then 'RELEASED'
        when way like '%CONSUME' then 'CONSUMED' when way like '%COMMIT' then 'COMMITTED'
        when way = 'RESERVE' then 'RESERVED' end, '') <> seat_state
      union all
      select 'entitlement ' || id, format('seat %s was left at %s', ways.seat, way)
      from entitlement join (${ways}) as ways on ways.entitlement = id
      where ways.seat is distinct from entitlement.seat and way not like '%RELEASE'`,
  },
  {
    rule: "who waits for a seat is pended, in the order once, and counted",
    database: "agreements",
    table: "seat_wait",
    looked: "entitlement",
    broken: `select 'entitlement ' || id as row, case when seat_wait.entitlement is null
          then 'is pended, but not in the order' else 'is in the order, but ' || state end as found
      from entitlement left join seat_wait on seat_wait.entitlement = id
      where (state = 'PENDED') <> (seat_wait.entitlement is not null)
      union all
      select ${account}, format('counts %s who wait, but %s do', waiting, (select count(*) from seat_wait as wait
        where (wait.quota, wait.period) = (account.quota, account.period) and account.part = any (wait.parts)))
      from seat_account as account where waiting <> (select count(*) from seat_wait as wait
        where (wait.quota, wait.period) = (account.quota, account.period) and account.part = any (wait.parts))`,
  },
];

/** No quota gives more seats than it has, and its books add up. */
export const seatsWithinQuota: Invariant = {
  id: "I3",
  title: "seats within their quota",
  check: (evidence) => askRules(evidence, rules),
};
