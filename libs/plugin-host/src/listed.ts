import { displayLimits, type EntryDisplay } from '@countersign/plugin-api';

/** What a list shows of an entry's text: one line without control characters, of at most so many characters. */
export function listedText(text: string, characters: number): string {
  // A character has at most two units: what is cut off first need not be looked at.
  const all = [...text.slice(0, 2 * (characters + 1)).replace(/\p{C}/gu, '\ufffd')];
  return all.length <= characters ? all.join('') : `${all.slice(0, characters - 1).join('')}…`;
}

/** A display as a list shows it. Throws `TypeError` on what is no text. */
export function listed({ title, subject, digest }: EntryDisplay): EntryDisplay {
  return {
    title: listedText(title, displayLimits.title),
    ...(subject !== undefined && { subject: listedText(subject, displayLimits.subject) }),
    ...(digest !== undefined && { digest: listedText(digest, displayLimits.digest) }),
  };
}
