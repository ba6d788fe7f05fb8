import { connect as connectHttp2, constants } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Limits } from "../src/limits.ts";
import { clientOf, operationsWith, operatorTls, startServer } from "./harness.ts";
import { gate } from "./raw.ts";

const whoAmI = {
  ":method": "POST",
  ":path": "/carehub.operations.v1.OperationsService/WhoAmI",
  "content-type": "application/grpc",
  te: "trailers",
};
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

async function serverWith(limits: Partial<Limits> = {}) {
  const { address } = await startServer({ limits });
  const good = clientOf(address, operatorTls);
  await good.whoAmI({});
  return { address, good };
}

function sessionTo(address: string) {
  const { ca, cert, key } = operatorTls;
  const session = connectHttp2(`https://localhost:${portOf(address)}`, { ca, cert, key });
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

/** A connection on which a test writes the frames of HTTP/2 itself. */
async function frameSocket(address: string): Promise<TLSSocket> {
  const { ca, cert, key } = operatorTls;
  const options = { ca, cert, key, servername: "localhost", ALPNProtocols: ["h2"] };
  const socket = connectTls(portOf(address), "127.0.0.1", options);
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.write(Buffer.concat([preface, frame(4, 0, 0)]));
  socket.resume();
  return socket;
}

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

function isClosed(socket: Socket): Promise<boolean> {
  return expect.poll(() => socket.closed, { timeout: 10_000 }).toBe(true) as Promise<never>;
}

test("cuts a connection that opens calls and resets them at once", async () => {
  const { address, good } = await serverWith();
  const session = sessionTo(address);
  for (let index = 0; index < 20_000 && !session.closed && !session.destroyed; index += 1) {
    const stream = session.request(whoAmI, { endStream: false });
    stream.on("error", () => undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    if (index % 100 === 0) await new Promise(setImmediate);
  }
  await expect.poll(() => session.closed || session.destroyed, { timeout: 10_000 }).toBe(true);
  expect(await good.whoAmI({})).toMatchObject({ caller: "operator/desk" });
});

test("runs no more calls of one connection at a time than it says", async () => {
  const held = gate();
  let running = 0;
  let most = 0;
  const getQuiescence = async () => {
    running += 1;
    most = Math.max(most, running);
    await held.passed;
    running -= 1;
    return {};
  };
  const limits = { streamsPerConnectionMax: 20 };
  const services = [operationsWith({ getQuiescence })];
  const { address } = await startServer({ services, limits });
  const session = sessionTo(address);
  const path = whoAmI[":path"].replace("WhoAmI", "GetQuiescence");
  for (let index = 0; index < 500; index += 1) {
    const stream = session.request({ ...whoAmI, ":path": path });
    stream.on("error", () => undefined);
    stream.end(Buffer.alloc(5));
  }
  await expect.poll(() => running).toBe(20);
  expect(await clientOf(address, operatorTls).whoAmI({})).toMatchObject({ service: "intake" });
  held.open();
  await expect.poll(() => running).toBe(0);
  expect(most).toBe(20);
});

test("cuts a connection whose headers never end", async () => {
  const { address, good } = await serverWith();
  const socket = await frameSocket(address);
  socket.write(frame(1, 0, 1, Buffer.from([0x82])));
  for (let index = 0; index < 200 && !socket.closed; index += 1) {
    socket.write(frame(9, 0, 1, Buffer.alloc(8_000, 0x40)));
    await new Promise(setImmediate);
  }
  await isClosed(socket);
  expect(await good.whoAmI({})).toMatchObject({ caller: "operator/desk" });
});

test("cuts a connection that speaks no HTTP/2", async () => {
  const { address, good } = await serverWith();
  const socket = await frameSocket(address);
  socket.write(Buffer.alloc(5_000, 0xff));
  await isClosed(socket);
  expect(await good.whoAmI({})).toMatchObject({ caller: "operator/desk" });
});

test("refuses headers of 64 KB, and goes on answering", async () => {
  const { address, good } = await serverWith();
  const stream = sessionTo(address).request({ ...whoAmI, "x-large": "a".repeat(70_000) });
  const end = await new Promise((resolve) => {
    stream.on("error", (error) => resolve(error.message));
    stream.on("response", (headers) => resolve(headers[":status"]));
  });
  expect([
    431,
    expect.stringMatching(/Stream closed|Session closed|COMPRESSION|ENHANCE/),
  ]).toContainEqual(end);
  expect(await good.whoAmI({})).toMatchObject({ caller: "operator/desk" });
});

test("writes nothing of a header that it cannot read into the log", async () => {
  const { address, good } = await serverWith();
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => log.mockRestore());
  const stream = sessionTo(address).request({ ...whoAmI, "x-note": "Äysuliw" });
  stream.on("error", () => undefined).resume();
  await new Promise((resolve) => stream.once("response", resolve).end(Buffer.alloc(5)));
  expect(await good.whoAmI({})).toMatchObject({ caller: "operator/desk" });
  expect(log.mock.calls).toEqual([]);
});

test("closes a connection that does not say who it is", async () => {
  const { address, good } = await serverWith({ handshakeMs: 200 });
  const socket = connectTcp(portOf(address), "127.0.0.1");
  socket.on("error", () => undefined).resume();
  await isClosed(socket);
  expect(await good.whoAmI({})).toMatchObject({ caller: "operator/desk" });
});

test("takes no more connections than it may have, and goes on with those that it has", async () => {
  const { address, good } = await serverWith({ connectionsMax: 3, handshakeMs: 60_000 });
  const sockets = Array.from({ length: 10 }, () => {
    const socket = connectTcp(portOf(address), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    return socket.on("error", () => undefined).resume();
  });
  await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBe(8);
  expect(await good.whoAmI({})).toMatchObject({ caller: "operator/desk" });
});

test("does not wait for a caller that reads nothing", async () => {
  const listDeadLetters = async () => ({ nextPageToken: "x".repeat(1_000_000) });
  const services = [operationsWith({ listDeadLetters })];
  const limits = { deadlineMaxMs: 500, connectionMegabytesMax: 8 };
  const { address } = await startServer({ services, limits });
  const session = sessionTo(address);
  const path = whoAmI[":path"].replace("WhoAmI", "ListDeadLetters");
  const streams = Array.from({ length: 100 }, () => {
    const stream = session.request({ ...whoAmI, ":path": path });
    stream.on("error", () => undefined).pause();
    stream.end(Buffer.alloc(5));
    return stream;
  });
  await expect.poll(() => streams.every(({ closed }) => closed), { timeout: 10_000 }).toBe(true);
  expect(await clientOf(address, operatorTls).whoAmI({})).toMatchObject({ service: "intake" });
});
