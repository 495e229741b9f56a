/** A Prometheus that does not answer, or whose answer is none of its API's. */
export class PrometheusError extends Error {
  override readonly name = "PrometheusError";
}

/** A question that Prometheus refuses or gives up, in its own words. */
export class QueryError extends Error {
  override readonly name = "QueryError";
}

/** Times in seconds since 1970. */
export interface Range {
  readonly start: number;
  readonly end: number;
  /** Seconds between two samples. */
  readonly step: number;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** In order of time. Not all are finite. */
  readonly samples: readonly (readonly [time: number, value: number])[];
}

type RawSample = readonly [number, string];
interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: RawSample;
  readonly values?: readonly RawSample[];
}
interface Answer {
  readonly status: "success" | "error";
  readonly error?: string;
  readonly data?: { readonly result: readonly RawSeries[] };
}

const SECONDS = 30;

/** The HTTP API of a Prometheus, or of anything that speaks it. */
export class Prometheus {
  readonly #api: string;

  /** @param url of its page, e.g. `"http://127.0.0.1:9090"` or `"https://metrics.example/prometheus"` */
  constructor(
    readonly url: string,
    private readonly signal?: AbortSignal,
  ) {
    this.#api = `${url.replace(/\/+$/, "")}/api/v1`;
  }

  /** Evaluates an expression at one time. @throws QueryError, PrometheusError */
  instant(query: string, time: number): Promise<readonly Series[]> {
    return this.#ask("query", { query, time: String(time) });
  }

  /** Evaluates an expression over a time. @throws QueryError, PrometheusError */
  range(query: string, { start, end, step }: Range): Promise<readonly Series[]> {
    return this.#ask("query_range", { query, start: String(start), end: String(end), step: String(step) });
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<readonly Series[]> {
    const query = new URLSearchParams(parameters);
    const { status, error, data } = await this.#fetch(`${this.#api}/${path}?${query}`);
    if (status === "error") throw new QueryError(error ?? "without a reason");
    if (!data?.result) throw this.#error("its answer has no result");
    return data.result.map(({ metric, value, values = value ? [value] : [] }) => ({
      labels: metric,
      samples: values.map(([time, text]) => [time, Number(text)] as const),
    }));
  }

  async #fetch(address: string): Promise<Answer> {
    const late = AbortSignal.timeout(SECONDS * 1000);
    try {
      const response = await fetch(address, { signal: this.signal ? AbortSignal.any([this.signal, late]) : late });
      const text = await response.text();
      const answer = parsed(text);
      // Prometheus answers a refusal with 4xx or 5xx and the same document.
      if (answer?.status === "success" || answer?.status === "error") return answer;
      throw this.#error(`it answered ${response.status} and no document of Prometheus' API`);
    } catch (error) {
      this.signal?.throwIfAborted();
      if (error instanceof PrometheusError) throw error;
      throw this.#error(late.aborted ? `no answer within ${SECONDS} s` : reasonOf(error as Error));
    }
  }

  #error(reason: string): PrometheusError {
    return new PrometheusError(`Prometheus at ${this.url} could not be asked: ${reason}.`);
  }
}

function parsed(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

/** `fetch` hides the reason in the cause. */
const reasonOf = ({ message, cause }: Error) => (cause instanceof Error && cause.message ? cause.message : message);
