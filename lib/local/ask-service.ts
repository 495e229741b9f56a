import { readFile } from "node:fs/promises";
import { get } from "node:https";
import { text } from "node:stream/consumers";

export interface ServiceAnswer {
  readonly status: number;
  readonly text: string;
}

/** GETs from data-svc, which is verified with its own authority alone. @throws Error if there is no answer */
export async function askService(url: string, authorityFile: string, signal?: AbortSignal): Promise<ServiceAnswer> {
  const ca = await readFile(authorityFile);
  return await new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false, ...(signal && { signal }) }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, text: body }), reject);
    });
    request.once("error", reject);
  });
}
