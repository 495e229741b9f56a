import { Kubectl, type KubeObject } from "../../lib/deploy/kubectl";
import { serverPod } from "../../lib/deploy/pods";

const pod = (name: string): KubeObject => ({ kind: "Pod", metadata: { name } });
const service = (selector: object): KubeObject => ({
  kind: "Service",
  metadata: { name: "postgres" },
  spec: { selector },
});

/** A cluster with the pods of one engine or of both. */
class Pods extends Kubectl {
  constructor(
    private readonly objects: Readonly<Record<string, KubeObject>>,
    private readonly primaries: readonly KubeObject[],
  ) {
    super({});
  }

  override async get(reference: string): Promise<KubeObject | undefined> {
    return this.objects[reference];
  }

  override async list(_: string, selector?: string): Promise<readonly KubeObject[]> {
    return selector === "cnpg.io/cluster=postgres,cnpg.io/instanceRole=primary" ? this.primaries : [];
  }
}

const own = { "pod/postgres-0": pod("postgres-0") };
const toCluster = { "service/postgres": service({ app: "postgres", "cnpg.io/cluster": "postgres" }) };
const toPod = { "service/postgres": service({ app: "postgres" }) };
const name = async (objects: Readonly<Record<string, KubeObject>>, ...primaries: KubeObject[]) =>
  (await serverPod(new Pods(objects, primaries)))?.metadata.name;

test("the server is the only pod of a StatefulSet, or the primary of a cluster", async () => {
  expect(await name({ ...own, ...toPod })).toBe("postgres-0");
  expect(await name(own)).toBe("postgres-0");
  expect(await name(toCluster, pod("postgres-2"))).toBe("postgres-2");
  expect(await name({})).toBeUndefined();
});

test("while the database moves, it is the one that the Service leads to", async () => {
  expect(await name({ ...own, ...toPod }, pod("postgres-1"))).toBe("postgres-0");
  expect(await name({ ...own, ...toCluster }, pod("postgres-1"))).toBe("postgres-1");
});
