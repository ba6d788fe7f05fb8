import { startConsumer } from "@carehub/events/consumer";
import { startService } from "@carehub/operations/start-service";
import { runService } from "@carehub/runtime/lifecycle";
import { loadConfig } from "./config.ts";
import { intakeReasons } from "./domain/reasons.ts";
import { subscribeAnswers } from "./events/consumed.ts";
import { patientService } from "./grpc/patient-service.ts";
import { referralService } from "./grpc/referral-service.ts";
import { watchCases } from "./metrics.ts";
import { openIntake } from "./start-intake.ts";

await runService("intake", async (logger) => {
  const config = loadConfig(process.env);
  const { app, db, close } = await openIntake(config, logger);
  const { entitlements, courses, accounts } = subscribeAnswers(app);
  const unwatch = watchCases(db);
  const service = await startService({
    name: "intake",
    ...{ config, db, logger },
    startConsumers: (common) => [
      startConsumer({ ...common, group: "intake.entitlements", subscriptions: [entitlements] }),
      startConsumer({ ...common, group: "intake.courses", subscriptions: [courses] }),
      startConsumer({ ...common, group: "intake.accounts", subscriptions: [accounts] }),
    ],
    raise: app.raise,
    services: [referralService(app), patientService(app)],
    reasons: intakeReasons,
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
