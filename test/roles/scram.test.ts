import { checkPasswords, type Passwords } from "../../lib/roles/passwords";
import { matchesVerifier, scramVerifier } from "../../lib/roles/scram";
import { type Server, serverProblems } from "../../lib/roles/server";

describe("a SCRAM verifier", () => {
  test("is the one that RFC 7677's example computes", async () => {
    // The RFC prints the signatures that these keys make, and not the keys.
    const known =
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    expect(await matchesVerifier("pencil", known)).toBe(true);
    expect(await matchesVerifier("Pencil", known)).toBe(false);
  });

  test("matches its password and no other, with a salt of its own", async () => {
    const [one, other] = [await scramVerifier("secret", 4096), await scramVerifier("secret", 4096)];
    expect(one).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/);
    expect(one).not.toBe(other);
    expect(await matchesVerifier("secret", one)).toBe(true);
    expect(await matchesVerifier("secret ", one)).toBe(false);
  });

  test.each([null, "", "md5d41d8cd98f00b204e9800998ecf8427e", "SCRAM-SHA-256$x", "SCRAM-SHA-256$4096:AA==$AA==:AA=="])(
    "is not %j",
    async (verifier) => expect(await matchesVerifier("secret", verifier)).toBe(false),
  );
});

describe("passwords that not every client could use", () => {
  const problems = (passwords: Passwords) => {
    try {
      checkPasswords(passwords);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test("are refused, all at once, and none is shown", () => {
    expect(
      problems({ migrator: "", data_svc: "pass\n", readonly: "pässword", backup: "a\tb", monitor: "fine" }),
    ).toMatchObject({
      exitCode: 2,
      details: {
        problems: [
          expect.stringMatching(/^The password of migrator is empty/),
          expect.stringMatching(/^The password of data_svc ends with a line break/),
          expect.stringMatching(/^The password of readonly has a character that is not printable ASCII/),
          expect.stringMatching(/^The password of backup has a character that is not printable ASCII/),
        ],
      },
      message: expect.not.stringMatching(/pass\n|pässword|a\tb|fine/),
    });
  });

  test("are refused for a role that there is not", () => {
    const passwords = { owner: "secret" } as Passwords;
    expect(problems(passwords)).toMatchObject({ message: expect.stringContaining("there is no such role") });
  });

  test("are not those of printable ASCII", () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
    expect(problems({ migrator: printable })).toBeUndefined();
    expect(problems({})).toBeUndefined();
  });
});

describe("a server that cannot be bootstrapped", () => {
  const fine: Server = { version: "16.14", major: 16, standby: false, user: "diabrisk", superuser: true };

  test.each([
    [{ version: "15.8", major: 15 }, /PostgreSQL 15\.8, but roles and SQL are written for 16\. Connect to/],
    [{ version: "17.0", major: 17 }, /PostgreSQL 17\.0/],
    [{ standby: true }, /standby.*Connect to the primary/],
    [{ user: "somebody", superuser: false }, /somebody is not a superuser.*POSTGRES_USER/],
    [{ user: "migrator" }, /migrator is one of the roles.*Connect as another/],
  ])("%j says so", (difference, message) => {
    expect(serverProblems({ ...fine, ...difference })).toEqual([expect.stringMatching(message)]);
  });

  test("says everything at once", () => {
    expect(serverProblems({ ...fine, major: 15, standby: true, superuser: false })).toHaveLength(3);
  });

  test("is not the one that this is made for", () => expect(serverProblems(fine)).toEqual([]));
});
