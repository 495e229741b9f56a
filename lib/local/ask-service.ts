import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { text } from "node:stream/consumers";

export interface ServiceAnswer {
  readonly status: number;
  readonly text: string;
}

export interface ServiceRequest {
  /** @default GET */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Asks data-svc, which is verified with its own authority alone. @throws Error if there is no answer */
export async function askService(
  url: string,
  authorityFile: string,
  { body, ...options }: ServiceRequest = {},
): Promise<ServiceAnswer> {
  const ca = await readFile(authorityFile);
  return await new Promise((resolve, reject) => {
    const sent = request(url, { ca, agent: false, ...options }, (answer) => {
      text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, text: said }), reject);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
