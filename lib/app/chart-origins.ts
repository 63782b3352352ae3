import type { IConstruct } from 'constructs';
import { type Finding, inClusters, type Place, sharedFindings } from '../findings';
import { fieldsAt, textAt } from '../kube';
import { codePlace } from '../synth';
import { originOf } from './origins';

/** Where the objects of an app's charts are made, by what findings know of an object. */
export class Origins {
  private readonly byObject = new Map<string, Error>();
  private readonly byFile = new Map<string, Error>();

  /** @param documents what came of the construct */
  add(cluster: string | undefined, construct: IConstruct, ...documents: readonly unknown[]): void {
    const stack = originOf(construct);
    if (!stack) return;
    for (const document of documents) {
      const object = describe(document);
      if (object !== undefined) this.byObject.set(`${cluster} ${object}`, stack);
    }
  }

  /** A file whose objects are not known before it is built. */
  addFile(file: string, construct: IConstruct): void {
    const stack = originOf(construct);
    if (stack) this.byFile.set(file, stack);
  }

  /** The findings, those about objects of charts at the lines that make them; in all clusters together where they say the same. */
  locate(findings: readonly Finding[], clusters: number): Finding[] {
    if (this.byObject.size + this.byFile.size === 0) return [...findings];
    const located = findings.map((finding) => this.located(finding));
    if (located.every((finding, index) => finding === findings[index])) return located;
    return sharedFindings(located).map((shared) => inClusters(shared, clusters));
  }

  private located(finding: Finding): Finding {
    const { file, line, cluster, object, pointer } = finding.place;
    // What is shown in the catalog already is made there.
    if (line !== undefined || file === undefined) return finding;
    const stack = this.byObject.get(`${cluster} ${object}`) ?? this.byFile.get(file);
    const place: Place = stack ? codePlace(stack) : {};
    if (place.line === undefined) return finding;
    return {
      ...finding,
      place: {
        ...place,
        ...(pointer === undefined ? {} : { pointer }),
        ...(object === undefined ? {} : { object }),
        ...(cluster === undefined ? {} : { cluster }),
      },
    };
  }
}

/** As findings name it. */
function describe(document: unknown): string | undefined {
  const { name, namespace } = fieldsAt(document, 'metadata');
  const kind = textAt(document, 'kind');
  if (kind === undefined || typeof name !== 'string') return undefined;
  return `${kind} ${typeof namespace === 'string' ? `${namespace}/` : ''}${name}`;
}
