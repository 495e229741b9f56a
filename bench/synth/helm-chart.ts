import * as fs from "node:fs/promises";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { toYaml } from "../../lib/synth/yaml";
import { asBlock, define, escaped, scalarValue } from "./helm-text";
import { ChartValues } from "./helm-values";
import { alike, sameShape } from "./likeness";
import { isList, isMapping, leaves, type Mapping, type Objects, STAGES, type StageName, type Tree } from "./objects";

/** The stages' values at one place; undefined for a stage without one. All such lists have the same order. */
type Variants = readonly (Tree | undefined)[];

/** Fields that a chart takes from its values, even if its stages do not differ in them. */
const ALWAYS_VALUES = new Set(["namespace", "image", "imagePullPolicy", "replicas", "resources"]);

/** Fewest leaves that are worth a named template. */
const WORTH_A_TEMPLATE = 4;

/**
 * Makes a chart, and a values file for each stage, that render to the given objects. Follows the rules of charts'
 * authors. Differences are values, or a block if most of it differs. Repeated parts are named templates. Parts of some
 * stages are conditional, and multi-line texts are files.
 */
export async function writeChart(folder: string, stages: ReadonlyMap<StageName, Objects>): Promise<void> {
  const chart = new HelmChart([...stages.values()]);
  const files = new Map([
    ["Chart.yaml", toYaml([{ apiVersion: "v2", name: "diabrisk", version: "1.0.0" }])],
    ...chart.templates(),
    ...[...stages.keys()].map((stage, index) => [`values-${stage}.yaml`, toYaml([chart.values.of(index)])] as const),
  ]);
  for (const [file, text] of files) {
    await fs.mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await fs.writeFile(path.join(folder, file), text);
  }
}

class HelmChart {
  readonly values = new ChartValues(STAGES.length);
  /** Counts how often a mapping occurs in the last stage, by its JSON. */
  readonly #counts = new Map<string, number>();
  /** Names of templates, by the JSON of their contents. */
  readonly #blocks = new Map<string, string>();
  readonly #texts = new Map<string, string>();

  constructor(readonly stages: readonly Objects[]) {
    for (const object of stages.at(-1)?.values() ?? []) this.#count(object);
  }

  /** Writes one file for each kind, as `helm create` does. */
  templates(): ReadonlyMap<string, string> {
    const files = new Map<string, string>();
    for (const key of new Set(this.stages.flatMap((objects) => [...objects.keys()]))) {
      const file = `templates/${key.split(" ")[0]?.toLowerCase()}.yaml`;
      files.set(file, (files.get(file) ?? "") + this.#object(key));
    }
    const helpers = [...this.#blocks].map(([block, name]) => define(name, toYaml([JSON.parse(block)])));
    files.set("templates/_helpers.tpl", helpers.join(""));
    for (const [text, file] of this.#texts) files.set(file, text);
    return files;
  }

  #count(tree: Tree): void {
    if (typeof tree !== "object" || tree === null) return;
    if (isMapping(tree) && leaves(tree) >= WORTH_A_TEMPLATE) {
      const json = JSON.stringify(tree);
      this.#counts.set(json, (this.#counts.get(json) ?? 0) + 1);
    }
    for (const item of Object.values(tree)) this.#count(item);
  }

  #object(key: string): string {
    const variants = this.stages.map((objects) => objects.get(key));
    this.values.enter(key);
    const body = `---${this.#mapping(variants, "")}\n`;
    if (!variants.includes(undefined)) return body;
    const enabled = this.values.reference(
      "enabled",
      variants.map((variant) => variant !== undefined),
    );
    return `{{- if ${enabled} }}\n${body}{{- end }}\n`;
  }

  #mapping(variants: Variants, indent: string): string {
    const mappings = variants.map((variant) => (isMapping(variant) ? variant : undefined));
    const keys = new Set(mappings.flatMap((mapping) => Object.keys(mapping ?? {})));
    return [...keys]
      .map((key) => this.#field(key, mappings, indent))
      .map((field) => `\n${field}`)
      .join("");
  }

  /** Decides whether the field is optional from the stages that have the mapping at all. */
  #field(key: string, mappings: readonly (Mapping | undefined)[], indent: string): string {
    const variants = mappings.map((mapping) => mapping?.[key]);
    const name = `${indent}${JSON.stringify(key)}:`;
    if (mappings.every((mapping, index) => mapping === undefined || variants[index] !== undefined))
      return name + this.#value(key, variants, `${indent}  `);
    const value = this.values.reference(key, variants);
    return [
      `${indent}{{- if not (kindIs "invalid" ${value}) }}`,
      `${name}${asBlock(value, `${indent}  `)}`,
      `${indent}{{- end }}`,
    ].join("\n");
  }

  #value(key: string, variants: Variants, indent: string): string {
    const present = variants.filter((variant) => variant !== undefined);
    const [first] = present;
    if (first === undefined) return "";
    const same = present.every((variant) => isDeepStrictEqual(variant, first));
    if (same && !ALWAYS_VALUES.has(key)) return this.#constant(first, variants, indent);
    if (typeof first !== "object" || first === null)
      return scalarValue(this.values.reference(key, variants), first, indent);
    if (ALWAYS_VALUES.has(key) || !sameShape(present) || !alike(present))
      return asBlock(this.values.reference(key, variants), indent);
    return isList(first) ? this.#list(key, variants, indent) : this.#mapping(variants, indent);
  }

  #constant(tree: Tree, variants: Variants, indent: string): string {
    if (typeof tree === "string" && tree.includes("\n")) return this.#text(tree, indent);
    if (typeof tree !== "object" || tree === null || leaves(tree) === 1) return ` ${escaped(JSON.stringify(tree))}`;
    if ((this.#counts.get(JSON.stringify(tree)) ?? 0) > 1) return this.#include(JSON.stringify(tree), indent);
    return isList(tree) ? this.#list("", variants, indent) : this.#mapping(variants, indent);
  }

  #include(block: string, indent: string): string {
    const name = this.#blocks.get(block) ?? `diabrisk.block${this.#blocks.size}`;
    this.#blocks.set(block, name);
    return `\n${indent}{{- include "${name}" . | nindent ${indent.length} }}`;
  }

  #list(key: string, variants: Variants, indent: string): string {
    const longest = variants.find(isList) ?? [];
    return longest
      .map((_, index) => variants.map((variant) => (isList(variant) ? variant[index] : undefined)))
      .map((items) => `\n${indent}-${this.#value(key, items, `${indent}  `)}`)
      .join("");
  }

  #text(text: string, indent: string): string {
    const file = this.#texts.get(text) ?? `files/text-${this.#texts.size}`;
    this.#texts.set(text, file);
    return ` |${text.endsWith("\n") ? "" : "-"}\n${indent}{{- .Files.Get "${file}" | nindent ${indent.length} }}`;
  }
}
