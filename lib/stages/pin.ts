import { ConfigError } from "./check";
import { parseImage } from "./check-images";

/**
 * `source`, the text of images.ts, with `reference` as the image of its repository.
 * @throws ConfigError if it is not a tag with a digest, or an image that no stage runs
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
  return source.replace(pinned, `"${reference}"`);
}
