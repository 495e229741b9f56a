import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Readable, Writable } from "node:stream";
import { findExecutable } from "./programs";

// biome-ignore lint/style/noProcessEnv: where programs are.
const FOLDERS = (process.env.PATH ?? "").split(path.delimiter);
const EXECUTABLE = findExecutable(
  ["chromium", "chromium-browser"].flatMap((name) => FOLDERS.map((folder) => path.join(folder, name))),
);

/** Why no page can be looked at here; undefined if one can. */
export const lacksChromium =
  EXECUTABLE === undefined ? "chromium is not installed (Debian: apt-get install chromium)" : undefined;

interface Message {
  readonly id?: number;
  /** The tab that it is about. */
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A reader's screen and choice of colours. */
export interface Screen {
  readonly width: number;
  readonly colours: "light" | "dark";
}

/** A page as a reader has it. */
export interface Shown {
  /** Addresses that were asked for, the page's own among them. */
  readonly requests: readonly string[];
  /** Complaints of the browser, e.g. about what the page's policy forbids. */
  readonly complaints: readonly string[];
  /** Evaluates a function's text in the page. */
  evaluate<Value>(expression: string): Promise<Value>;
}

/** A headless Chromium, spoken to by the DevTools protocol over two pipes, which needs no library and no port. */
export class Chromium {
  readonly #pending = new Map<number, (message: Message) => void>();
  readonly #events: Message[] = [];
  readonly #heard = new EventEmitter();
  #id = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    const [, , , , output] = child.stdio as unknown as [null, null, null, Writable, Readable];
    let text = "";
    output.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const messages = text.split("\0");
      text = messages.pop() ?? "";
      for (const message of messages) this.#receive(JSON.parse(message) as Message);
    });
  }

  static start(): Chromium {
    const profile = mkdtempSync(path.join(os.tmpdir(), "chromium-"));
    const flags = ["--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--hide-scrollbars"];
    // Chromium's sandbox refuses to run as root, and containers forbid its namespaces.
    const args = [...flags, "--no-sandbox", "--disable-dev-shm-usage", `--user-data-dir=${profile}`, "about:blank"];
    // A group of its own, since its processes outlive the first one and go on writing.
    const child = spawn(EXECUTABLE ?? "", args, {
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    return new Chromium(child, profile);
  }

  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.child;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const ended = once(this.child, "exit");
      process.kill(-pid, "SIGKILL");
      await ended;
    }
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
  }

  /** Opens a page in a tab of its own and waits until it is loaded. */
  async open(url: string, { width, colours }: Screen): Promise<Shown> {
    const { targetId } = await this.#send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.#send("Target.attachToTarget", { targetId, flatten: true });
    const send = (method: string, params: object = {}) => this.#send(method, params, String(sessionId));
    for (const domain of ["Page", "Network", "Log", "Runtime"]) await send(`${domain}.enable`);
    await send("Emulation.setDeviceMetricsOverride", { width, height: 800, deviceScaleFactor: 1, mobile: width < 600 });
    const features = [{ name: "prefers-color-scheme", value: colours }];
    await send("Emulation.setEmulatedMedia", { features });
    const from = this.#events.length;
    const since = () => this.#events.slice(from).filter((event) => event.sessionId === sessionId);
    await send("Page.navigate", { url });
    while (!since().some(({ method }) => method === "Page.loadEventFired")) await once(this.#heard, "event");
    const of = (name: string) => since().flatMap(({ method, params }) => (method === name ? [params ?? {}] : []));
    return {
      get requests() {
        return of("Network.requestWillBeSent").map(({ request }) => (request as { url: string }).url);
      },
      get complaints() {
        return of("Log.entryAdded").map(({ entry }) => (entry as { text: string }).text);
      },
      async evaluate<Value>(expression: string) {
        const { result, exceptionDetails } = await send("Runtime.evaluate", {
          expression: `(${expression})()`,
          returnByValue: true,
          awaitPromise: true,
        });
        if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
        return (result as { value: Value }).value;
      },
    };
  }

  #receive(message: Message): void {
    const { id } = message;
    if (id === undefined) {
      this.#events.push(message);
      this.#heard.emit("event");
    } else {
      this.#pending.get(id)?.(message);
      this.#pending.delete(id);
    }
  }

  async #send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#id;
    const answered = new Promise<Message>((resolve) => this.#pending.set(id, resolve));
    const [, , , input] = this.child.stdio as unknown as [null, null, null, Writable];
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
    const { error, result = {} } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}
