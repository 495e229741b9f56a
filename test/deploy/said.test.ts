import { serverSaid } from "../../lib/deploy/said";

test("leaves the server's words of a refused patch, and nothing of the patch", () => {
  const stderr =
    'Warning: something else\nError from server (Invalid): error when applying patch:\n{"data":{"password":"c2VjcmV0"}}\nto:\nResource: "/v1"\n' +
    'Name: "a", Namespace: "b"\nfor: "x.yaml": error when patching "x.yaml": Secret "a" is invalid: data: Forbidden';
  expect(serverSaid(stderr)).toBe('Error from server (Invalid): Secret "a" is invalid: data: Forbidden');
});

test.each([
  [
    'Error from server (NotFound): error when creating "STDIN": namespaces "x" not found',
    'Error from server (NotFound): namespaces "x" not found',
  ],
  [
    'The Job "a" is invalid: spec.template: field is immutable',
    'The Job "a" is invalid: spec.template: field is immutable',
  ],
])("%s", (stderr, words) => expect(serverSaid(`${stderr}\n`)).toBe(words));
