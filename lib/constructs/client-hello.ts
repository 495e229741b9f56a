const uint16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const sized = (...parts: readonly Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint16(body.length), body]);
};
const extension = (type: number, body: Buffer) => Buffer.concat([uint16(type), sized(body)]);

/** What asks PostgreSQL for TLS. */
export const SSL_REQUEST = Buffer.concat([uint16(0), uint16(8), uint16(1234), uint16(5679)]);

/**
 * The first message of a TLS 1.2 handshake (RFC 5246): the server answers it with its certificate in clear. The database's image
 * has no other program that shows it. Random is all zeros, since nothing comes after.
 */
export function clientHello(): Buffer {
  // ECDHE with an ECDSA or an RSA certificate, AES-128-GCM.
  const ciphers = sized(uint16(0xc02b), uint16(0xc02f));
  const extensions = sized(
    // supported_groups: P-256, X25519.
    extension(10, sized(uint16(0x0017), uint16(0x001d))),
    // ec_point_formats: uncompressed.
    extension(11, Buffer.from([1, 0])),
    // signature_algorithms: ECDSA with SHA-256 and SHA-384, RSA-PSS and RSA with SHA-256.
    extension(13, sized(uint16(0x0403), uint16(0x0503), uint16(0x0804), uint16(0x0401))),
  );
  const noSession = Buffer.from([0]);
  const noCompression = Buffer.from([1, 0]);
  const hello = Buffer.concat([uint16(0x0303), Buffer.alloc(32), noSession, ciphers, noCompression, extensions]);
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(Buffer.from([1, 0]), sized(hello))]);
}

/** As printf(1) takes them. */
export const octal = (bytes: Buffer) => [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
