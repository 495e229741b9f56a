import { compactTime } from "./id";

/** Keys of a backup's objects, in a volume's folder and under a bucket's prefix alike. */
export const dumpKey = (id: string) => `${id}/dump.age`;
/** The commit mark: a backup without it is none. */
export const manifestKey = (id: string) => `${id}/manifest.json`;
/** One result of a drill. A backup may have several. */
export const drillKey = (id: string, at: Date) => `${id}/drill-${compactTime(at)}.json`;

export const DUMP_NAME = "dump.age";
export const MANIFEST_NAME = "manifest.json";
export const DRILL_NAME = /^drill-\d{8}T\d{6}Z\.json$/;
