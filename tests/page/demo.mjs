// Runs the tests of the page over a running demo: node demo.mjs PATH-OF-VIGIL. Its data are simulated.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const binary = process.argv[2] ?? "";
const vigil = isAbsolute(binary) ? binary : resolve(here, "../..", binary);

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

const folder = mkdtempSync(join(tmpdir(), "vigil-page-"));
const pid = join(folder, "pid");
const log = join(folder, "log");
const [page, probes] = [await freePort(), await freePort()];
const base = `http://127.0.0.1:${page}`;

// The tests stop and start it themselves, so it is started by a script that they can call.
const start = join(folder, "start.sh");
writeFileSync(start, `"${vigil}" demo --bind 127.0.0.1:${probes} --page 127.0.0.1:${page} >>"${log}" 2>&1 </dev/null &\necho $! >"${pid}"\n`);
const stop = `kill "$(cat '${pid}')"`;
const run = (command) => spawnSync("sh", ["-c", command], { stdio: "inherit" });

run(`sh '${start}'`);
let answers = false;
for (let wait = 0; wait < 60 && !answers; wait += 1) {
  await new Promise((done) => setTimeout(done, 1000));
  answers = await fetch(`${base}/api/v1/service`).then((answer) => answer.ok, () => false);
}
if (!answers) {
  console.error(`the demo does not answer; its output is in ${log}`);
  run(stop);
  process.exit(1);
}
// The simulated wards send what happened before; once it is judged there is something to look at.
await new Promise((done) => setTimeout(done, 15_000));

const child = spawn(process.execPath, ["--test", "--test-concurrency=1", "page.test.mjs", "live.test.mjs"], {
  cwd: here,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, VIGIL_TEST_PAGE_URL: base, VIGIL_TEST_PAGE_STOP: stop, VIGIL_TEST_PAGE_START: `sh '${start}'` },
});
const code = await new Promise((done) => child.on("exit", (status) => done(status ?? 1)));
run(stop);
process.exit(code);
