import { readJson } from './syntax';

/** The text of a catalog in which nothing is wrong with any service, and where these stand in it. */
export interface SoundText {
  readonly text: string;
  /** Of each service the offset of its first character and of the one behind its last, in turn. */
  readonly services: readonly number[];
  /** Of each cluster the waves of its services, which are sorted by name. */
  readonly waves: Readonly<Record<string, readonly number[]>>;
}

/** Services that stand one after the other and are all that differs between two texts. */
export interface ChangedServices {
  /** As they were, and in the same order as they are. */
  readonly before: readonly unknown[];
  readonly after: readonly unknown[];
  /** The new text, sound if these services are; of the waves nobody knows yet. */
  readonly sound: Omit<SoundText, 'waves'>;
}

/**
 * What has changed in a text since it was sound; undefined when it is more than services, or services came or went. The
 * rest of the text is the same, character for character, so it is as good JSON as before.
 */
export function changedServices(
  { text: last, services }: Omit<SoundText, 'waves'>,
  text: string,
): ChangedServices | undefined {
  if (text === last) return { before: [], after: [], sound: { text, services } };
  const prefix = commonPrefix(last, text);
  const suffix = commonSuffix(last, text, Math.min(last.length, text.length) - prefix);
  // From the last service that begins in what both begin with to the first that ends in what both end with.
  let first = services.length - 2;
  while (first >= 0 && services[first]! > prefix) first -= 2;
  let end = 1;
  while (end < services.length && services[end]! < last.length - suffix) end += 2;
  if (first < 0 || end > services.length) return undefined;
  const start = services[first]!;
  const growth = text.length - last.length;
  const before = readList(last.slice(start, services[end]));
  const after = readList(text.slice(start, services[end]! + growth));
  if (!before || !after || after.values.length !== before.values.length) return undefined;
  return {
    before: before.values,
    after: after.values,
    sound: {
      text,
      services: [
        ...services.slice(0, first),
        ...after.offsets.map((offset) => offset + start),
        ...services.slice(end + 1).map((offset) => offset + growth),
      ],
    },
  };
}

const LIST = '{"services":[';

/** Objects with commas between them, read as strictly as the catalog that they stand in. */
function readList(
  text: string,
): { readonly values: readonly unknown[]; readonly offsets: readonly number[] } | undefined {
  const { value, problems, services } = readJson(`${LIST}${text}]}`);
  if (value === undefined || problems.length > 0 || !services) return undefined;
  const { services: values, ...others } = value as { readonly services: readonly unknown[] };
  // A text that ends the list and begins another would be JSON too.
  if (Object.keys(others).length > 0 || services.length !== 2 * values.length) return undefined;
  return { values, offsets: services.map((offset) => offset - LIST.length) };
}

const CHUNK = 1 << 16;

function commonPrefix(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at + CHUNK <= most && a.slice(at, at + CHUNK) === b.slice(at, at + CHUNK)) at += CHUNK;
  while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** @param most longer than this it is not looked for: it would reach into the prefix */
function commonSuffix(a: string, b: string, most: number): number {
  let length = 0;
  const chunk = (text: string): string => text.slice(text.length - length - CHUNK, text.length - length);
  while (length + CHUNK <= most && chunk(a) === chunk(b)) length += CHUNK;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return length;
}
