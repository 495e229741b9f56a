import { readFileSync } from "node:fs";
import { env } from "node:process";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import { Client, type ClientConfig, escapeIdentifier, escapeLiteral } from "pg";

// Stands for psql and pg_isready, which npm's PostgreSQL does not bring: as much of them as the pods' scripts use.
// `node client-programs.js PROGRAM ARGUMENTS…`; the rest comes from libpq's environment variables, as in the originals.

const [program, ...args] = process.argv.slice(2);
const flag = { type: "boolean" } as const;
const text = { type: "string" } as const;
const { values } = parseArgs({
  args,
  options: {
    A: { ...flag, short: "A" },
    t: { ...flag, short: "t" },
    q: { ...flag, short: "q" },
    X: { ...flag, short: "X" },
    w: { ...flag, short: "w" },
    F: { ...text, short: "F" },
    c: { ...text, short: "c" },
    d: { ...text, short: "d" },
  },
});

/** The settings of a connection string with `sslmode=verify-full`. @throws Error if its certificate and key do not fit */
function settingsOf(conninfo: string): ClientConfig {
  const { host, hostaddr, sslmode, ...files } = Object.fromEntries(conninfo.split(" ").map((pair) => pair.split("=")));
  if (sslmode !== "verify-full") throw new Error(`sslmode is ${sslmode}`);
  const read = (name: string) => readFileSync(files[name], "utf8");
  const pair = { cert: read("sslcert"), key: read("sslkey") };
  createSecureContext(pair);
  return { host: hostaddr, ssl: { ...pair, ca: read("sslrootcert"), servername: host } };
}

/** The settings of libpq's variables that the driver does not read. */
function settingsOfEnvironment({ PGSSLMODE, PGSSLROOTCERT = "", PGHOST = "" }: NodeJS.ProcessEnv): ClientConfig {
  return PGSSLMODE === "verify-full" ? { ssl: { ca: readFileSync(PGSSLROOTCERT, "utf8"), servername: PGHOST } } : {};
}

async function run(client: Client, command: string): Promise<void> {
  const role = /^\\password (.+)$/.exec(command)?.[1];
  if (role) {
    const [password, again] = readFileSync(0, "utf8").split("\n");
    if (password === undefined || password !== again) throw new Error("Passwords didn't match.");
    await client.query(`alter role ${escapeIdentifier(role)} password ${escapeLiteral(password)}`);
    return;
  }
  const types = { getTypeParser: () => String };
  const { rows } = await client.query<string[]>({ text: command, rowMode: "array", types });
  for (const row of rows) process.stdout.write(`${row.join(values.F ?? "|")}\n`);
}

async function main(): Promise<void> {
  const client = new Client(values.d === undefined ? settingsOfEnvironment(env) : settingsOf(values.d));
  await client.connect();
  if (program === "psql") await run(client, values.c ?? "");
  await client.end();
}

main().catch((error: Error) => {
  if (program === "psql") process.stderr.write(`psql: error: connection to server failed: ${error.message}\n`);
  process.exitCode = 2;
});
