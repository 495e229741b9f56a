import type { Ask } from "../../status/database";
import { oneLine } from "../../status/wording";
import type { Kubectl, KubeObject } from "../kubectl";
import { PSQL } from "../psql";

/** A command that is over its time leaves its statement behind, which then ends by itself. */
const LIMIT = ["-c", "set statement_timeout = '5s'"];

/** Asks the database in its pod, as a person would. */
export const askIn =
  ({ metadata }: KubeObject, kubectl: Kubectl): Ask =>
  async (sql) => {
    const command = ["exec", metadata.name, "--container=postgres", "--", ...PSQL, ...LIMIT, "-c", sql];
    const { code, stdout, stderr } = await kubectl.try(command);
    if (code !== 0) throw new Error(oneLine(stderr) || `psql ended with exit code ${code}.`);
    return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  };
