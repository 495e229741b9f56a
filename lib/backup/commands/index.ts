import { bucket } from "./bucket";
import type { Command } from "./command";
import { compare } from "./compare";
import { drillArchiveCommand } from "./drill-archive";
import { fetch } from "./fetch";
import { list } from "./list";
import { report } from "./report";
import { ship } from "./ship";
import { verify } from "./verify";

/** Every command of `backup`, in the order of its help. */
export const COMMANDS: readonly Command[] = [ship, list, verify, fetch, compare, report, drillArchiveCommand, bucket];
