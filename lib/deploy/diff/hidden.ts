import type { KubeObject } from "../kubectl";

type Values = Readonly<Record<string, string>>;
interface Secret {
  readonly data?: Values;
  readonly stringData?: Values;
}

/** Whether values of an object may be shown. */
export const isHidden = ({ kind }: Pick<KubeObject, "kind">) => kind === "Secret";

/** Names of a Secret's keys that `one` and `other` do not have alike. */
export function changedKeys(one: KubeObject | undefined, other: KubeObject): readonly string[] {
  const [before, after] = [valuesOf(one), valuesOf(other)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key])
    .sort();
}

/** Blanks out a Secret's values in a message, encoded or not. */
export function withoutValues(message: string, object: KubeObject): string {
  if (!isHidden(object)) return message;
  const encoded = Object.values(valuesOf(object));
  const forms = encoded.flatMap((value) => [value, Buffer.from(value, "base64").toString("utf8")]);
  const lines = forms.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), ...text.split("\n")]);
  // Longest first: a value may be a part of another.
  const texts = [...new Set(lines)].filter(Boolean).sort((one, other) => other.length - one.length);
  return texts.reduce((text, value) => text.replaceAll(value, "…"), message);
}

function valuesOf(object: KubeObject | undefined): Values {
  const { data = {}, stringData = {} } = (object ?? {}) as Secret;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return { ...data, ...Object.fromEntries(encoded) };
}
