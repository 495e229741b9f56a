import { createColors } from "picocolors";

/** Destination of progress. A terminal gets a spinner and colours, anything else plain lines. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** Runs `work` as a named step and shows a returned text beside its time. */
  step<Result>(name: string, work: (note: (text: string) => void) => Promise<Result>): Promise<Result>;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MILLISECONDS = 80;
const NAME_WIDTH = 46;

/**
 * Shows steps with their times as they happen. Spinner libraries exit on Ctrl-C, but the database must be stopped
 * first, so this draws its own.
 */
export function createProgress(output: Output, colours = createColors(Boolean(output.isTTY))): Progress {
  return {
    async step(name, work) {
      const started = performance.now();
      let remark = "";
      const spinner = output.isTTY ? spin(output, () => `${name} ${colours.dim(remark)}`) : undefined;
      const finish = (mark: string) => {
        spinner?.clear();
        const time = `${((performance.now() - started) / 1000).toFixed(2)} s`.padStart(8);
        output.write(`${mark} ${name.padEnd(NAME_WIDTH)} ${colours.dim(time)}  ${remark}`.trimEnd());
        output.write("\n");
      };
      try {
        const result = await work((text) => {
          remark = text;
        });
        finish(colours.green("✔"));
        return result;
      } catch (error) {
        remark = "";
        finish(colours.red("✖"));
        throw error;
      }
    },
  };
}

/** Redraws a line until it is cleared. */
function spin(output: Output, text: () => string): { clear(): void } {
  let frame = 0;
  const draw = () => output.write(`\r\x1b[2K${FRAMES[frame++ % FRAMES.length]} ${text()}`);
  draw();
  const timer = setInterval(draw, FRAME_MILLISECONDS);
  return {
    clear() {
      clearInterval(timer);
      output.write("\r\x1b[2K");
    },
  };
}
