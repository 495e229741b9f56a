import * as fs from "node:fs";
import * as path from "node:path";
import { CannotRun } from "../cannot-run";

const ROOT = "/sys/fs/cgroup";
type Controller = "memory" | "cpu" | "cpuacct";

export interface Limits {
  /** MiB of memory; the page cache of the files counts, as in a pod. */
  readonly memory: number;
  /** Cores. @default as many as there are */
  readonly cpu?: number;
}

/**
 * A control group of version 1, with the limits of a container. Version 2 is not supported: nobody has tried this with
 * it.
 */
export class ControlGroup {
  static #made = 0;

  private constructor(private readonly folders: Readonly<Record<Controller, string>>) {}

  /** @throws CannotRun if this machine or user cannot make one */
  static create(): ControlGroup {
    const number = ControlGroup.#made++;
    try {
      const own = fs.readFileSync("/proc/self/cgroup", "utf8");
      const folderOf = (controller: Controller) => {
        const found = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m").exec(own)?.[1];
        if (found === undefined) throw new Error(`there is no controller ${controller}`);
        const folder = path.join(ROOT, controller, found, `diabrisk-scaling-${process.pid}-${number}`);
        fs.mkdirSync(folder, { recursive: true });
        return folder;
      };
      return new ControlGroup({ memory: folderOf("memory"), cpu: folderOf("cpu"), cpuacct: folderOf("cpuacct") });
    } catch (error) {
      throw new CannotRun(
        `no control group of version 1 can be made (${(error as Error).message}), and without a container's limits the ` +
          "figures would be another server's. Run it as root where /sys/fs/cgroup/memory is mounted.",
      );
    }
  }

  limit({ memory, cpu }: Limits): void {
    this.#write("memory", "memory.limit_in_bytes", Math.round(memory * 2 ** 20));
    this.#write("cpu", "cpu.cfs_quota_us", cpu ? Math.round(cpu * this.#number("cpu", "cpu.cfs_period_us")) : -1);
  }

  unlimit(): void {
    this.#write("memory", "memory.limit_in_bytes", -1);
    this.#write("cpu", "cpu.cfs_quota_us", -1);
  }

  /** Moves a server and its children in. Later children follow by themselves. */
  add(pid: number): void {
    const children = () => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    for (const one of [String(pid), ...children()]) {
      for (const folder of Object.values(this.folders)) this.#move(folder, one);
    }
  }

  /**
   * Runs work with this process among the group's, for its memory. Files that its programs write are then cached within the
   * limit, as if the server had read them.
   */
  async within<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#move(this.folders.memory, process.pid);
    try {
      return await work();
    } finally {
      this.#move(path.dirname(this.folders.memory), process.pid);
    }
  }

  /** Milliseconds of processor time so far. */
  get cpuMs(): number {
    return this.#number("cpuacct", "cpuacct.usage") / 1e6;
  }

  /** Processes that the kernel has killed for their memory. */
  get kills(): number {
    return Number(/^oom_kill (\d+)$/m.exec(this.#read("memory", "memory.oom_control"))?.[1] ?? 0);
  }

  /** MiB of the processes' own memory, without files and shared buffers. */
  get ownMemory(): number {
    return Number(/^rss (\d+)$/m.exec(this.#read("memory", "memory.stat"))?.[1] ?? 0) / 2 ** 20;
  }

  /** Removes it, and moves what is still in it to where this process is: a program that watches the server ends later. */
  remove(): void {
    for (const folder of Object.values(this.folders)) {
      for (const pid of fs.readFileSync(path.join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean)) {
        this.#move(path.dirname(folder), pid);
      }
      fs.rmdirSync(folder);
    }
  }

  #move(folder: string, pid: number | string): void {
    try {
      fs.writeFileSync(path.join(folder, "cgroup.procs"), String(pid));
    } catch (error) {
      // It has ended meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  #read(controller: Controller, file: string): string {
    return fs.readFileSync(path.join(this.folders[controller], file), "utf8");
  }

  #number(controller: Controller, file: string): number {
    return Number(this.#read(controller, file));
  }

  #write(controller: Controller, file: string, value: number): void {
    fs.writeFileSync(path.join(this.folders[controller], file), String(value));
  }
}
