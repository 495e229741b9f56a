import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { execute, type Outcome } from "../../../lib/deploy/kubectl";

const ROOT = path.resolve(__dirname, "../../..");

/** A copy of this project as a person would check it out, to be changed at will. It borrows `node_modules`. */
export class Checkout {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "checkout-"));
  /** Texts before the first change of each file; undefined of one that was not there. */
  readonly #before = new Map<string, string | undefined>();

  constructor() {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
    for (const file of listed.toString().split("\0").filter(Boolean)) {
      const source = path.join(ROOT, file);
      // Git lists what is deleted and not committed yet, too.
      if (fs.existsSync(source)) fs.cpSync(source, path.join(this.folder, file));
    }
    fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(this.folder, "node_modules"));
  }

  read(file: string): string {
    return fs.readFileSync(path.join(this.folder, file), "utf8");
  }

  write(file: string, text: string): void {
    const place = path.join(this.folder, file);
    if (!this.#before.has(file)) this.#before.set(file, fs.existsSync(place) ? this.read(file) : undefined);
    fs.writeFileSync(place, text);
  }

  /** Replaces `text`, which has to be there exactly once. */
  edit(file: string, text: string, by: string): void {
    const parts = this.read(file).split(text);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, instead of once: ${text}`);
    this.write(file, parts.join(by));
  }

  /** Adds a line below the one that begins with `line`. */
  addBelow(file: string, line: string, added: string): void {
    const [found] = this.read(file)
      .split("\n")
      .filter((each) => each.startsWith(line));
    if (found === undefined) throw new Error(`${file} has no line that begins with: ${line}`);
    this.edit(file, `${found}\n`, `${found}\n${added}\n`);
  }

  /** Takes every change back that `write`, `edit` and `addBelow` made. */
  undo(): void {
    for (const [file, text] of this.#before) {
      if (text === undefined) fs.rmSync(path.join(this.folder, file), { force: true });
      else fs.writeFileSync(path.join(this.folder, file), text);
    }
    this.#before.clear();
  }

  /** Runs a command here, as in a terminal of its own. */
  async run(command: string, ...args: string[]): Promise<Outcome> {
    // npm lies beside node. Nothing else of here is passed on: this may be a jest that runs another.
    const env = { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: os.homedir() };
    return await execute(command, args, { cwd: this.folder, env, seconds: 1500 });
  }

  /** The text of every file but what is never committed. */
  contents(): Readonly<Record<string, string>> {
    const names = fs.readdirSync(this.folder, { recursive: true, withFileTypes: true });
    const files = names.filter((each) => each.isFile()).map((each) => path.join(each.parentPath, each.name));
    const kept = files.filter((file) => !/\/(node_modules|dist|build|\.secrets)\//.test(file));
    return Object.fromEntries(kept.map((file) => [path.relative(this.folder, file), fs.readFileSync(file, "utf8")]));
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
