import type { App } from 'cdk8s';
import { MadeObjects, PlainFile, TextFile } from '../constructs';
import type { ChartInput } from './inputs';

/** Files whose objects were rendered before. */
export function renderedChart(app: App, { files, releases = {} }: ChartInput): void {
  for (const [index, { path, documents, text, isWritten }] of files.entries()) {
    const id = `file-${index}`;
    if (text !== undefined) new TextFile(app, id, { path, text });
    else if (isWritten === false) new MadeObjects(app, id, { path, objects: documents });
    else new PlainFile(app, id, { path, documents });
  }
  for (const [name, digest] of Object.entries(releases)) app.node.addMetadata('aviary:release', { name, digest });
}
