import * as fs from "node:fs/promises";
import * as path from "node:path";
import { DATA_SVC, TLS_KEYS } from "../contract";

/** Names by which this machine reaches itself, after the one that every certificate of data-svc has. */
const NAMES = [DATA_SVC.name, "localhost", "127.0.0.1", "::1"];

/** Writes what stands for data-svc's Secret: a certificate for loopback, its key, and an authority made for it. Returns their folder. */
export async function writeIdentity(directory: string): Promise<string> {
  const { issueTls } = require("../secrets/issue") as typeof import("../secrets/issue");
  const { authority, server } = await issueTls(NAMES, new Date());
  const folder = path.join(directory, "data-svc-tls");
  await fs.mkdir(folder, { mode: 0o700 });
  const files = {
    [TLS_KEYS.certificate]: server.certificate,
    [TLS_KEYS.key]: server.key,
    [TLS_KEYS.authority]: authority.certificate,
  };
  for (const [name, text] of Object.entries(files)) await fs.writeFile(path.join(folder, name), text, { mode: 0o600 });
  return folder;
}
