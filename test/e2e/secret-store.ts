import { look } from "../../lib/deploy/look";
import type { ManifestFile } from "../../lib/deploy/manifests";
import { randomPassword } from "../../lib/secrets/credentials";
import { type E2e, Skip } from "./case";

/** On the store that e2e made, so that nobody's own is overwritten. */
const MARK = "diabrisk-e2e";

/** Every kind of character that a URL, a shell, a template or JSON gives a meaning. */
const AWKWARD = ` @:/?#%+&='"\\$\`{}`;

/** Stands in for the vault of a company: a ClusterSecretStore whose provider `fake` holds the values itself. */
export class SecretStore {
  readonly #values = new Map<string, Record<string, string>>();
  #applied: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    readonly e2e: E2e,
  ) {}

  /** Adds a random value for whatever the ExternalSecrets of these manifests ask for and the store lacks. */
  async fill(files: readonly ManifestFile[]): Promise<void> {
    for (const { key, property } of asked(files)) {
      const properties = this.#values.get(key) ?? {};
      properties[property] ??= randomPassword() + AWKWARD;
      this.#values.set(key, properties);
    }
    await this.#apply();
  }

  /** Changes values of one property, e.g. `"password"`, by their keys. */
  async change(property: string, values: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, value] of Object.entries(values)) {
      this.#values.set(key, { ...this.#values.get(key), [property]: value });
    }
    await this.#apply();
  }

  /** Applies one after another, so that the last state stays. A failure is its caller's alone. */
  async #apply(): Promise<void> {
    this.#applied = this.#applied.catch(() => undefined).then(() => this.e2e.apply(this.#manifest()));
    await this.#applied;
  }

  #manifest() {
    const data = [...this.#values].map(([key, properties]) => ({ key, value: JSON.stringify(properties) }));
    return {
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterSecretStore",
      metadata: { name: this.name, labels: { [MARK]: "true" } },
      spec: { provider: { fake: { data } } },
    };
  }
}

/** Has the stage's store hold what the group's manifests ask for. A stage without a store needs nothing. */
export async function fillStore(e2e: E2e): Promise<void> {
  if (e2e.stage.secrets.kind !== "external") return;
  await (await storeOf(e2e)).fill(e2e.files);
}

/** The store that the group's stage names. All groups of a run have the same, since a cluster has one of a name. */
export async function storeOf(e2e: E2e): Promise<SecretStore> {
  const { secrets } = e2e.stage;
  if (secrets.kind !== "external") throw new TypeError(`stage ${e2e.stage.name} has no store`);
  const { store } = secrets;
  const reference = `clustersecretstore/${store}`;
  return await e2e.shared.once(reference, async () => {
    const present = await e2e.kubectl.get(reference);
    if (present && present.metadata.labels?.[MARK] !== "true") {
      throw new Skip(`ClusterSecretStore ${store} is somebody's own`);
    }
    e2e.shared.cleanUp(reference, () => e2e.kubectl.run(["delete", reference, "--ignore-not-found"]));
    return new SecretStore(store, e2e);
  });
}

interface ExternalSecretSpec {
  readonly data: readonly { readonly remoteRef: { readonly key: string; readonly property: string } }[];
}

function asked(files: readonly ManifestFile[]) {
  const externals = files.flatMap(({ objects }) => objects).filter(({ kind }) => kind === "ExternalSecret");
  return externals.flatMap(({ spec }) =>
    (spec as unknown as ExternalSecretSpec).data.map(({ remoteRef }) => remoteRef),
  );
}

/** Has the operator look at the store now and not at its next interval, as its documentation says. */
export async function refresh(e2e: E2e, names: readonly string[]): Promise<void> {
  await e2e.type(`kubectl annotate externalsecret ${names.join(" ")} force-sync=$(date +%s) --overwrite`);
  for (const name of names) {
    const what = `externalsecret/${name}`;
    await e2e.wait({ what, seconds: 60, poll: () => look(what, e2e.kubectl) });
  }
}
