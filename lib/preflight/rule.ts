import type { Severity } from '../findings';
import type { KubeObject } from '../kube';
import type { CanaryView, Entry, World, WorldFacts } from '../world';
import type { RuleSubjects, SubjectKind } from './subjects';

/**
 * What happens when the finding is ignored: `rejected` the API server or Flagger refuses the object; `outage` users see
 * errors; `stuck` the rollout never ends; `fails` it is rolled back; `wrong` it succeeds or measures what it should not;
 * `cost` resources; `no-alert` nobody is told.
 */
export type Effect = 'rejected' | 'outage' | 'stuck' | 'fails' | 'wrong' | 'cost' | 'no-alert';

/** Something that stands for an object: an entry, or a view of one. */
export type Subject = Entry | { readonly entry: Entry };

/** The words of one finding. */
export interface Report {
  /** Field of the object that is wrong, as a JSON pointer: `/spec/analysis/interval`. @default the object */
  readonly pointer?: string;
  /** One sentence: which thing, what is wrong, the value that was seen. */
  readonly message: string;
  /** An instruction that can be carried out without reading on. */
  readonly fix: string;
  /** Overrides the rule's. */
  readonly cause?: string;
  /** Overrides the rule's. */
  readonly severity?: Severity;
  /** The nearest valid name, where there is one. */
  readonly nearest?: string;
  /** Overrides the rule's: an empty list where this one has a cause of its own. */
  readonly echoOf?: readonly string[];
  /**
   * The cure as changes of fields, where it needs no judgement: all of them together. Who wrote the objects turns them
   * into changes of what they were written in; a cure that cannot be said there is left to people.
   */
  readonly edits?: readonly FieldEdit[];
  /** For what many Canaries share: of several reports at one field, the first is kept. @default false */
  readonly once?: boolean;
  /** The Canary that suffers, where the finding is at another object: groups findings, and finds roots. */
  readonly about?: CanaryView;
}

/** Another value for a field of an object, or none. */
export interface FieldEdit {
  /** @default what the finding is reported at */
  readonly subject?: Subject;
  /** JSON pointer into the object. @default that of the finding */
  readonly pointer?: string;
  /** Undefined removes the field. */
  readonly value: unknown;
}

/** Reports a finding at an object. What Flagger makes has the place of its Canary. */
export type ReportFinding = (subject: Subject, report: Report) => void;

/** YAML documents, or objects. */
export type CaseManifests = string | readonly (KubeObject | string)[];

/** A small world that shows the rule. */
export interface Case {
  /** States the case: `the gateway's VirtualService sends all traffic to the apex Service`. */
  readonly name: string;
  readonly manifests: CaseManifests;
  /** More of them, by the file in which they are: for rules that ask which Kustomization applies an object. */
  readonly files?: Readonly<Record<string, CaseManifests>>;
  /** What is stated about the cluster. */
  readonly facts?: WorldFacts;
}

/** A world in which the rule reports exactly these findings. */
export interface BadCase extends Case {
  readonly expect: readonly ExpectedFinding[];
  /** The manifests with the fix carried out, where the rule does not say it as `edits`: it is silent about them. */
  readonly mended?: CaseManifests;
}

/** What a case says of a finding; fields that it leaves out are not compared. */
export interface ExpectedFinding {
  /** `Kind namespace/name`. */
  readonly object: string;
  /** The exact sentence. */
  readonly message?: string;
  readonly pointer?: string;
  readonly severity?: Severity;
}

/** What a rule says of itself: everything but how it looks. */
interface RuleWords {
  /** Kebab case, for ever: names what goes wrong. The name of the file. */
  readonly id: string;
  readonly severity: Severity;
  readonly effect: Effect;
  /** The version that brought the rule. */
  readonly since: string;
  /** For the page of the rule: what happens and why, in a few sentences. */
  readonly why: string;
  /** For the finding: why it is wrong, in one sentence. */
  readonly cause: string;
  /** Where the fact comes from: `fluxcd/flagger v1.44 pkg/router/istio.go`. */
  readonly source: readonly string[];
  /** Codes of the failure catalogue that the rule covers: `INGRESS_BYPASSES_VS`. */
  readonly codes: readonly string[];
  /** Rules whose finding about the same Canary is the root of this one. */
  readonly echoOf?: readonly string[];
  /**
   * What its errors rest on beside what is written. One about a Canary whose namespace or provider nobody has written is a
   * warning: an assumption alone must not stop anybody. What rests on a namespace says that something is not there: it is a
   * warning too where a part of what is applied is not here.
   */
  readonly restsOn?: readonly ('namespace' | 'provider')[];
  /**
   * Among the warnings about one Canary it comes last: what is only not seen among the manifests may be in the cluster,
   * and what costs one check of several ends no rollout. A cause that can be seen comes before it.
   */
  readonly comesLast?: boolean;
}

/** How a rule looks: at one subject after the other. How many of them in one go is the engine's business. */
interface Look<K extends SubjectKind, S = unknown> {
  /** What the rule looks at, one at a time: each Canary, each query …; the world as a whole where one subject is judged by others. */
  readonly each: K;
  /**
   * What all subjects are judged by, looked up once a world and handed to each check. Undefined: there is nothing to judge
   * by, and no subject is looked at.
   */
  shared?(world: World): S;
  /** Looks at the subject and reports; knows no files and no formats. Costs what it looks at. */
  check(subject: RuleSubjects[K], report: ReportFinding, world: World, shared: NonNullable<S>): void;
}

/** A rule that looks at one kind of subject. */
export interface RuleOf<K extends SubjectKind> extends RuleWords, Look<K> {
  readonly cases: RuleCases;
}

/** One failure mode that can be known from the objects. */
export type Rule = { readonly [K in SubjectKind]: RuleOf<K> }[SubjectKind];

/** Small worlds that show a rule: its tests, and the examples of its page. */
export interface RuleCases {
  readonly bad: readonly BadCase[];
  readonly good: readonly Case[];
}

/** A rule as its file writes it. */
export interface RuleDeclaration<K extends SubjectKind, S = unknown> extends RuleWords, Look<K, S> {
  readonly cases: () => RuleCases;
}

/** Declares a rule; `lib/preflight/rules/<id>.ts` exports it as default. */
export function rule<K extends SubjectKind, S = undefined>({ cases, ...fields }: RuleDeclaration<K, S>): RuleOf<K> {
  let made: RuleCases | undefined;
  return {
    ...fields,
    // Only tests and pages read them: the worlds of all rules are no work of a run.
    get cases() {
      made ??= cases();
      return made;
    },
  };
}
