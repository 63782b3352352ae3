import { canary } from './case-manifests';

/** An Ingress of ingress-nginx for the cases of rules: `web` of namespace `shop`. */
export const nginxIngress = (annotations: Readonly<Record<string, string>>) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace: 'shop', annotations },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        host: 'shop.example',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
        },
      },
    ],
  },
});

/** The Canary that shares it out. */
export const behindNginx = (more: object = {}) =>
  canary('web', {
    spec: {
      provider: 'nginx',
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' },
      ...more,
    },
  });
