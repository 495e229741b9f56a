import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "./cannot-run";
import { run } from "./process";

/** Pinned packages. They are installed into the cache, since this project does not depend on them. */
const PACKAGES = ["@dbmate/linux-x64@2.36.0", "node-pg-migrate@9.0.0", "graphile-migrate@1.4.1", "pg@8.23.1"];

const CACHE = path.join(__dirname, ".cache");

/** Finds the `node_modules` with npm's tools. The first call installs them. @throws CannotRun */
export async function npmTools(): Promise<string> {
  const digest = createHash("sha256").update(PACKAGES.join()).digest("hex").slice(0, 8);
  const folder = path.join(CACHE, `npm-${digest}`);
  const modules = path.join(folder, "node_modules");
  const there = await fs.access(modules).then(
    () => true,
    () => false,
  );
  if (there) return modules;
  console.error(`installing ${PACKAGES.join(", ")} (once)`);
  await fs.mkdir(CACHE, { recursive: true });
  const fresh = await fs.mkdtemp(path.join(CACHE, "installing-"));
  try {
    await fs.writeFile(path.join(fresh, "package.json"), '{ "private": true }');
    const flags = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    const { code, stderr } = await run({ command: ["npm", ...flags, ...PACKAGES], env: process.env, cwd: fresh });
    if (code !== 0) throw new CannotRun(`npm could not install ${PACKAGES.join(", ")}: ${stderr.trim()}`);
    await fs.rename(fresh, folder);
  } finally {
    await fs.rm(fresh, { recursive: true, force: true });
  }
  return modules;
}
