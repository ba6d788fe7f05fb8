// A service in miniature: says ready, refuses to end on SIGTERM when told so, and can fail.
const { MODE, GRPC_PORT } = process.env;
const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
if (MODE === "fails") {
  say({ level: "fatal", msg: "could not start", why: "the reason" });
  process.exit(3);
}
process.on("SIGTERM", () => {
  if (MODE === "stubborn") return;
  say({ msg: "stopped" });
  process.exit(0);
});
setInterval(() => undefined, 1_000);
if (MODE !== "mute") {
  process.stdout.write('a line that is no JSON with "ready"\n');
  say({ msg: "ready", grpcPort: Number(GRPC_PORT), healthPort: 2 });
}
