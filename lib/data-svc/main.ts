import { readFileSync } from "node:fs";
import { type DataSvc, readSettings, SettingsError, StartupError, startDataSvc } from ".";
import { createLogger } from "./logging";
import type { Settings } from "./settings";
import { StandardOutput } from "./standard-output";

const output = new StandardOutput();

async function main(): Promise<void> {
  const settings = readSettings(process.env, (path) => readFileSync(path, "utf8"));
  const service = await startDataSvc(settings, { destination: output });
  const stopping = stopOnSignal(service, settings);
  await service.ready.catch((error: unknown) => {
    if (!stopping.aborted) throw error;
  });
}

/** Stops gracefully on the first signal, and at once on the second. */
function stopOnSignal(service: DataSvc, settings: Settings): AbortSignal {
  const stopping = new AbortController();
  const stop = async (signal: NodeJS.Signals) => {
    service.log.info({ signal }, "Signal received");
    if (stopping.signal.aborted) return output.exit(1);
    stopping.abort();
    setTimeout(() => {
      service.log.error(`Not stopped after ${settings.shutdownTimeoutMs} ms: giving up on requests under way`);
      output.exit(1);
    }, settings.shutdownTimeoutMs).unref();
    await service.close(settings.shutdownDelayMs);
    await output.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return stopping.signal;
}

main().catch((error: unknown) => fail(error));

function fail(error: unknown): Promise<never> {
  const log = createLogger("info", output);
  if (error instanceof SettingsError)
    log.fatal({ problems: error.problems }, "data-svc cannot start with these settings");
  else if (error instanceof StartupError) log.fatal(error.message);
  else log.fatal({ err: error }, "data-svc failed unexpectedly");
  return output.exit(1);
}
