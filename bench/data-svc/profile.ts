import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { table } from "../report";
import { load } from "./measure";
import type { Route } from "./requests";
import type { Sides } from "./sides";

/** Lines of each table. */
const MOST = 25;

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

const isBundled = ({ url }: Frame) => url.startsWith("file:") || url.startsWith("/");

/** Part of V8's profile: nodes of the call tree, and which of them each sample hit. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Prints how our processor time divides into packages and functions, over all routes that are given. Stops the service. */
export async function profile(given: {
  readonly sides: Sides;
  readonly routes: readonly Route[];
  readonly amount: number;
  /** Where V8 writes. */
  readonly folder: string;
}): Promise<void> {
  const [ours] = given.sides.all;
  if (!ours) return;
  for (const route of given.routes) {
    const { cpu } = await load(ours, route, { connections: 50, amount: given.amount });
    console.log(`${route.name}: ${cpu.toFixed(3)} ms with the profiler`);
  }
  await ours.service.stop();
  const [file = ""] = readdirSync(given.folder);
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path.join(given.folder, file), "utf8")) as CpuProfile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const packages = new Map<string, number>();
  const functions = new Map<string, number>();
  const places = new Places();
  /** The nearest function of the bundle that a function of Node or V8 works for, or that function itself. */
  const owner = (id: number): Frame | undefined => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame;
      if (frame && isBundled(frame)) return frame;
    }
    return undefined;
  };
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id)?.callFrame;
    if (!frame || frame.functionName === "(idle)") continue;
    const owning = owner(id);
    const place = owning ? places.of(owning) : { room: "node alone", file: "node alone" };
    const add = (sums: Map<string, number>, name: string) =>
      sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[index] ?? 0));
    add(packages, place.room);
    const of = frame === owning ? place.file : `for ${owning?.functionName || "(anonymous)"} ${place.file}`;
    add(functions, `${frame.functionName || "(anonymous)"} ${of}`);
  }
  for (const sums of [packages, functions]) console.log(`\n${shares(sums)}`);
}

function shares(sums: ReadonlyMap<string, number>): string {
  const all = [...sums.values()].reduce((sum, one) => sum + one, 0);
  const sorted = [...sums].sort(([, a], [, b]) => b - a).slice(0, MOST);
  const rows = sorted.map(([name, sum]) => [name, `${((100 * sum) / all).toFixed(1)} %`]);
  return table([["time, with what Node does for it", ""], ...rows]);
}

/** Finds the source file of each line of a bundle, in which esbuild names it before its text. */
class Places {
  readonly #files = new Map<string, readonly string[]>();

  of({ url, lineNumber }: Frame) {
    const file = this.#lines(url.replace(/^file:\/\//, ""))[lineNumber] ?? url;
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
    return { file: `${file}:${lineNumber + 1}`, room: name ?? path.dirname(file) };
  }

  #lines(bundle: string): readonly string[] {
    const known = this.#files.get(bundle);
    if (known) return known;
    let current = bundle;
    const lines = readFileSync(bundle, "utf8")
      .split("\n")
      .map((line) => {
        current = /^ *\/\/ ((?:node_modules|lib)\/\S+)$/.exec(line)?.[1] ?? current;
        return current;
      });
    this.#files.set(bundle, lines);
    return lines;
  }
}
