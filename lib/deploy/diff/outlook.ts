import * as path from "node:path";
import { CREDENTIAL_KEYS, DATABASE, TLS_KEYS, TLS_SECRET } from "../../contract";
import { createMigrator, MigrateError } from "../../migrator";
import { blocks } from "../../migrator/analysis/locks";
import type { PlannedMigration, Preview } from "../../migrator/plan/preview";
import { renderPlan } from "../../migrator/plan/text";
import { POSTGRES_POD } from "../../postgres/identity";
import { secretName } from "../../secrets/credentials";
import type { Kubectl, KubeObject } from "../kubectl";
import { serverPod } from "../pods";
import { forward } from "../port-forward";
import { isUnready } from "../readiness";

/** One pending migration, as `migrate plan` sees it. */
export interface PendingMigration {
  readonly version: number;
  readonly file: string;
  /** Locks on tables that are there already, e.g. `public.users: ACCESS EXCLUSIVE, blocks reads and writes`. */
  readonly locks: readonly string[];
  /** Tables of which all is rewritten. */
  readonly rewrites: readonly string[];
  /** Effects that others would feel, each with the safe way. */
  readonly warnings: readonly string[];
}

/** The effects of a migration Job. */
export type Outlook =
  | {
      readonly state: "planned";
      /** Version of the database's schema. */
      readonly version: number;
      readonly pending: readonly PendingMigration[];
      readonly warnings: readonly string[];
      /** The plan for a person. */
      readonly lines: readonly string[];
    }
  /** There is no database yet, so every migration runs on empty tables. */
  | { readonly state: "empty" }
  /** The Job would fail at once, before it writes anything. */
  | { readonly state: "refused"; readonly reason: string }
  | { readonly state: "unknown"; readonly reason: string };

/**
 * Asks the migrator's own plan, as the Job's role, through a forwarded port. So the plan has the database's real sizes, and
 * every check that the Job would make.
 */
export async function outlookOf(directory: string, kubectl: Kubectl): Promise<Outlook> {
  const pod = await serverPod(kubectl);
  if (!pod && !(await kubectl.get(`statefulset/${DATABASE.host}`))) return { state: "empty" };
  if (!pod || isUnready(pod))
    return { state: "unknown", reason: `${pod?.metadata.name ?? POSTGRES_POD} is not ready, so nobody can ask it.` };
  try {
    return await ask(directory, pod.metadata.name, kubectl);
  } catch (error) {
    if (error instanceof MigrateError && error.exitCode === REFUSED) return { state: "refused", reason: error.message };
    return { state: "unknown", reason: (error as Error).message };
  }
}

const REFUSED = 5;

interface Credential {
  readonly password: string;
  readonly authority: string;
}

/** Reads what the Job would mount. The values go nowhere but to the server. */
async function credentialOf(kubectl: Kubectl): Promise<Credential> {
  const [login, tls] = await Promise.all(
    [secretName("migrator"), TLS_SECRET].map((name) => kubectl.get(`secret/${name}`)),
  );
  return { password: textOf(login, CREDENTIAL_KEYS.password), authority: textOf(tls, TLS_KEYS.authority) };
}

function textOf(secret: KubeObject | undefined, key: string): string {
  const { data } = (secret ?? {}) as { data?: Readonly<Record<string, string>> };
  return Buffer.from(data?.[key] ?? "", "base64").toString("utf8");
}

async function ask(directory: string, pod: string, kubectl: Kubectl): Promise<Outlook> {
  const { password, authority } = await credentialOf(kubectl);
  const { port, close } = await forward(kubectl, pod, DATABASE.port);
  try {
    const connection = {
      host: "127.0.0.1",
      port,
      user: "migrator",
      password,
      database: DATABASE.name,
      // As if connected by its own name.
      ssl: { ca: authority, servername: DATABASE.host },
    };
    const preview = await createMigrator({ connection, directory, connectTries: 2 }).plan();
    return planned(preview);
  } finally {
    close();
  }
}

function planned(preview: Preview): Outlook {
  const { version, warnings } = preview;
  // Files by their names: the folder is the same for all of them.
  const migrations = preview.migrations.map((each) => ({ ...each, file: path.basename(each.file) }));
  return {
    state: "planned",
    version,
    pending: migrations.map(pendingOf),
    warnings,
    lines: renderPlan({ ...preview, migrations }),
  };
}

function pendingOf({ version, file, statements, findings }: PlannedMigration): PendingMigration {
  const effects = statements.flatMap((statement) => statement.effects).filter(({ isNew }) => !isNew);
  const locks = effects.map(({ relation, lock }) => {
    const blocked = blocks(lock);
    return `${relation}: ${lock}${blocked === "nothing" ? "" : `, blocks ${blocked}`}`;
  });
  const rewritten = effects.filter(({ work = [] }) => work.some(({ kind }) => kind === "rewrite"));
  return {
    version,
    file,
    locks: [...new Set(locks)],
    rewrites: [...new Set(rewritten.map(({ relation }) => relation))],
    warnings: findings.map(({ why, instead }) => `${why} ${instead}`),
  };
}
