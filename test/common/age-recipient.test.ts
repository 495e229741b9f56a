import { generateIdentity, identityToRecipient } from "age-encryption";
import { isAgeRecipient } from "../../lib/common/age-recipient";
import { PLACEHOLDER_RECIPIENT } from "../../lib/contract";

test("every public key that age makes is one, and none of them with another letter anywhere", async () => {
  for (let round = 0; round < 5; round++) {
    const key = await identityToRecipient(await generateIdentity());
    expect(isAgeRecipient(key)).toBe(true);
    for (let place = 0; place < key.length; place++) {
      const mistyped = key.slice(0, place) + (key[place] === "q" ? "p" : "q") + key.slice(place + 1);
      expect([mistyped, isAgeRecipient(mistyped)]).toEqual([mistyped, false]);
    }
  }
});

test("the placeholder is one, so that synth takes it", () => expect(isAgeRecipient(PLACEHOLDER_RECIPIENT)).toBe(true));

test.each(["", "age1", "AGE-SECRET-KEY-1QQQ", `${PLACEHOLDER_RECIPIENT} `])("%p is none", (text) =>
  expect(isAgeRecipient(text)).toBe(false),
);
