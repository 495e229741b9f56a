/** Preloaded into a program: prints which of Node's modules it has loaded when it ends. */
process.on("exit", () => process.stdout.write(process.moduleLoadList.join("\n")));
