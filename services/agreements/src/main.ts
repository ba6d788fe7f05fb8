import { startConsumer } from "@carehub/events/consumer";
import { startService } from "@carehub/operations/start-service";
import { runService } from "@carehub/runtime/lifecycle";
import { offerSeat } from "./app/offer-seat.ts";
import { loadConfig } from "./config.ts";
import { agreementsReasons } from "./domain/reasons.ts";
import { subscribeCases } from "./events/consumed.ts";
import { implementEntitlements } from "./grpc/entitlement-service.ts";
import { implementRegistry } from "./grpc/registry-service.ts";
import { watchSeats } from "./metrics.ts";
import { openAgreements } from "./start-agreements.ts";

await runService("agreements", async (logger) => {
  const config = loadConfig(process.env);
  const { app, queries, db, close } = await openAgreements(config, logger);
  const subscriptions = [subscribeCases(app)] as const;
  const seats = watchSeats(db, (error) => logger.warn({ err: error }, "seats were not read"));
  const service = await startService({
    name: "agreements",
    ...{ config, db, logger },
    startConsumers: (common) => [
      startConsumer({ ...common, group: "agreements.cases", subscriptions }),
    ],
    raise: (due) => offerSeat(app, due),
    services: [implementRegistry(app, queries, seats.look), implementEntitlements(app, queries)],
    reasons: agreementsReasons,
  });
  return {
    ready: service.ready,
    close: async () => {
      await service.close();
      seats.close();
      await close();
    },
  };
});
