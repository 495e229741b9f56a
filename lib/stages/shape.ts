/** Checks that a value is a `T`, and returns the problems. `field` names the value's setting. */
export interface Shape<T> {
  (field: string, value: unknown): string[];
  /** Never set. It makes the compiler refuse a shape that allows fewer values than `T`, or more. */
  readonly of?: (value: T) => T;
}

export const text: Shape<string> = (field, value) => is(typeof value === "string", field, value, "a text");
export const number: Shape<number> = (field, value) => is(Number.isFinite(value), field, value, "a number");
export const flag: Shape<boolean> = (field, value) => is(typeof value === "boolean", field, value, "true or false");

export const oneOf =
  <T extends string>(...known: readonly T[]): Shape<T> =>
  (field, value) =>
    is((known as readonly unknown[]).includes(value), field, value, choices(known));

export const listOf =
  <T>(item: Shape<T>): Shape<readonly T[]> =>
  (field, value) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => item(`${field}[${index}]`, entry))
      : is(false, field, value, "a list");

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (field, value) =>
    value === undefined ? [] : shape(field, value);

/** Accepts exactly these keys: a misspelt one would otherwise be ignored in silence. */
export const object =
  <T extends object>(parts: { readonly [Key in keyof T]-?: Shape<T[Key]> }): Shape<T> =>
  (field, value) => {
    if (!isObject(value)) return is(false, field, value, "an object");
    const known = Object.entries(parts) as [string, Shape<unknown>][];
    return [
      ...known.flatMap(([key, shape]) => shape(inside(field, key), value[key])),
      ...Object.keys(value)
        .filter((key) => !Object.hasOwn(parts, key))
        .map((key) => `${inside(field, key)} is no setting. Correct its name, or leave it out.`),
    ];
  };

/** Accepts an object of any keys, all with values of one shape. */
export const recordOf =
  <T>(item: Shape<T>) =>
  (field: string, value: unknown): string[] =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, entry]) => item(inside(field, key), entry))
      : is(false, field, value, "an object");

/** Accepts one of several objects, told apart by their `kind`. */
export const byKind =
  <T extends { readonly kind: string }>(
    kinds: {
      readonly [Kind in T["kind"]]: Shape<Extract<T, { readonly kind: Kind }>>;
    },
  ): Shape<T> =>
  (field, value) => {
    if (!isObject(value)) return is(false, field, value, "an object");
    const { kind } = value;
    const shape = Object.entries(kinds).find(([known]) => known === kind)?.[1] as Shape<T> | undefined;
    return shape ? shape(field, value) : is(false, inside(field, "kind"), kind, choices(Object.keys(kinds)));
  };

const is = (stands: boolean, field: string, value: unknown, wanted: string) =>
  stands ? [] : [`${field} is ${value === undefined ? "missing" : show(value)}. Set it to ${wanted}.`];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const inside = (field: string, key: string) => (field === "" ? key : `${field}.${key}`);
const choices = (known: readonly string[]) => known.map((value) => `"${value}"`).join(" or ");
/** Shows values that JSON cannot write, too, such as undefined. */
const show = (value: unknown) =>
  typeof value === "number" || typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? typeof value);
