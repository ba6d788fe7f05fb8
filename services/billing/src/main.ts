import { startConsumer } from "@carehub/events/consumer";
import { startService } from "@carehub/operations/start-service";
import { runService } from "@carehub/runtime/lifecycle";
import { loadConfig } from "./config.ts";
import { billingReasons } from "./domain/reasons.ts";
import { subscribeCases } from "./events/consumed.ts";
import { implementAccountService } from "./grpc/account-service.ts";
import { implementStatementService } from "./grpc/statement-service.ts";
import { watchMoney } from "./metrics.ts";
import { openBilling } from "./start-billing.ts";

await runService("billing", async (logger) => {
  const config = loadConfig(process.env);
  const { accounts, statements, requests, queries, db, close } = await openBilling(config, logger);
  const subscriptions = [subscribeCases(requests)] as const;
  const unwatch = watchMoney(db);
  const service = await startService({
    name: "billing",
    ...{ config, db, logger },
    startConsumers: (common) => [
      startConsumer({ ...common, group: "billing.cases", subscriptions }),
    ],
    raise: requests.raise,
    services: [
      implementAccountService(accounts, queries),
      implementStatementService(statements, queries),
    ],
    reasons: billingReasons,
  });
  return {
    ready: service.ready,
    close: async () => {
      await service.close();
      unwatch();
      await close();
    },
  };
});
