import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { ServiceValues } from '../values';

/** One umbrella chart that ranges over the services: the fastest way to use Helm for many. */
const TEMPLATE = `{{- range .Values.services }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  labels: {{- include "labels" . | nindent 4 }}
  name: {{ .name }}
  namespace: shop
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    aviary.dev/release-digest: {{ .digest }}
  labels: {{- include "labels" . | nindent 4 }}
    app.kubernetes.io/version: {{ .version }}
  name: {{ .name }}
  namespace: shop
spec:
  selector:
    matchLabels:
      app: {{ .name }}
  template:
    metadata:
      labels:
        app: {{ .name }}
        app.kubernetes.io/name: {{ .name }}
    spec:
      automountServiceAccountToken: false
      containers:
        - env:
          {{- range .env }}
            - name: {{ .name }}
              value: {{ .value | quote }}
          {{- end }}
          image: {{ .image }}
          {{- range list "livenessProbe" "readinessProbe" }}
          {{ . }}:
          {{- if eq $.protocol "http" }}
            httpGet:
              path: /healthz
              port: {{ $.port }}
          {{- else }}
            grpc:
              port: {{ $.port }}
          {{- end }}
          {{- end }}
          name: server
          ports:
            - containerPort: {{ .port }}
              name: {{ .protocol }}
              protocol: TCP
          resources:
            limits:
              cpu: 200m
              memory: {{ .memory }}
            requests:
              cpu: 100m
              memory: 64Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
            privileged: false
            readOnlyRootFilesystem: true
      securityContext:
        fsGroup: 1000
        runAsGroup: 1000
        runAsNonRoot: true
        runAsUser: 1000
        seccompProfile:
          type: RuntimeDefault
      serviceAccountName: {{ .name }}
---
apiVersion: v1
kind: Service
metadata:
  labels: {{- include "labels" . | nindent 4 }}
  name: {{ .name }}
  namespace: shop
spec:
  ports:
    - appProtocol: {{ .protocol }}
      name: {{ .protocol }}
      port: {{ .port }}
      protocol: TCP
      targetPort: {{ .port }}
  selector:
    app: {{ .name }}
  type: ClusterIP
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  labels: {{- include "labels" . | nindent 4 }}
  name: {{ .name }}
  namespace: shop
spec:
  maxReplicas: 10
  metrics:
    - resource:
        name: cpu
        target:
          averageUtilization: 75
          type: Utilization
      type: Resource
  minReplicas: 2
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .name }}
{{- end }}
`
  // Inside `range` over the probes the dot is the probe's name: keep the service in a variable.
  .replace('{{- range .Values.services }}', '{{- range $service := .Values.services }}{{- with $service }}')
  .replaceAll('$.', '$service.')
  .replace(/\{\{- end \}\}\n$/, '{{- end }}{{- end }}\n');

const HELPERS = `{{- define "labels" -}}
app: {{ .name }}
app.kubernetes.io/managed-by: aviary
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: shop
{{- end -}}
`;

export function writeHelmChart(folder: string, services: readonly ServiceValues[]): void {
  mkdirSync(path.join(folder, 'templates'), { recursive: true });
  writeFileSync(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: umbrella\nversion: 1.0.0\n');
  // On one line: Helm refuses files above 5 MiB.
  writeFileSync(path.join(folder, 'values.yaml'), JSON.stringify({ services }));
  writeFileSync(path.join(folder, 'templates/_labels.tpl'), HELPERS);
  writeFileSync(path.join(folder, 'templates/services.yaml'), TEMPLATE);
}
