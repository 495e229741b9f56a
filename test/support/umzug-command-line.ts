/** Stands for the framework of Umzug's own command line, which nothing here calls. The image's bundle leaves it out, too. */
class Absent {
  constructor() {
    throw new Error("The tests leave out Umzug's own command line.");
  }
}

export { Absent as CommandLineAction, Absent as CommandLineParser };
