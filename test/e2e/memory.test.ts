import { execFileSync } from "node:child_process";
import { parseMemory, READ_MEMORY } from "./memory";

test("reads control groups of version 1", () =>
  expect(
    parseMemory(
      "peak 268435456\noom_kill_disable 0\nunder_oom 0\noom_kill 2\nrss 1\nshmem 1\ntotal_rss 52428800\ntotal_shmem 10485760\n",
    ),
  ).toEqual({ kills: 2, peak: 256, held: 60 }));

test("reads control groups of version 2", () =>
  expect(parseMemory("peak 134217728\nlow 0\nmax 7\noom 1\noom_kill 1\nanon 1048576\nfile 9\nshmem 2097152\n")).toEqual(
    {
      kills: 1,
      peak: 128,
      held: 3,
    },
  ));

test("what is run in the container is a shell's", () => {
  expect(() => execFileSync("sh", ["-n", "-c", READ_MEMORY])).not.toThrow();
});
