/**
 * The target with a clean path, as Go's routers make it: no doubled slashes, no `.` and `..` segments, no trailing
 * slash. Clients rely on it: one posts to `/api/v1/log/entries/retrieve/`.
 *
 * @param target a request's target, `/path?query`
 */
export function cleanPath(target: string): string {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  // Nearly all paths are clean; looking is cheaper than splitting.
  if (!path.includes('//') && !path.includes('/.') && (path.length === 1 || !path.endsWith('/'))) return target;
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}${mark < 0 ? '' : target.slice(mark)}`;
}
