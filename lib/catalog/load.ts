import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../findings';
import { hasError, JsonSource } from '../findings';
import { changedServices, type SoundText } from './changed-services';
import { checkCatalog } from './checks';
import { hasSameFace } from './checks/context';
import { containersOf } from './containers';
import type { ImageLock } from './image-lock';
import { madeObjects, objectId, usedObjects } from './objects';
import { type Places, problemsToFindings } from './problem';
import { type ResolvedService, resolveCluster, runsIn, serviceResolver } from './resolve';
import { type Catalog, catalogSchema } from './schema';
import { schemaProblems, withoutInvalid } from './schema-problems';
import { readJson } from './syntax';
import { keepLevels, levelsOf } from './waves';

/** A catalog that may be used, or what is wrong with it. Warnings and notes may stand beside a catalog. */
export interface LoadedCatalog {
  /** Absent when there is an error. */
  readonly catalog?: Catalog;
  /** In the order of the text. */
  readonly findings: readonly Finding[];
  /** For the next time; absent when something is wrong with a service. */
  readonly sound?: SoundText;
  /**
   * Names of the services that are not what they were in the last sound text, where nothing else is different: no other
   * service, not what others know of these, no wave, no policy of others.
   */
  readonly changed?: ReadonlySet<string>;
}

/** Checks that zod compiles cost more than they save at every size, with schemas that are made when a value meets them (measured: 2,000 services, 221 and 125 ms). */
const UNCOMPILED = { jitless: true };

/**
 * Reads and checks a catalog's text: all errors at once, each with its place, cause and fix.
 * What fits the schema is checked for meaning even when other parts do not.
 * @param file the name that findings give as their file
 * @param images what images.lock.json says
 * @param places where the text is written, where that is not the file
 * @param last what the same code has found sound before, with the same images: where only services have changed since, only these are checked
 */
export function loadCatalog(
  text: string,
  file: string,
  last?: SoundText,
  images?: ImageLock,
  places?: Places,
): LoadedCatalog {
  return (last && loadChanged(text, file, last, { images, places })) ?? loadWhole(text, file, { images, places });
}

/** What stands beside the text. */
interface Beside {
  readonly images: ImageLock | undefined;
  readonly places: Places | undefined;
}

function loadWhole(text: string, file: string, { images, places }: Beside): LoadedCatalog {
  const source = places ?? new JsonSource(text);
  const { value, problems: readProblems, services } = readJson(text);
  if (value === undefined) return { findings: problemsToFindings(readProblems, source, file) };
  const parsed = catalogSchema.safeParse(value, UNCOMPILED);
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error, value);
    // The rest of the catalog is checked too: nobody likes a second list after the first is mended.
    const cleaned = withoutInvalid(value, problems);
    const { ofCatalog, ofServices } = cleaned
      ? checkCatalog({ ...cleaned.catalog, images })
      : { ofCatalog: [], ofServices: [] };
    const meaning = [...ofCatalog, ...ofServices].filter((problem) => cleaned?.stillHolds(problem));
    return { findings: problemsToFindings([...readProblems, ...problems, ...meaning], source, file) };
  }
  // The value itself, not the schema's copy: a service has its keys in this order too when it is not checked again.
  const catalog: Catalog = images ? { ...(value as Catalog), images } : (value as Catalog);
  const { ofCatalog, ofServices } = checkCatalog(catalog);
  const findings = problemsToFindings([...readProblems, ...ofCatalog, ...ofServices], source, file);
  if (hasError(findings)) return { findings };
  const isSound = ofServices.length === 0 && services?.length === 2 * catalog.services.length;
  return { catalog, findings, ...(isSound && { sound: { text, services, waves: wavesByCluster(catalog) } }) };
}

/** Reads JSON as strictly as a catalog is read, whatever it means. */
export function readCatalogJson(text: string, file: string): { value?: unknown; findings: readonly Finding[] } {
  const { value, problems } = readJson(text);
  const findings = problemsToFindings(problems, new JsonSource(text), file);
  return { ...(value === undefined ? {} : { value }), findings };
}

/** Undefined where the text has to be read as a whole: something is wrong, or the change can concern services that stay. */
function loadChanged(
  text: string,
  file: string,
  last: SoundText,
  { images, places }: Beside,
): LoadedCatalog | undefined {
  const change = changedServices(last, text);
  if (!change) return undefined;
  const read = JSON.parse(text) as Catalog;
  const services = change.after as Catalog['services'];
  if (!catalogSchema.safeParse({ ...read, services }, UNCOMPILED).success) return undefined;
  const catalog: Catalog = images ? { ...read, images } : read;
  const others = effectOnOthers(catalog, change.before as Catalog['services'], services);
  if (others === 'face') return undefined;
  const changed = new Set(services.map(({ name }) => name));
  const isSame = others === 'none';
  if (isSame)
    for (const { name } of catalog.clusters) keepLevels(resolveCluster(catalog, name).services, last.waves[name]!);
  const { ofCatalog, ofServices } = checkCatalog(catalog, { services: changed, hasSameObjects: isSame });
  if (ofServices.length > 0) return undefined;
  const findings = problemsToFindings(ofCatalog, places ?? new JsonSource(text), file);
  if (hasError(findings)) return undefined;
  const waves = isSame ? last.waves : wavesByCluster(catalog);
  return { catalog, findings, sound: { ...change.sound, waves }, ...(isSame && { changed }) };
}

const wavesByCluster = (catalog: Catalog): SoundText['waves'] =>
  Object.fromEntries(catalog.clusters.map(({ name }) => [name, levelsOf(resolveCluster(catalog, name).services)]));

/** What a change of services means for the others: their checks may say something else, or their waves and policies may be others. */
function effectOnOthers(
  catalog: Catalog,
  before: Catalog['services'],
  after: Catalog['services'],
): 'face' | 'files' | 'none' {
  let effect: 'files' | 'none' = 'none';
  for (const [index, service] of after.entries()) {
    const last = before[index]!;
    if (!isDeepStrictEqual(service.clusters, last.clusters)) return 'face';
    for (const cluster of catalog.clusters.filter(({ name }) => runsIn(service, name))) {
      const resolve = serviceResolver(catalog, cluster);
      const [now, then] = [resolve(service), resolve(last)];
      if (!hasSameFace(now, then)) return 'face';
      if (!isDeepStrictEqual(seenByOthers(now), seenByOthers(then))) effect = 'files';
    }
  }
  return effect;
}

/** What decides its wave and those of others, and the policies of those that it calls: which ports, which requests, as whom, from which pods. */
const seenByOthers = (service: ResolvedService) => [
  referencesOf(service),
  madeObjects(service).map(objectId),
  usedObjects(service).map(objectId),
  SEEN_BY_OTHERS.map((field) => service[field]),
];

const SEEN_BY_OTHERS = ['wave', 'calls', 'selector', 'podLabels', 'serviceAccount', 'release'] as const;

/** Each variable that tells the address of a service, in order. */
const referencesOf = (service: ResolvedService): unknown[] =>
  containersOf(service).flatMap(({ env }) =>
    Object.entries(env).filter(([, value]) => typeof value === 'object' && 'service' in value),
  );
