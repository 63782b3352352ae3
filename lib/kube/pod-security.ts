import { at, booleanAt, type Fields, fieldsAt, isFields, listAt, numberAt, textAt, textMapAt } from './fields';

/** Levels of the Pod Security Standards that refuse something. */
export type PodSecurityLevel = 'baseline' | 'restricted';

/** What a level does not admit in a pod. */
export interface PodSecurityViolation {
  /** JSON pointer into the pod template. */
  readonly pointer: string;
  /** What the level asks for: `container "web": allowPrivilegeEscalation: false`. */
  readonly asks: string;
}

/** Reports a violation at a pointer below the pod template. */
type Report = (pointer: string, asks: string) => void;

interface Container {
  readonly fields: Fields;
  readonly name: string;
  readonly pointer: string;
}

const BASELINE_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);
const SELINUX_TYPES: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);
const RESTRICTED_VOLUMES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const HANDLERS = [
  ['livenessProbe'],
  ['readinessProbe'],
  ['startupProbe'],
  ['lifecycle', 'postStart'],
  ['lifecycle', 'preStop'],
] as const;

/**
 * What a level of the Pod Security Standards (their latest version) does not admit in a pod template.
 * @param template `{metadata, spec}`
 * @see k8s.io/pod-security-admission v1.36 policy/ (one file a check)
 */
export function podSecurityViolations(template: Fields, level: PodSecurityLevel): PodSecurityViolation[] {
  const found: PodSecurityViolation[] = [];
  const report: Report = (pointer, asks) => found.push({ pointer, asks });
  const spec = fieldsAt(template, 'spec');
  const containers = (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    listAt(spec, list).flatMap((item, index): Container[] =>
      isFields(item) ? [{ fields: item, name: textAt(item, 'name') ?? '', pointer: `/spec/${list}/${index}` }] : [],
    ),
  );
  baselinePod(template, spec, report);
  for (const container of containers) baselineContainer(container, report);
  if (level === 'restricted') restricted(spec, containers, report);
  return found;
}

const hasType = (profile: unknown, type: string): boolean => textAt(profile, 'type') === type;

function baselinePod(template: Fields, spec: Fields, report: Report): void {
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (booleanAt(spec, field)) report(`/spec/${field}`, `no ${field}`);
  for (const [index, volume] of listAt(spec, 'volumes').entries())
    if (at(volume, 'hostPath') !== undefined)
      report(`/spec/volumes/${index}/hostPath`, `no hostPath volume ("${textAt(volume, 'name') ?? ''}")`);
  for (const [key, value] of Object.entries(textMapAt(template, 'metadata', 'annotations')))
    if (
      key.startsWith('container.apparmor.security.beta.kubernetes.io/') &&
      !/^(runtime\/default|localhost\/.*)?$/.test(value)
    )
      report('/metadata/annotations', `AppArmor profile runtime/default or localhost/* (${key})`);
  const security = fieldsAt(spec, 'securityContext');
  baselineSecurity(security, 'the pod', '/spec/securityContext', report);
  for (const [index, sysctl] of listAt(security, 'sysctls').entries()) {
    const name = textAt(sysctl, 'name') ?? '';
    if (!SAFE_SYSCTLS.has(name)) report(`/spec/securityContext/sysctls/${index}`, `no sysctl ${name}`);
  }
}

/** What pods and containers have in common. */
function baselineSecurity(security: Fields, what: string, pointer: string, report: Report): void {
  if (hasType(security.seccompProfile, 'Unconfined'))
    report(`${pointer}/seccompProfile`, `${what}: a seccompProfile that is not Unconfined`);
  if (hasType(security.appArmorProfile, 'Unconfined'))
    report(`${pointer}/appArmorProfile`, `${what}: an appArmorProfile that is not Unconfined`);
  const { seLinuxOptions } = security;
  if (
    !SELINUX_TYPES.has(textAt(seLinuxOptions, 'type') ?? '') ||
    textAt(seLinuxOptions, 'user') ||
    textAt(seLinuxOptions, 'role')
  )
    report(`${pointer}/seLinuxOptions`, `${what}: no seLinuxOptions of its own`);
  if (booleanAt(security, 'windowsOptions', 'hostProcess'))
    report(`${pointer}/windowsOptions`, `${what}: no hostProcess`);
}

