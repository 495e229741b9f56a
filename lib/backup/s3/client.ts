import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type S3Place, type S3Request, textOf } from "./connection";
import type { Credentials } from "./credentials";
import { connectionError, failureOf, isPassing } from "./failure";

/** Limits of one request. Milliseconds. */
export interface Patience {
  /** Attempts in all. */
  readonly tries: number;
  /** Pause before the second attempt. Doubles with each. */
  readonly pause: number;
  readonly longestPause: number;
  /** Time without a byte in either direction. */
  readonly stall: number;
}

/** About two minutes of pauses. */
export const PATIENCE: Patience = { tries: 8, pause: 1_000, longestPause: 30_000, stall: 60_000 };

export interface Answer {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Sends requests, and repeats those that may succeed another time. */
export class Client {
  readonly #connection: Connection;

  constructor(
    readonly name: string,
    place: S3Place,
    credentials: () => Promise<Credentials>,
    now: () => Date,
    private readonly patience: Patience,
  ) {
    this.#connection = new Connection(place, credentials, now, patience.stall);
  }

  /**
   * Sends a request until it is answered.
   * @param asked completes "to …" in messages, e.g. `list objects`
   * @param onDoubt is told of each failed attempt that may have had its effect all the same
   * @throws S3Failure for any answer but success
   */
  async ask(request: S3Request, asked: string, onDoubt: () => void = () => {}): Promise<Answer> {
    return this.#repeat(asked, onDoubt, async () => {
      const answer = await this.#connection.send(request);
      const body = await textOf(answer);
      // S3 may answer 200 before it has finished, and tell of a failure in the body.
      if (isSuccess(answer) && !/^\s*(<\?xml[^>]*>)?\s*<Error>/.test(body)) return { headers: answer.headers, body };
      throw failureOf(isSuccess(answer) ? { ...answer, statusCode: 500 } : answer, body, asked, this.name);
    });
  }

  /** Sends a request until it is answered, and leaves the body to be read. */
  async open(request: S3Request, asked: string): Promise<IncomingMessage> {
    return this.#repeat(
      asked,
      () => {},
      async () => {
        const answer = await this.#connection.send(request);
        if (isSuccess(answer)) return answer;
        throw failureOf(answer, await textOf(answer), asked, this.name);
      },
    );
  }

  /** Waits before an attempt; the first one comes at once. Throws `error` if there is no attempt left. */
  async pause(attempt: number, error: unknown, asked: string): Promise<void> {
    const { tries, pause, longestPause } = this.patience;
    if (!isPassing(error) || attempt >= tries) throw connectionError(error, asked, this.name);
    // Spread, so that many clients do not come back at the same moment.
    await sleep(Math.min(longestPause, pause * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2));
  }

  async #repeat<Result>(asked: string, onDoubt: () => void, attempt: () => Promise<Result>): Promise<Result> {
    for (let count = 1; ; count++) {
      try {
        return await attempt();
      } catch (error) {
        if (isPassing(error)) onDoubt();
        await this.pause(count, error, asked);
      }
    }
  }
}

const isSuccess = ({ statusCode = 0 }: IncomingMessage) => statusCode >= 200 && statusCode < 300;
