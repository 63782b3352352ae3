import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A file and what its documents say, as JSON has them. */
export interface WrittenFile {
  readonly text: string;
  readonly want: readonly unknown[];
}

export interface Complaint {
  readonly reader: string;
  readonly error: string;
  /** Of the file. */
  readonly text: string;
}

/** PyYAML, with the C library where it is there: a reader of YAML 1.1. */
const PYTHON = `
import json, sys, yaml
loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
files = documents = 0
for line in sys.stdin:
    one = json.loads(line)
    files += 1
    documents += len(one['want'])
    try:
        got = json.dumps(list(yaml.load_all(one['text'], Loader=loader)))
        error = None if got == json.dumps(one['want']) else 'reads ' + got
    except Exception as failure:
        error = repr(failure)
    if error:
        print(json.dumps({'reader': 'PyYAML', 'error': error, 'text': one['text']}))
print(json.dumps({'files': files, 'documents': documents}))
`;

/** A program that reads files and says which it reads otherwise: a line of JSON in, complaints out. */
export class ReaderProcess {
  readonly complaints: Complaint[] = [];
  /** Documents that it has read, once {@link end} is over. */
  documents = 0;
  private readonly closed: Promise<unknown>;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.closed = once(child, 'close');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Complaint | { readonly documents: number };
      if ('documents' in said) this.documents = said.documents;
      else this.complaints.push(said);
    });
    child.stderr.pipe(process.stderr);
  }

  /** @param program of e2e/tools/yaml-readers */
  static go(program: string): ReaderProcess {
    return new ReaderProcess(spawn(program));
  }

  static python(): ReaderProcess {
    return new ReaderProcess(spawn('python3', ['-c', PYTHON]));
  }

  async write(file: WrittenFile): Promise<void> {
    if (!this.child.stdin.write(`${JSON.stringify(file)}\n`)) await once(this.child.stdin, 'drain');
  }

  async end(): Promise<void> {
    this.child.stdin.end();
    await this.closed;
  }
}
