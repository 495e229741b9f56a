import type { Server } from "node:https";
import type { TlsOptions } from "node:tls";
import type { Logger } from "../logging";
import type { Metrics } from "../metrics";
import { type Identity, IdentityError, type IdentityState } from "./identity";

/** Milliseconds between two looks at the files. They lie in memory, and a kubelet takes up to a minute to bring them. */
const LOOK_MS = 1000;

/** Milliseconds that a client may take for its handshake: less than any probe or caller would wait for an answer. */
const HANDSHAKE_MS = 5000;

/** Ciphers with forward secrecy that authenticate what they encrypt; those of TLS 1.3 first. */
const CIPHERS = [
  ...["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"],
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ...["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ...["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
].join(":");

/** The identity that new connections are shown. Follows the mounted files, and keeps the last good ones. */
export class ServedIdentity {
  #current: Identity;
  #refusal: string | undefined;
  /** The refusal of the last look, which may have come between two files that belong together. */
  #suspected: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws IdentityError */
  constructor(
    private readonly read: () => Identity,
    private readonly log: Logger,
    private readonly metrics: Metrics,
  ) {
    this.#current = read();
    this.#tell();
    log.info(this.#shown, "The certificate is read");
  }

  get state(): IdentityState {
    return { expiresAt: this.#current.expiresAt, refusal: this.#refusal };
  }

  /** Options of the server. */
  get options(): TlsOptions {
    return { ...this.#context, handshakeTimeout: HANDSHAKE_MS };
  }

  /** Has the server show each renewed certificate from then on. Open connections live on. */
  follow(server: Server): void {
    this.#timer ??= setInterval(() => this.#look(server), LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get #context() {
    const { certificate, key } = this.#current;
    return { cert: certificate, key, minVersion: "TLSv1.2", ciphers: CIPHERS } as const;
  }

  get #shown() {
    return { serial: this.#current.serial, expires_at: this.#current.expiresAt.toISOString() };
  }

  #look(server: Server): void {
    try {
      this.#take(this.read(), server);
    } catch (error) {
      this.#refuse(error instanceof IdentityError ? error.message : "It cannot be used by TLS.");
    }
  }

  #take(found: Identity, server: Server): void {
    const before = this.#current;
    this.#suspected = undefined;
    if (found.certificate !== before.certificate || found.key !== before.key) {
      this.#current = found;
      try {
        server.setSecureContext(this.#context);
      } catch (error) {
        this.#current = before;
        throw error;
      }
      this.log.info(this.#shown, "The renewed certificate is served");
    } else if (this.#refusal === undefined) return;
    this.#refusal = undefined;
    this.#tell();
  }

  /** Tells once of a refusal that two looks in a row have found. */
  #refuse(refusal: string): void {
    const isSure = refusal === this.#suspected;
    this.#suspected = refusal;
    if (!isSure || refusal === this.#refusal) return;
    this.#refusal = refusal;
    this.#tell();
    this.log.error({ ...this.#shown, refusal }, "The mounted certificate is refused; the one before is served still");
  }

  #tell(): void {
    this.metrics.identity(this.state);
  }
}
