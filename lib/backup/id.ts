/** A backup's id in parts. The number gives the order, so that no clock does. */
export interface IdParts {
  readonly number: number;
  /** Start of the dump by the clock of its node. */
  readonly startedAt: Date;
}

const ID = /^(\d{6,})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Makes an id such as `000042-20261130T081500Z`. */
export const idOf = (number: number, startedAt: Date): string =>
  `${String(number).padStart(6, "0")}-${compactTime(startedAt)}`;

/** Writes a time such as `20261130T081500Z`. */
export const compactTime = (time: Date): string => time.toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");

/** Reads an id; undefined for any other text. */
export function parseId(text: string): IdParts | undefined {
  const [, number, year, month, day, hour, minute, second] = ID.exec(text) ?? [];
  if (number === undefined) return undefined;
  const startedAt = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(startedAt.getTime()) ? undefined : { number: Number(number), startedAt };
}
