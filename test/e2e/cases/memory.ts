import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { find } from "../../../lib/deploy/manifests";
import type { Case, E2e } from "../case";
import { inServer, query } from "../database";
import { type Memory, parseMemory, READ_MEMORY } from "../memory";
import { serverState, untilReady } from "../server";
import { startStockServer } from "../stock-server";

const SECONDS = 300;
const SORTS = 10;
/** All 25 that our settings allow at 256Mi, less three: probes and the reloader come and go, and pgbench gives up if it lacks one. */
const CONNECTIONS = 22;
const DATABASE = "e2e_memory";

export const memory: Case = {
  name: "memory",
  long: true,
  title: `${CONNECTIONS} busy connections, ${SORTS} of them with big sorts, for ${SECONDS} s in 256Mi: nothing is killed`,
  async run(e2e) {
    const before = await serverState(e2e);
    await scaleService(e2e, 0);
    const stock = await startStockServer(e2e);
    const ours = inServer("sh", "-c");
    const [our, theirs] = await Promise.all([stress(e2e, ours), stress(e2e, stock.exec)]);
    const [state, stockState] = [await serverState(e2e), await stock.state()];
    e2e.evidence(`ours: ${describe(our)}, restarts ${state.restartCount}`);
    e2e.evidence(`the image's own settings: ${describe(theirs)}; ${stockState}`);
    e2e.figure("kills by the kernel", our.kills);
    e2e.figure("kills with the image's own settings", theirs.kills);
    assert.equal(our.kills, 0, "the kernel killed a process of the server");
    assert.equal(state.restartCount, before.restartCount, "the server was restarted");
    assert.ok(our.transactions > 0, "nothing was done meanwhile");
    await query(e2e, `drop database ${DATABASE} with (force)`);
    await stock.remove();
    await scaleService(e2e, Number(find(e2e.files, "Deployment", "data-svc").spec?.replicas));
    await untilReady(e2e);
  },
};

/** data-svc's connections would come out of the number. */
async function scaleService(e2e: E2e, replicas: number): Promise<void> {
  await e2e.kubectl.run(["scale", "deployment/data-svc", `--replicas=${replicas}`]);
  if (replicas === 0)
    await e2e.kubectl.run(["wait", "--for=delete", "pod", "--selector=app=data-svc", "--timeout=90s"]);
}

interface Stressed extends Memory {
  /** Samples of `held`, the most of them. */
  readonly mostHeld: number;
  readonly transactions: number;
  readonly ended: string;
}

const describe = ({ kills, peak, mostHeld, transactions, ended }: Stressed) =>
  `${kills} kills; at most ${mostHeld} MiB held, ${peak} MiB with files; ${transactions} transactions; pgbench: ${ended}`;

/** Big for 2 MB of work_mem: a million rows of 140 bytes. */
const SORT = "select count(*) from (select * from pgbench_accounts order by md5(aid::text), filler offset 0) s;";

/** pgbench's own mix on all other connections, sorts on ten, in the server's container and so within its limit. */
async function stress(e2e: E2e, exec: readonly string[]): Promise<Stressed> {
  const sh = (script: string, seconds = 120) => e2e.kubectl.try([...exec, script], { seconds });
  const pgbench = "pgbench -U diabrisk -n";
  const made = await sh(`createdb -U diabrisk ${DATABASE} && pgbench -U diabrisk -iq -s 10 ${DATABASE} 2>&1`, 300);
  assert.equal(made.code, 0, `pgbench made no tables: ${made.stdout}${made.stderr}`);
  const running = sh(
    `echo '${SORT}' > /tmp/sort.sql
     ${pgbench} -c ${SORTS} -T ${SECONDS} -f /tmp/sort.sql ${DATABASE} > /dev/null 2>&1 & sorts=$!
     ${pgbench} -c ${CONNECTIONS - SORTS} -T ${SECONDS} ${DATABASE} 2>&1; wait $sorts; echo "sorts ended with $?"`,
    SECONDS + 240,
  );
  const [sampled, { stdout, stderr }] = await Promise.all([sample(sh, running), running]);
  const transactions = Number(/transactions actually processed: (\d+)/.exec(stdout)?.[1] ?? 0);
  const ended =
    /sorts ended with \d+|.*(?:closed the connection|aborted|exit code).*/.exec(`${stdout}${stderr}`)?.[0] ?? "";
  return { ...sampled, transactions, ended: ended.trim() };
}

/** The container's memory every few seconds until `running` ends; of a container that is down nothing. */
async function sample(sh: (script: string) => Promise<{ stdout: string }>, running: Promise<unknown>) {
  let [over, mostHeld, last] = [false, 0, parseMemory("")];
  const end = running.finally(() => {
    over = true;
  });
  do {
    const { stdout } = await sh(READ_MEMORY);
    if (stdout !== "") last = parseMemory(stdout);
    mostHeld = Math.max(mostHeld, last.held);
    await Promise.race([sleep(5000), end]);
  } while (!over);
  return { ...last, mostHeld };
}
