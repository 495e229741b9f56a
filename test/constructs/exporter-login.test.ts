import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { shellScript } from "../../lib/constructs/shell-script";
import { shellProgram } from "../support/shell-program";

let folder: string;
let running: ChildProcess | undefined;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(tmpdir(), "login-"));
  // Every few milliseconds instead of seconds.
  await shellProgram(folder, "sleep", "exec /bin/sleep 0.02");
});
afterEach(async () => {
  running?.kill("SIGTERM");
  await fs.rm(folder, { recursive: true, force: true });
});

/** Starts the container's script on a password, and returns the password file as soon as it holds something else. */
async function follow(password: string) {
  const [login, passfile] = [path.join(folder, "password"), path.join(folder, "pgpass")];
  await fs.writeFile(login, password);
  const script = shellScript("exporter-login", { LOGIN_FILE: login, PASSFILE: passfile });
  running = spawn("/bin/sh", ["-c", script], { env: { PATH: `${folder}:/usr/bin:/bin` }, stdio: "ignore" });
  return {
    running,
    passfile,
    rotate: (to: string) => fs.writeFile(login, to),
    holds: async (other: string) => {
      for (;;) {
        const text = await fs.readFile(passfile, "utf8").catch(() => other);
        if (text !== other) return text;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

test("the file has the password for every host, escaped, and is its owner's alone", async () => {
  const { holds, passfile } = await follow("a:b\\c'$d");
  expect(await holds("")).toBe("*:*:*:*:a\\:b\\\\c'$d\n");
  // The driver ignores a file that the group may read.
  expect((await fs.stat(passfile)).mode & 0o777).toBe(0o600);
});

test("the file follows a rotated password, and the container stops when it is told to", async () => {
  const { holds, rotate, running } = await follow("first");
  const first = await holds("");
  await rotate("second");
  expect(await holds(first)).toBe("*:*:*:*:second\n");
  running.kill("SIGTERM");
  expect(await once(running, "exit")).toEqual([0, null]);
});
