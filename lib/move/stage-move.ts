import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { DATABASE, PATHS } from "../contract";
import { deploy } from "../deploy/deploy";
import type { Kubectl, KubeObject } from "../deploy/kubectl";
import { find, type ManifestFile, reference } from "../deploy/manifests";
import { leadsToCluster } from "../deploy/pods";
import { CLUSTER_IDENTITY, POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import { STAGE_LABEL } from "../stages/stage";
import { isFenced } from "./fence";
import { abandon, finish, goBack, type MoveOptions, move, type Side } from "./move";
import { inPod, psqlServer } from "./psql-server";
import { SCHEMA_DUMP } from "./schema";
import { MoveError, type Server } from "./server";
import { ROLES_JOB, rolesJob, SERVICE, sideBySide } from "./side-by-side";
import type { Servers } from "./standing";

export interface StageMoveOptions
  extends Pick<MoveOptions, "longestPauseSeconds" | "say" | "signal" | "pollMilliseconds"> {
  /** Bound to the namespace of both stages. */
  readonly kubectl: Kubectl;
  /** Stage that the database leaves, as synthesized. */
  readonly from: StageManifests;
  /** Stage that the database goes to. */
  readonly to: StageManifests;
}

export interface StageManifests {
  readonly name: string;
  readonly files: readonly ManifestFile[];
}

/** The file of the server's authority in an instance's pod, as CloudNativePG places it. */
const CLUSTER_AUTHORITY = "/controller/certificates/server-ca.crt";
const CLUSTER = `cluster.postgresql.cnpg.io/${CLUSTER_IDENTITY.name}`;
const SERVER = `statefulset/${POSTGRES_IDENTITY.name}`;
const ACCOUNT = `serviceaccount/${POSTGRES_IDENTITY.app}`;
const BUDGET = `poddisruptionbudget/${POSTGRES_IDENTITY.name}`;

/**
 * Refuses a namespace that is neither stage's. It is the old one's until clients are led to the new server.
 * @throws MoveError
 */
export async function requireEitherStage(stages: readonly string[], kubectl: Kubectl): Promise<void> {
  const namespace = await kubectl.get(`namespace/${kubectl.namespace}`);
  const stage = namespace?.metadata.labels?.[STAGE_LABEL];
  if (stage !== undefined && stages.includes(stage)) return;
  throw new MoveError(
    `Namespace ${kubectl.namespace} of this cluster is ${stage === undefined ? "no stage's" : `stage ${stage}'s`}, and the move is between ` +
      `${stages.join(" and ")}. Choose their cluster: kubectl config use-context …`,
  );
}

/** A move of a stage's database from the StatefulSet to CloudNativePG, in the cluster. */
export class StageMove {
  readonly #old: Server;
  readonly #new: Server;

  constructor(private readonly options: StageMoveOptions) {
    const { kubectl, from, to } = options;
    const namespace = find(to.files, "Service", SERVICE).metadata.namespace;
    const address = (host: string, authority: string) =>
      `host=${host}.${namespace}.svc port=${DATABASE.port} dbname=${DATABASE.name} sslmode=verify-full sslrootcert=${authority}`;
    this.#old = psqlServer({
      ...{ name: `the server of ${from.name}`, pod: POSTGRES_POD, kubectl },
      address: address(`${POSTGRES_POD}.${POSTGRES_IDENTITY.serviceName}`, CLUSTER_AUTHORITY),
    });
    this.#new = psqlServer({
      ...{ name: `the server of ${to.name}`, pod: `service/${CLUSTER_IDENTITY.serviceName}`, kubectl },
      address: address(CLUSTER_IDENTITY.serviceName, PATHS.authority),
    });
  }

  /** The servers that are there. */
  async reachable(): Promise<Servers> {
    const answers = (await this.#hasCluster()) && (await this.#answers());
    return { old: this.#old, ...(answers && { new: this.#new }) };
  }

  async #hasCluster(): Promise<boolean> {
    return (await this.options.kubectl.get(CLUSTER)) !== undefined;
  }

  /** Tells where the Service leads. */
  async serving(): Promise<Side> {
    return (await leadsToCluster(this.options.kubectl)) ? "new" : "old";
  }

  /** Moves the database. Repeating it continues it. @throws MoveError, WaitError, KubectlError */
  async move(): Promise<void> {
    // With writers kept out already, everything stands, and time is short.
    if ((await this.serving()) === "old" && !(await isFenced(this.#old))) await this.#stand();
    await move(this.#options);
    await this.#label(this.options.to.name);
  }

  /** Leads clients back. @throws MoveError, WaitError, KubectlError */
  async goBack(): Promise<void> {
    await goBack(this.#options);
    await this.#label(this.options.from.name);
    this.#tellCleaning();
  }

  /** Ends the move, and stops the old server. @throws MoveError, KubectlError */
  async finish(): Promise<void> {
    await finish(this.#options);
    await this.options.kubectl.run(["scale", SERVER, "--replicas=0"]);
    this.options.say(`${SERVER} is stopped; its volume is kept`);
  }

  /** Ends the move before clients were led away. Needs no new server. @throws MoveError, KubectlError */
  async abandon(): Promise<void> {
    const { new: _, ...rest } = this.#options;
    await abandon({ ...rest, ...(await this.reachable()) });
    this.#tellCleaning();
  }

  #tellCleaning(): void {
    const { say, from } = this.options;
    say(`To remove the copy and all that stood beside: kubectl delete ${CLUSTER}, then npm run deploy -- ${from.name}`);
  }

  async #answers(): Promise<boolean> {
    const { kubectl, say } = this.options;
    const ask = inPod(`service/${CLUSTER_IDENTITY.serviceName}`, "psql", "-U", DATABASE.superuser, "-d", DATABASE.name);
    const { code } = await kubectl.try([...ask, "-c", "select 1"], { seconds: 30 });
    if (code !== 0) say(`${this.#new.name} does not answer, and is left as it is`);
    return code === 0;
  }

  get #options(): MoveOptions {
    const { longestPauseSeconds, say, signal, pollMilliseconds } = this.options;
    return {
      ...{ old: this.#old, new: this.#new, database: DATABASE.name, say },
      ...(longestPauseSeconds !== undefined && { longestPauseSeconds }),
      ...(signal && { signal }),
      ...(pollMilliseconds !== undefined && { pollMilliseconds }),
      serving: () => this.serving(),
      lead: (side) => this.#lead(side),
      makeRoles: () => this.#makeRoles(),
      dumpSchema: () => this.#dumpSchema(),
    };
  }

  /** Brings up what the new engine needs beside the old one, and waits until its servers are ready. */
  async #stand(): Promise<void> {
    const { kubectl, from, to } = this.options;
    if (!(await this.#hasCluster())) {
      // The operator takes both for its own because of their names. It changes a budget, and its pods need the account's token,
      // which those of the StatefulSet leave out for themselves.
      await kubectl.run(["delete", BUDGET, "--ignore-not-found"]);
      await kubectl.run(["patch", ACCOUNT, "--type=merge", '--patch={"automountServiceAccountToken":true}']);
    }
    await this.#deploy(sideBySide(from.files, to.files));
  }

  async #makeRoles(): Promise<void> {
    const { kubectl, to } = this.options;
    const { spec } = (await kubectl.get(`service/${CLUSTER_IDENTITY.serviceName}`)) ?? {};
    const job = rolesJob(to.files, String(spec?.clusterIP));
    // A complete one would not run again.
    await kubectl.run(["delete", reference(job), "--ignore-not-found", "--cascade=foreground"]);
    await this.#deploy([job]);
    await kubectl.run(["delete", `job/${ROLES_JOB}`, "--ignore-not-found"]);
  }

  async #dumpSchema(): Promise<string> {
    const dump = ["pg_dump", "-U", DATABASE.superuser, "-d", DATABASE.name, ...SCHEMA_DUMP];
    return await this.options.kubectl.run(inPod(POSTGRES_POD, ...dump));
  }

  async #lead(side: Side): Promise<void> {
    const { kubectl, from, to } = this.options;
    const service = find((side === "new" ? to : from).files, "Service", SERVICE);
    await kubectl.run(["apply", "--filename=-"], { input: JSON.stringify(service) });
  }

  /** Makes the namespace a stage's: `npm run deploy` refuses any other. */
  async #label(stage: string): Promise<void> {
    const { kubectl } = this.options;
    await kubectl.run(["label", "namespace", String(kubectl.namespace), `${STAGE_LABEL}=${stage}`, "--overwrite"]);
  }

  /** Applies objects as a deployment does, and waits until they are ready. */
  async #deploy(objects: readonly KubeObject[]): Promise<void> {
    const { kubectl, say, signal } = this.options;
    const folder = await mkdtemp(path.join(os.tmpdir(), "diabrisk-move-"));
    try {
      const file = path.join(folder, "move.json");
      await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }), { mode: 0o600 });
      await deploy({ kubectl, files: [{ path: file, objects }], say: (line) => say(line), ...(signal && { signal }) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
