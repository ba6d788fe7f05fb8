import type { Database } from "@carehub/database/pool";
import { currencies, minorUnitsPerUnit } from "@carehub/money/currency";
import { gauge } from "@carehub/runtime/meters";
import type { Figures } from "./storage/figures.ts";
import { readFigures } from "./storage/figures.ts";

const staleMs = 1_000;

/** Shows the estimates that wait for their payer, and what is owed in each currency; answers how to end it. */
export function watchMoney(db: Database): () => void {
  let reading: Promise<Figures> | undefined;
  let readMs = 0;
  // One query for all of its figures.
  const figures = () => {
    if (reading === undefined || performance.now() - readMs > staleMs) {
      readMs = performance.now();
      reading = readFigures(db);
    }
    return reading;
  };
  const gauges = (Object.keys(currencies) as (keyof typeof currencies)[]).map((currency) =>
    gauge(
      outstanding,
      async () => {
        const found = (await figures()).outstanding.find((one) => one.currency === currency);
        return found && Number(found.outstandingMinor) / Number(minorUnitsPerUnit(currency));
      },
      { currency },
    ),
  );
  gauges.push(gauge(openEstimates, async () => (await figures()).openEstimates));
  return () => {
    for (const end of gauges) end();
  };
}

const openEstimates = {
  name: "carehub.billing.open_estimates",
  description: "Estimates that wait for their payer.",
};

// A float is near enough for a chart; nothing decides by it.
const outstanding = {
  name: "carehub.billing.outstanding",
  description: "What is owed over all parties, in units of the currency.",
};
