import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { isHttp, propertyOf, specSchemas } from '../../flagger';
import { schemaFaults } from '../../kube';
import { FlaggerObject } from '../flagger-object';
import { refuse, refuseUnknown } from '../refuse';

/** An AlertProvider that exists: what an alert refers to. */
export interface IAlertProvider {
  readonly name: string;
  readonly namespace?: string;
}

/** The channel and the Secret with its address. */
export interface AlertProviderProps {
  /** @default the construct's id */
  readonly name?: string;
  /** @default the chart's namespace */
  readonly namespace?: string;
  readonly type: 'slack' | 'msteams' | 'discord' | 'rocket' | 'gchat';
  /** @default 'general' */
  readonly channel?: string;
  /** @default 'flagger' */
  readonly username?: string;
  /** Address of the webhook; instead of `secretName`, where it is no secret. */
  readonly address?: string;
  /** Name of a Secret in the same namespace with `address`, for Slack also `token`. */
  readonly secretName?: string;
  /** Address of an HTTP proxy. */
  readonly proxy?: string;
}

/**
 * Where Flagger sends its alerts.
 *
 * @throws Error on misuse, with everything that is wrong.
 * @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/alert.go, pkg/notifier
 * @example
 * const team = new AlertProvider(chart, 'team', { type: 'slack', channel: 'releases', secretName: 'slack' });
 */
export class AlertProvider extends Construct implements IAlertProvider {
  /** One that exists, by name. */
  static fromAlertProviderName(
    _scope: Construct,
    _id: string,
    name: string,
    options: { readonly namespace?: string } = {},
  ): IAlertProvider {
    return { name, namespace: options.namespace };
  }

  readonly name: string;
  readonly namespace?: string;
  readonly provider: ApiObject;

  constructor(scope: Construct, id: string, props: AlertProviderProps) {
    super(scope, id);
    const what = `AlertProvider "${props?.name ?? id}"`;
    refuseUnknown(what, props, ['name', 'namespace', 'type', 'channel', 'username', 'address', 'secretName', 'proxy']);
    this.name = props.name ?? id;
    this.namespace = props.namespace ?? Chart.of(this).namespace;
    const { type, channel, username, address, secretName, proxy } = props;
    const spec = {
      type,
      channel,
      username,
      address,
      proxy,
      secretRef: secretName === undefined ? undefined : { name: secretName },
    };
    refuse(what, [
      ...schemaFaults(spec, specSchemas.AlertProvider).map(({ pointer, value, allowed }) =>
        pointer === ''
          ? 'exactly one of address and secretName must be said'
          : `${propertyOf(pointer)} ${value === undefined ? 'is missing' : `${JSON.stringify(value)} is not taken`}: write ${allowed}`,
      ),
      ...Object.entries({ address, proxy })
        .filter(([, url]) => typeof url === 'string' && !isHttp(url))
        .map(([name, url]) => `${name} ${JSON.stringify(url)} is not an http address`),
    ]);
    this.provider = new FlaggerObject(this, 'provider', {
      kind: 'AlertProvider',
      metadata: { name: this.name, namespace: props.namespace, labels: { 'app.kubernetes.io/managed-by': 'aviary' } },
      spec,
    });
  }
}
