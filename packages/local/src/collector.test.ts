import { expect, test } from "vitest";
import { startCollector } from "./collector.ts";

const traces = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: "intake" } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: "0af7651916cd43dd8448eb211c80319c",
              spanId: "b7ad6b7169203331",
              parentSpanId: "",
              name: "SubmitReferral",
              kind: 2,
              startTimeUnixNano: "1767571200000000001",
              endTimeUnixNano: "1767571200002000001",
              attributes: [{ key: "rpc.grpc.status_code", value: { intValue: "9" } }],
              status: { code: 2 },
            },
          ],
        },
      ],
    },
  ],
};

test("keeps each span with the service that sent it", async () => {
  const collector = await startCollector();
  const waited = collector.waitFor((spans) => spans.length === 1, 5_000);
  expect((await post(`${collector.endpoint}/v1/traces`, traces)).status).toBe(200);
  await waited;
  expect(collector.spans()).toEqual([
    {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      parentSpanId: undefined,
      service: "intake",
      name: "SubmitReferral",
      kind: "server",
      startNanos: 1767571200000000001n,
      endNanos: 1767571200002000001n,
      attributes: { "rpc.grpc.status_code": 9 },
      isError: true,
      links: [],
    },
  ]);
  await collector.close();
});

test("answers metrics without keeping them, and refuses protobuf", async () => {
  const collector = await startCollector();
  expect((await post(`${collector.endpoint}/v1/metrics`, {})).status).toBe(200);
  const refused = await post(`${collector.endpoint}/v1/traces`, {}, "application/x-protobuf");
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain("expected OTLP in JSON");
  expect(collector.spans()).toEqual([]);
  await collector.close();
});

test("says how many spans came when the awaited ones did not", async () => {
  const collector = await startCollector();
  const waited = collector.waitFor((spans) => spans.length > 0, 50);
  await expect(waited).rejects.toThrow("in vain for spans; 0 came");
  await collector.close();
});

function post(url: string, body: object, type = "application/json"): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": type },
    body: JSON.stringify(body),
  });
}
