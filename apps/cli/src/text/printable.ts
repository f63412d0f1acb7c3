/**
 * Text from elsewhere made fit for a terminal: control characters, which could move the cursor or
 * recolour what was said before, become visible escapes. Newlines and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}
