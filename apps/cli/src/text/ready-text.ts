/** What a person reads when a node has started: where it is, and three commands to try. */
export function readyText(node: {
  readonly url: string;
  readonly workers: number;
  readonly verifier: 'native' | 'pure';
}): string {
  const server = `--rekor_server ${node.url}`;
  const what = '--artifact hello.txt --signature hello.sig --public-key hello.pub';
  const verifier =
    node.verifier === 'native'
      ? ''
      : '\nSignatures are verified in pure JavaScript, which is slow: no compiler was found when this was installed.';
  return `
Ready: ${node.url} (${node.workers} ${node.workers === 1 ? 'worker' : 'workers'})${verifier}
Try, in another terminal:

  1. Sign something:
     openssl ecparam -name prime256v1 -genkey -noout -out hello.key && openssl pkey -in hello.key -pubout -out hello.pub && echo hello > hello.txt && openssl dgst -sha256 -sign hello.key -out hello.sig hello.txt
  2. Put the signature into the log:
     npx countersign upload ${server} ${what}
  3. Prove that it is there:
     npx countersign verify ${server} ${what}

`;
}
