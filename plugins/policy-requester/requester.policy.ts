import type { AdmissionPolicy, JsonObject, Requester } from '@countersign/plugin-api';

/** What the schema has made sure of: at least one of the lists. */
interface Settings {
  readonly tokens?: readonly string[];
  readonly identities?: readonly Identity[];
}

/** Either `subject` or `email`. */
interface Identity {
  readonly issuer: string;
  readonly subject?: Match;
  readonly email?: Match;
}

/** The whole value; or its beginning, its end, or both. */
type Match = string | { readonly prefix?: string; readonly suffix?: string };

/** `requester`: takes uploads of those that are listed, whoever signed. */
export default function requester(): AdmissionPolicy {
  return {
    async prepare(settings: JsonObject) {
      const { tokens = [], identities = [] } = settings as unknown as Settings;
      return ({ request: { requester: who, unauthenticated } }) => {
        if (who === undefined) {
          return { decision: 'deny', reason: unauthenticated ?? 'the upload came without a token' };
        }
        const isListed =
          who.type === 'token' ? tokens.includes(who.name) : identities.some((identity) => isOf(identity, who));
        return isListed
          ? { decision: 'allow', reason: `${nameOf(who)} is listed` }
          : { decision: 'deny', reason: `${nameOf(who)} is not listed` };
      };
    },
  };
}

function isOf({ issuer, subject, email }: Identity, who: Requester & { readonly type: 'oidc' }): boolean {
  if (who.issuer !== issuer) return false;
  if (subject !== undefined) return fits(subject, who.subject);
  // An address that the issuer has not verified is anybody's.
  return email !== undefined && who.emailVerified === true && who.email !== undefined && fits(email, who.email);
}

function fits(match: Match, value: string): boolean {
  if (typeof match === 'string') return value === match;
  const { prefix = '', suffix = '' } = match;
  // Beginning and end may not share letters: `a-` and `-b` are not both in `a-b`.
  return value.length >= prefix.length + suffix.length && value.startsWith(prefix) && value.endsWith(suffix);
}

function nameOf(who: Requester): string {
  return who.type === 'token' ? `token ${who.name}` : `${who.email ?? who.subject} of ${who.issuer}`;
}
