/** Every limit of this format. Sizes are bytes. */
export const limits = {
  /** A key file: a key with some hundred certifications fits. */
  keyBytes: 512 * 1024,
  /** A signature file; RSA of 16,384 bits needs 3 KiB of armor. Clearsigned text counts. */
  signatureBytes: 1024 * 1024,
  /** Packets in a file. Each may cost one verification. */
  packets: 1024,
  /** Signatures in a signature file. */
  signatures: 16,
  /** Signatures within signatures: a signing subkey's back signature is one. */
  nesting: 2,
  /** RSA and DSA moduli, in bits. Go's libraries take none below either. */
  modulusBitsMin: 1024,
  modulusBitsMax: 16_384,
  /** A user id, and an e-mail address in one (RFC 5321 §4.5.3.1). */
  userIdBytes: 4096,
  addressLength: 320,
} as const;
