import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { table } from "../report";
import { load } from "./measure";
import type { Route } from "./requests";
import type { Sides } from "./sides";

/** Lines of each table. */
const MOST = 25;

/** Part of V8's profile: nodes of the call tree, and which of them each sample hit. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
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
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const packages = new Map<string, number>();
  const functions = new Map<string, number>();
  const places = new Places();
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame || frame.functionName === "(idle)") continue;
    const place = places.of(frame);
    const add = (sums: Map<string, number>, name: string) =>
      sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[index] ?? 0));
    add(packages, place.room);
    add(functions, `${frame.functionName || "(anonymous)"} ${place.file}`);
  }
  for (const sums of [packages, functions]) console.log(`\n${shares(sums)}`);
}

function shares(sums: ReadonlyMap<string, number>): string {
  const all = [...sums.values()].reduce((sum, one) => sum + one, 0);
  const sorted = [...sums].sort(([, a], [, b]) => b - a).slice(0, MOST);
  const rows = sorted.map(([name, sum]) => [name, `${((100 * sum) / all).toFixed(1)} %`]);
  return table([["self time", ""], ...rows]);
}

/** Finds the source file of each line of a bundle, in which esbuild names it before its text. */
class Places {
  readonly #files = new Map<string, readonly string[]>();

  of({ url, lineNumber }: { readonly url: string; readonly lineNumber: number }) {
    if (!url.startsWith("file:") && !url.startsWith("/")) {
      const file = url || "(V8)";
      return { file, room: url ? "node" : "(V8)" };
    }
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
