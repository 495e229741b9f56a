import { checkClusterServer, checkImage, checkServer, parseImage } from "./check-images";
import { ConfigError } from "./config-error";

/**
 * Replaces the image of `reference`'s repository in `source`, the text of images.ts.
 * @throws ConfigError if it lacks a tag or digest, if no stage runs the image, or if synth would refuse it
 */
export function pinImage(source: string, reference: string): string {
  const image = parseImage(reference);
  if (!image?.tag || !image.digest) {
    throw new ConfigError(reference, [
      "This does not name a tag and a digest. Write repository:tag@sha256:<64 hex>, as the push printed it.",
    ]);
  }
  const pinned = new RegExp(`"${image.repository.replaceAll(".", "\\.")}:[^"@]+@sha256:[0-9a-f]{64}"`);
  if (!pinned.test(source)) {
    throw new ConfigError(reference, [`No stage runs ${image.repository}: lib/stages/images.ts has no line for it.`]);
  }
  const problems = [
    ...checkImage("This", { reference, pullPolicy: "Always" }, "prod"),
    ...(image.repository === "postgres" ? checkServer("This", reference) : []),
    ...(/\/postgresql$/.test(image.repository) ? checkClusterServer("This", reference) : []),
    ...(/:0+$/.test(image.digest)
      ? ["A digest of zeros belongs to nothing. Write the one that the push printed."]
      : []),
  ];
  if (problems.length > 0) throw new ConfigError(reference, problems);
  return source.replace(pinned, `"${reference}"`);
}
