import { Client, type ClientConfig } from "pg";
import type { Logger } from "./logging";

/** A URL with the files that it names, read. */
export interface Login {
  readonly url: string;
  /** The URL without its TLS parameters, which stand in `ssl`. */
  readonly connectionString: string;
  readonly ssl: ClientConfig["ssl"];
}

const TLS_PARAMETERS = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

/**
 * What new connections log in with: the Secret as it is mounted now, or, where the server refuses that and the one before still
 * worked, that one. A rotated Secret reaches server and clients at different times, in any order.
 */
export class Logins {
  #current: Login;
  /** The last one that the server let in. */
  #proven: Login | undefined;
  #refused: Login | undefined;

  /** @throws what `read` throws, the first time only: later ones come in the pool's timers, where nobody could catch them */
  constructor(
    private readonly read: () => string,
    private readonly log: Logger,
  ) {
    this.#current = loginOf(read());
  }

  /** The URL as it can be read now, or else as it was last read. */
  get url(): string {
    this.#look();
    return this.#current.url;
  }

  /** The one to try now. Each of two is tried after the other was refused. */
  next(): Login {
    this.#look();
    return this.#refused === this.#current && this.#proven ? this.#proven : this.#current;
  }

  accepted(login: Login): void {
    this.#proven = login;
  }

  refused(login: Login): void {
    this.#refused = login;
  }

  #look(): void {
    try {
      const now = loginOf(this.read());
      if (JSON.stringify(now) !== JSON.stringify(this.#current)) this.#current = now;
    } catch (error) {
      this.log.warn({ err: error }, "The database URL cannot be read at the moment; using the last one");
    }
  }
}

/** @throws Error if a file that the URL names cannot be read */
function loginOf(url: string): Login {
  // pg reads them when a client is made, which connects to nothing yet.
  const { ssl } = new Client({ connectionString: url }) as unknown as Pick<Login, "ssl">;
  const bare = new URL(url);
  for (const name of TLS_PARAMETERS) bare.searchParams.delete(name);
  return { url, connectionString: bare.href, ssl };
}
