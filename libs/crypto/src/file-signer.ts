import { createKeyFile, readKeyFile, refuse } from './key-file.ts';
import { generatePrivateKey, keySigner, type Signer, type SignerAlgorithm } from './signer.ts';

/** How {@link fileSigner} treats its file. */
export interface FileSignerOptions {
  /** What the key has to be, and is made as. */
  readonly algorithm: SignerAlgorithm;
  /** Make the key when the file is missing. */
  readonly create: boolean;
  /** The key is encrypted with this; without one, the file is mode 0600. */
  readonly passphrase?: string;
}

/**
 * A signer whose key is a PEM file. An existing file is never overwritten; two processes that
 * create it at once end up with the same key.
 *
 * @throws `ERR_SIGNER`, saying what to do, when the file is missing and not to be created, holds a key of
 * another algorithm, is unencrypted and readable by others, or does not decrypt
 */
export async function fileSigner(path: string, options: FileSignerOptions): Promise<Signer> {
  const { algorithm, create, passphrase } = options;
  if (passphrase === '') throw refuse(path, 'cannot have an empty passphrase');
  let key = await readKeyFile(path, passphrase);
  if (key === undefined && create) {
    await createKeyFile(path, await generatePrivateKey(algorithm), passphrase);
    // Read back what is there: it may be the key of whoever was first.
    key = await readKeyFile(path, passphrase);
  }
  if (key === undefined) throw refuse(path, 'does not exist');
  const signer = makeSigner(path, key);
  if (signer.publicKey.algorithm !== algorithm) {
    throw refuse(path, `holds a key of type ${signer.publicKey.algorithm} where ${algorithm} is configured`);
  }
  return signer;
}

function makeSigner(path: string, key: Parameters<typeof keySigner>[0]): Signer {
  try {
    return keySigner(key);
  } catch (error) {
    throw refuse(path, 'holds a key of a type that is not supported', error);
  }
}
