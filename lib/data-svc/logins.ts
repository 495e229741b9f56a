import { Client, type ClientConfig } from "pg";
import type { Logger } from "./logging";

/** A URL with its files' content. */
export interface Login {
  readonly url: string;
  /** The URL without TLS parameters, which are in `ssl`. */
  readonly connectionString: string;
  readonly ssl: ClientConfig["ssl"];
}

const TLS_PARAMETERS = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

/**
 * Chooses the login of new connections: the Secret as mounted now, or the last one that worked if the server refuses
 * that. A rotated Secret reaches server and clients at different times, in any order.
 */
export class Logins {
  #current: Login;
  /** The last login that the server accepted. */
  #proven: Login | undefined;
  #refused: Login | undefined;

  /** @throws errors of `read`, but only here: later calls come from the pool's timers, where nobody could catch them */
  constructor(
    private readonly read: () => string,
    private readonly log: Logger,
  ) {
    this.#current = loginOf(read());
  }

  /** The URL as read now, or as last read. */
  get url(): string {
    this.#look();
    return this.#current.url;
  }

  /** The login for the next try. Alternates between two after refusals. */
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
  // pg reads the files when it creates a client, which does not connect yet.
  const { ssl } = new Client({ connectionString: url }) as unknown as Pick<Login, "ssl">;
  const bare = new URL(url);
  for (const name of TLS_PARAMETERS) bare.searchParams.delete(name);
  return { url, connectionString: bare.href, ssl };
}
