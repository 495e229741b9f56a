import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../../lib/deploy/kubectl";
import { look } from "../../../lib/deploy/look";
import type { Case, E2e } from "../case";
import { query } from "../database";
import { deployFiles, settle, standOnThisRelease } from "../deployments";

const FILES_ARRIVE_MS = 30_000;

const GARBAGE = "shared_buffers = 'plenty'\nthis is no setting\n";

export const serverConfigPoisoned: Case = {
  name: "server-config-poisoned",
  title:
    "postgres-config cannot be edited; replaced by garbage, the running server stays, and a restarted one says why not",
  async run(e2e) {
    await standOnThisRelease(e2e);
    const config = configOf(e2e);
    await refuseEdit(e2e, config.metadata.name);
    await replace(e2e, config);
    await stayThroughReload(e2e);

    await e2e.type("kubectl delete pod postgres-0");
    const says = await refusal(e2e);
    e2e.evidence(`deploy's progress says: ${says}`);
    await e2e.type("kubectl logs postgres-0 --tail=6");

    await deployFiles(e2e, e2e.files);
    await settle(e2e);
    assert.equal((await query(e2e, "select count(*) from model_versions"))[0]?.[0], "1");
    e2e.evidence(`after deploying again the server runs: ${await settings(e2e)}`);
  },
};

/** The ConfigMap that the server mounts. */
function configOf({ files }: E2e): KubeObject & { readonly data?: Readonly<Record<string, string>> } {
  const objects = files.flatMap((file) => file.objects);
  const config = objects.find(
    ({ kind, metadata }) => kind === "ConfigMap" && metadata.name.startsWith("postgres-config"),
  );
  assert.ok(config, "there is no ConfigMap postgres-config");
  return config;
}

async function refuseEdit(e2e: E2e, name: string): Promise<void> {
  const patch = JSON.stringify({ data: { "postgresql.conf": GARBAGE } });
  const { code, stderr } = await e2e.kubectl.try(["patch", "configmap", name, "--type=merge", `--patch=${patch}`]);
  e2e.evidence(`$ kubectl patch configmap ${name} --type=merge --patch=…\n${stderr}`);
  assert.notEqual(code, 0, "the server's configuration can be edited");
  assert.match(stderr, /immutable/);
}

/** What somebody does who means it: another object under the same name. */
async function replace(e2e: E2e, { metadata, data, ...config }: ReturnType<typeof configOf>): Promise<void> {
  await e2e.kubectl.run(["delete", "configmap", metadata.name]);
  const { name, labels } = metadata;
  await e2e.apply({
    ...config,
    immutable: false,
    metadata: { name, labels },
    data: { ...data, "postgresql.conf": GARBAGE },
  });
}

const settings = async (e2e: E2e) =>
  (await query(e2e, "select 'since ' || pg_postmaster_start_time(), current_setting('shared_buffers')"))[0]?.join(", ");

/** The kubelet brings a changed file into the pod within a minute or two, if at all. */
async function stayThroughReload(e2e: E2e): Promise<void> {
  const before = await settings(e2e);
  await sleep(FILES_ARRIVE_MS);
  const { stdout: file } = await e2e.kubectl.try([
    "exec",
    "postgres-0",
    "--",
    "cat",
    "/etc/postgresql/postgresql.conf",
  ]);
  e2e.evidence(`the pod sees ${file === GARBAGE ? "the garbage" : "the file that it began with"}`);
  await query(e2e, "select pg_reload_conf()");
  await sleep(1000);
  const after = await settings(e2e);
  e2e.evidence(`before the reload: ${before}\nafter it: ${after}`);
  assert.equal(after, before, "the running server took something of it");
}

async function refusal(e2e: E2e): Promise<string> {
  let says = "";
  await e2e.wait({
    what: "the restarted server to refuse",
    seconds: 180,
    async poll() {
      ({ detail: says } = await look("statefulset/postgres", e2e.kubectl));
      return { state: /FATAL: .*contains errors/.test(says) ? "ready" : "waiting", detail: says };
    },
  });
  return says;
}
