import { type Kubectl, KubectlError, type KubeObject } from "../kubectl";
import { reference } from "../manifests";
import { serverSaid } from "../said";
import { withoutValues } from "./hidden";

/** The API server's answer about one object that was not applied. */
export type Trial =
  | {
      readonly state: "accepted";
      readonly object: KubeObject;
      /** In the cluster now. Absent if it would be created. */
      readonly before?: KubeObject;
      /** As it would be, with the server's defaults. */
      readonly after: KubeObject;
    }
  | {
      readonly state: "refused";
      readonly object: KubeObject;
      /** In the cluster now. */
      readonly before?: KubeObject;
      /** The server's words. */
      readonly message: string;
    };

/**
 * Has the API server judge every object by itself, as `npm run deploy` would apply it. Changes nothing. One process asks for
 * all; halves are asked again where something in them is refused, so that one refusal hides no other.
 * @throws KubectlError if the cluster does not answer
 */
export async function tryAll(objects: readonly KubeObject[], kubectl: Kubectl): Promise<readonly Trial[]> {
  if (objects.length === 0) return [];
  const [present, answers] = await Promise.all([live(objects, kubectl), dryRun(objects, kubectl)]);
  return answers.map((answer) => {
    const before = present.get(reference(answer.object));
    return before === undefined ? answer : { ...answer, before };
  });
}

/** Reads the objects as they are now, by reference. */
async function live(objects: readonly KubeObject[], kubectl: Kubectl): Promise<ReadonlyMap<string, KubeObject>> {
  const command = ["get", "--filename=-", "--ignore-not-found", "--output=json"];
  const found = parse(await kubectl.run(command, { input: listOf(objects) }));
  return new Map(found.map((object) => [reference(object), object]));
}

async function dryRun(objects: readonly KubeObject[], kubectl: Kubectl): Promise<readonly Trial[]> {
  const command = ["apply", "--filename=-", "--dry-run=server", "--output=json"];
  const { code, stdout, stderr } = await kubectl.try(command, { input: listOf(objects) });
  if (code === 0) {
    const answers = new Map(parse(stdout).map((after) => [reference(after), after]));
    return objects.map((object) => {
      const after = answers.get(reference(object));
      return after ? { state: "accepted", object, after } : { state: "refused", object, message: NO_ANSWER };
    });
  }
  const [first] = objects;
  if (first && objects.length === 1) {
    if (UNREACHABLE.test(stderr))
      throw new KubectlError(`The cluster does not answer: ${serverSaid(stderr)}`, "unreachable");
    return [{ state: "refused", object: first, message: withoutValues(serverSaid(stderr), first) }];
  }
  const half = Math.ceil(objects.length / 2);
  const halves = await Promise.all([dryRun(objects.slice(0, half), kubectl), dryRun(objects.slice(half), kubectl)]);
  return halves.flat();
}

const NO_ANSWER = "The API server accepted it and did not return it.";
/** The connection's failures, as kubectl and the network word them. */
const UNREACHABLE =
  /connection refused|was refused|no such host|i\/o timeout|Unable to connect to the server|TLS handshake timeout/;

const listOf = (items: readonly KubeObject[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });

function parse(text: string): readonly KubeObject[] {
  if (text.trim() === "") return [];
  const answer = JSON.parse(text) as KubeObject | { readonly items: readonly KubeObject[] };
  return "items" in answer ? answer.items : [answer];
}
