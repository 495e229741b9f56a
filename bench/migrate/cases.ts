/** One measurement. */
export interface Case {
  /** Name for `--cases`. */
  readonly name: string;
  readonly title: string;
  readonly workload: "own" | "thousand";
  /** Distance to the database, in milliseconds of a round trip. */
  readonly milliseconds: number;
  /** `up` starts from an empty database. `again` is `up` with nothing pending. `status` has nothing pending, too. */
  readonly action: "up" | "again" | "status";
  /** Number of measured rounds, unless the command line says otherwise. */
  readonly runs: number;
  readonly targets: readonly Wanted[];
}

/** A target. `fastest` means the fastest peer of the same run. */
export interface Wanted {
  readonly theirs: "fastest" | "golang-migrate" | "psql -1" | "select 1";
  readonly atMost: number;
}

/** Milliseconds of a round trip to a database in the same data centre, and to a distant one. */
const NEAR = 0.5;
const AWAY = 5;

export const CASES: readonly Case[] = [
  {
    name: "own",
    title: "own migrations into an empty database, loopback",
    workload: "own",
    milliseconds: 0,
    action: "up",
    runs: 15,
    targets: [{ theirs: "golang-migrate", atMost: 1.5 }],
  },
  {
    name: "own-near",
    title: "own migrations into an empty database, 0.5 ms away",
    workload: "own",
    milliseconds: NEAR,
    action: "up",
    runs: 15,
    targets: [{ theirs: "golang-migrate", atMost: 1 }],
  },
  {
    name: "own-away",
    title: "own migrations into an empty database, 5 ms away",
    workload: "own",
    milliseconds: AWAY,
    action: "up",
    runs: 7,
    targets: [{ theirs: "fastest", atMost: 1 }],
  },
  {
    name: "thousand",
    title: "1,000 one-table migrations into an empty database, loopback",
    workload: "thousand",
    milliseconds: 0,
    action: "up",
    runs: 3,
    targets: [{ theirs: "fastest", atMost: 1 }],
  },
  {
    name: "thousand-away",
    title: "1,000 one-table migrations into an empty database, 5 ms away",
    workload: "thousand",
    milliseconds: AWAY,
    action: "up",
    runs: 1,
    targets: [
      { theirs: "psql -1", atMost: 1.1 },
      { theirs: "psql -1", atMost: 0.5 },
    ],
  },
  {
    name: "nothing",
    title: "nothing to do at 1,000, loopback",
    workload: "thousand",
    milliseconds: 0,
    action: "again",
    runs: 15,
    targets: [{ theirs: "select 1", atMost: 1.6 }],
  },
  {
    name: "status",
    title: "status at 1,000, loopback",
    workload: "thousand",
    milliseconds: 0,
    action: "status",
    runs: 15,
    targets: [{ theirs: "select 1", atMost: 1.6 }],
  },
];
