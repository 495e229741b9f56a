import type { Action } from "./arguments";
import { obstacles } from "./obstacles";
import type { Standing } from "./standing";

export interface PlanProps {
  readonly from: string;
  readonly to: string;
  readonly context: string;
  readonly namespace: string;
  readonly longestPauseSeconds: number;
  readonly standing: Standing;
}

/** Tells the steps of a command, with those that are done already. */
export function renderPlan(action: Action, props: PlanProps): string {
  return PLANS[action](props).join("\n");
}

/** Reasons why a move cannot begin or go on, of the servers that are there. */
export const refusals = ({ serving, old, new: target }: Standing): readonly string[] =>
  serving === "old" ? obstacles(old, target) : [];

const PLANS: Readonly<Record<Action, (props: PlanProps) => readonly string[]>> = {
  move: (props) => [...head(props, `from ${props.from} to ${props.to}`), ...steps(props), ...after(props)],
  back: ({ standing, ...props }) => [
    ...head({ ...props, standing }, `back from ${props.to} to ${props.from}`),
    standing.serving === "new"
      ? `  Nobody can write for at most ${props.longestPauseSeconds} s: the server of ${props.from} gets the rest, the two manifests are compared, and the ` +
        "Service leads back. Rows that were written since the move are kept."
      : "  The Service leads there already.",
    "  Then everything of the move is removed there, and the namespace is its stage's again.",
  ],
  finish: (props) => [
    ...head(props, `for good to ${props.to}`),
    `  The server of ${props.from} stops following and is stopped. Its volume is kept, and there is no way back without loss any more.`,
    "  Changes of the schema, and so releases with migrations, are possible again.",
  ],
  abandon: (props) => [
    ...head(props, `not to ${props.to}`),
    `  The server of ${props.from} serves on. Its publication, slot and role of the move are removed, so that its log can be thrown away again.`,
    "  The Cluster with the copy stays. Delete it and its claims before another move.",
  ],
};

/** Says who is served after a command was stopped or has failed, and how to go on. */
export function describeStop({ serving, old, new: target }: Standing, from: string, to: string): string {
  const again = `npm run move -- ${from} ${to}`;
  if (serving === "old" && old.fenced) {
    return `Nobody can write at present, since the move was stopped in its pause. Run at once: ${again}, or ${again} --abandon.`;
  }
  if (serving === "new" && target?.fenced) {
    return `Nobody can write at present, since the way back was stopped in its pause. Run at once: ${again} --back.`;
  }
  const server = serving === "old" ? from : to;
  return `The server of ${server} serves, and everybody can write. Continue with the same command, or see ${again} --help.`;
}

const head = ({ context, namespace, standing }: PlanProps, way: string) => [
  `The database of namespace ${namespace} in context ${context} goes ${way}: ${size(standing)}.`,
];

const size = ({ old: { bytes, tables } }: Standing) => `${tables} tables, ${(bytes / 1024 ** 2).toFixed(0)} MiB`;

function steps({ from, to, longestPauseSeconds, standing }: PlanProps): readonly string[] {
  const moved = standing.serving === "new";
  const list: readonly (readonly [done: boolean, text: string])[] = [
    [standing.new !== undefined, `The Cluster of ${to} comes up beside the StatefulSet of ${from}, which serves on.`],
    [
      standing.old.held,
      "Changes of the schema are refused on both servers until the move is over, releases with migrations too.",
    ],
    [
      moved || standing.new?.held === true,
      "The new server gets the roles from `migrate bootstrap`, and the schema from the old one's own dump.",
    ],
    [
      moved || standing.copied,
      standing.subscribed && !standing.copied
        ? "The rows are being copied, and changes follow."
        : "The rows are copied, and changes follow. Nobody is kept waiting.",
    ],
    [standing.back, "What is written on the new server will go to the old one: the way back."],
    [
      moved,
      `Nobody can write for at most ${longestPauseSeconds} s: the new server gets the rest and the sequences, the two manifests (each table's rows ` +
        "and hash) are compared, and the Service postgres leads there. If that takes longer or they differ, everybody writes on where they were.",
    ],
    [
      moved && standing.waitingBytes === null,
      "The old server stops sending, and the namespace becomes the new stage's.",
    ],
  ];
  return list.map(([done, text], index) => `  ${index + 1}. ${done ? "[done] " : ""}${text}`);
}

const after = ({ from, to, standing: { waitingBytes } }: PlanProps): readonly string[] => [
  ...(waitingBytes === null
    ? []
    : [
        `  ${(waitingBytes / 1024 ** 2).toFixed(0)} MiB of the old server's log wait for the new one. They fill its volume up to max_slot_wal_keep_size if nobody ` +
          "goes on; --abandon lets them go.",
      ]),
  `  Afterwards: npm run deploy -- ${to}. Within a day: npm run move -- ${from} ${to} --finish, or --back. Do not deploy ${from} meanwhile.`,
];
