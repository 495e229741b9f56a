import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import type { Presentable } from "../logging";

/** Milliseconds that a client may take nothing of what is there for it. Meanwhile it holds one of the pool's few connections. */
export const STALL_MS = 5000;

/** The client takes nothing. */
export class SlowReader extends Error implements Presentable {
  override readonly name = "SlowReader";
  readonly presentable = true;

  constructor() {
    super(`The client has taken nothing for ${STALL_MS} ms.`);
  }
}

/** An answer that is sent at the pace of its reader. */
export class Sending {
  readonly #stream = new PassThrough();
  #begun = false;

  constructor(
    /** Aborted when the answer is to end early. */
    readonly hangUp: AbortSignal,
    /** Answers with the stream, once there is something to send. */
    private readonly answer: (stream: Readable) => void,
  ) {}

  get begun(): boolean {
    return this.#begun;
  }

  /** Resolves when the reader wants more. @throws SlowReader, or the reason of `hangUp` */
  async write(text: string): Promise<void> {
    this.hangUp.throwIfAborted();
    const wantsMore = this.#stream.write(text);
    if (!this.#begun) this.answer(this.#stream);
    this.#begun = true;
    if (wantsMore) return;
    const signal = AbortSignal.any([this.hangUp, AbortSignal.timeout(STALL_MS)]);
    await once(this.#stream, "drain", { signal }).catch((error: unknown) => {
      this.hangUp.throwIfAborted();
      throw signal.aborted ? new SlowReader() : error;
    });
  }

  end(): void {
    this.#stream.end();
  }
}