function baselineContainer({ fields, name, pointer }: Container, report: Report): void {
  const what = `container "${name}"`;
  const security = fieldsAt(fields, 'securityContext');
  const below = `${pointer}/securityContext`;
  baselineSecurity(security, what, below, report);
  if (booleanAt(security, 'privileged')) report(`${below}/privileged`, `${what}: not privileged`);
  if (textAt(security, 'procMount') !== undefined && textAt(security, 'procMount') !== 'Default')
    report(`${below}/procMount`, `${what}: procMount Default`);
  const added = listAt(security, 'capabilities', 'add').filter(
    (capability) => !BASELINE_CAPABILITIES.has(String(capability)),
  );
  if (added.length > 0) report(`${below}/capabilities/add`, `${what}: not the capability ${added.join(', ')}`);
  for (const [index, port] of listAt(fields, 'ports').entries())
    if (numberAt(port, 'hostPort')) report(`${pointer}/ports/${index}/hostPort`, `${what}: no hostPort`);
  for (const path of HANDLERS) {
    const handler = at(fields, ...path);
    for (const kind of ['httpGet', 'tcpSocket'])
      if (textAt(handler, kind, 'host'))
        report(`${pointer}/${path.join('/')}/${kind}/host`, `${what}: no host in ${path.join('.')}`);
  }
}

function restricted(spec: Fields, containers: readonly Container[], report: Report): void {
  const pod = fieldsAt(spec, 'securityContext');
  for (const [index, volume] of listAt(spec, 'volumes').entries()) {
    const source = Object.keys(fieldsAt(volume)).find((key) => key !== 'name');
    // A volume without a source is an emptyDir.
    if (source !== undefined && source !== 'hostPath' && !RESTRICTED_VOLUMES.has(source))
      report(`/spec/volumes/${index}`, `no ${source} volume ("${textAt(volume, 'name') ?? ''}")`);
  }
  if (numberAt(pod, 'runAsUser') === 0) report('/spec/securityContext/runAsUser', 'the pod: runAsUser that is not 0');
  if (booleanAt(pod, 'runAsNonRoot') === false)
    report('/spec/securityContext/runAsNonRoot', 'the pod: runAsNonRoot: true');
  const isWindows = textAt(spec, 'os', 'name') === 'windows';
  const podRunsAsNonRoot = booleanAt(pod, 'runAsNonRoot') === true;
  for (const { fields, name, pointer } of containers) {
    const security = fieldsAt(fields, 'securityContext');
    const where = fields.securityContext === undefined ? pointer : `${pointer}/securityContext`;
    const asks: string[] = [];
    /** What the pod can say for all of its containers. */
    const common: string[] = [];
    if (!isWindows && booleanAt(security, 'allowPrivilegeEscalation') !== false)
      asks.push('allowPrivilegeEscalation: false');
    if (!isWindows && !listAt(security, 'capabilities', 'drop').includes('ALL')) asks.push('capabilities.drop: [ALL]');
    const added = listAt(security, 'capabilities', 'add').filter(
      (capability) => capability !== 'NET_BIND_SERVICE' && BASELINE_CAPABILITIES.has(String(capability)),
    );
    if (!isWindows && added.length > 0) asks.push(`not the capability ${added.join(', ')}`);
    const nonRoot = booleanAt(security, 'runAsNonRoot');
    if (nonRoot === false || (nonRoot === undefined && !podRunsAsNonRoot)) common.push('runAsNonRoot: true');
    if (numberAt(security, 'runAsUser') === 0) asks.push('runAsUser that is not 0');
    const profile = at(security, 'seccompProfile') ?? pod.seccompProfile;
    if (!isWindows && !hasType(profile, 'RuntimeDefault') && !hasType(profile, 'Localhost'))
      common.push('seccompProfile.type: RuntimeDefault');
    if (asks.length + common.length > 0)
      report(
        asks.length === 0 && nonRoot !== false ? '/spec/securityContext' : where,
        `container "${name}": ${[...asks, ...common].join(', ')}`,
      );
  }
}
