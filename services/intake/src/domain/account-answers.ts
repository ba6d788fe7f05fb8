import type { Money } from "@carehub/money/money";
import type { AccountAnswer } from "./answers.ts";
import { type CaseFacts, isSent, roundOf, standingGuarantee, withRound } from "./facts.ts";

/** Adds an answer of billing to the facts; one that says nothing new gives back the very same facts. */
export function applyAccountAnswer(facts: CaseFacts, answer: AccountAnswer): CaseFacts {
  switch (answer.kind) {
    case "EstimateIssued": {
      const { round, estimate } = answer;
      if (roundOf(facts, round).estimate !== undefined) return facts;
      return withRound(facts, round, { estimate });
    }
    case "EstimateDeclined":
      return endEstimate(facts, { ...answer, how: "DECLINED" });
    case "EstimateWithdrawn":
      return endEstimate(facts, { ...answer, how: "WITHDRAWN" });
    case "PaymentGuaranteed":
      return applyGuarantee(facts, answer);
    case "GuaranteeReleased":
      return releaseGuarantee(facts, answer);
    case "InvoiceIssued":
      return applyInvoice(facts, answer);
    case "InvoiceAccepted":
    case "InvoiceContested":
    case "CreditNoteIssued":
    case "InvoiceSettled":
      return applyInvoiceAnswer(facts, answer);
    default:
      return answer satisfies never;
  }
}

type EstimateEnd = {
  readonly round: number;
  readonly how: "DECLINED" | "WITHDRAWN";
  readonly reason: string;
};

function endEstimate(facts: CaseFacts, { round, how, reason }: EstimateEnd): CaseFacts {
  const isKnown = roundOf(facts, round).estimateEnd !== undefined;
  const ended = isKnown ? facts : withRound(facts, round, { estimateEnd: { how, reason } });
  // With a guarantee in force the account is not given back before that one is.
  const isWholeAnswer =
    isSent(facts, "AccountStopRequested", round) && standingGuarantee(facts) === undefined;
  return isWholeAnswer && !facts.isAccountStopped ? { ...ended, isAccountStopped: true } : ended;
}

function applyGuarantee(
  facts: CaseFacts,
  { guarantee }: Extract<AccountAnswer, { kind: "PaymentGuaranteed" }>,
): CaseFacts {
  const known = facts.guarantee;
  const isOlder = known !== undefined && guarantee.round < known.round;
  const isCarried = known !== undefined && known.guarantee === guarantee.guarantee;
  if (isOlder || (isCarried && guarantee.round === known.round)) return facts;
  const firstRound = isCarried ? (known.firstRound ?? known.round) : guarantee.round;
  return { ...facts, guarantee: { ...guarantee, firstRound }, isAccountStopped: false };
}

function releaseGuarantee(
  facts: CaseFacts,
  { round, guarantee }: Extract<AccountAnswer, { kind: "GuaranteeReleased" }>,
): CaseFacts {
  const known = standingGuarantee(facts);
  const isThisOne = known !== undefined && ["", known.guarantee].includes(guarantee);
  // Where nothing was delivered that has a price, billing answers a request for charges in this way too.
  const isAsked = ["AccountStopRequested", "ChargesRequested"].some((kind) =>
    isSent(facts, kind, round),
  );
  const isStopped = facts.isAccountStopped || isAsked;
  if (!isThisOne && isStopped === facts.isAccountStopped) return facts;
  const released = isThisOne ? { ...facts, guarantee: { ...known, isReleased: true } } : facts;
  return { ...released, isAccountStopped: isStopped };
}

function applyInvoice(
  facts: CaseFacts,
  { invoice, total }: Extract<AccountAnswer, { kind: "InvoiceIssued" }>,
): CaseFacts {
  if (facts.invoice !== undefined) return facts;
  const untouched = { acceptedMinor: 0n, contestedMinor: 0n, creditedMinor: 0n };
  return {
    ...facts,
    invoice: { invoice, total, ...untouched, creditNotes: [], isSettled: false },
  };
}

type InvoiceAnswer = Extract<
  AccountAnswer,
  { kind: "InvoiceAccepted" | "InvoiceContested" | "CreditNoteIssued" | "InvoiceSettled" }
>;

function applyInvoiceAnswer(facts: CaseFacts, answer: InvoiceAnswer): CaseFacts {
  const { invoice } = facts;
  if (invoice === undefined || invoice.invoice !== answer.invoice) return facts;
  switch (answer.kind) {
    case "InvoiceAccepted": {
      const acceptedMinor = answer.amount.amountMinor;
      return { ...facts, invoice: { ...invoice, acceptedMinor, ...contestedNow(answer) } };
    }
    case "InvoiceContested":
      return { ...facts, invoice: { ...invoice, contestedMinor: answer.amount.amountMinor } };
    case "CreditNoteIssued": {
      if (invoice.creditNotes.includes(answer.creditNote)) return facts;
      const creditedMinor = invoice.creditedMinor + answer.amount.amountMinor;
      const creditNotes = [...invoice.creditNotes, answer.creditNote];
      const credited = { creditedMinor, creditNotes, ...contestedNow(answer) };
      return { ...facts, invoice: { ...invoice, ...credited } };
    }
    case "InvoiceSettled":
      return invoice.isSettled ? facts : { ...facts, invoice: { ...invoice, isSettled: true } };
    default:
      return answer satisfies never;
  }
}

function contestedNow({ contested }: { readonly contested?: Money }) {
  return contested === undefined ? {} : { contestedMinor: contested.amountMinor };
}
