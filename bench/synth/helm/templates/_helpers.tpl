{{- /* Takes root, name, component, version and, if it is another than the name, instance. */}}
{{- define "diabrisk.labels" -}}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .instance | default .name }}
app.kubernetes.io/managed-by: helm
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: {{ .root.Chart.Name }}
app.kubernetes.io/version: {{ .version | quote }}
{{- end }}

{{- /* As above. */}}
{{- define "diabrisk.componentLabels" -}}
app: {{ .name }}
{{ include "diabrisk.labels" . }}
{{- end }}

{{- /* Takes root and component. */}}
{{- define "diabrisk.stageLabels" -}}
{{ include "diabrisk.labels" (dict "root" .root "name" .root.Chart.Name "component" .component "version" .root.Chart.AppVersion) }}
{{- end }}

{{- define "diabrisk.databaseLabels" -}}
{{ include "diabrisk.componentLabels" (dict "root" . "name" "postgres" "component" "database" "version" .Values.postgres.version) }}
{{- end }}

{{- define "diabrisk.serviceLabels" -}}
{{ include "diabrisk.componentLabels" (dict "root" . "name" "data-svc" "component" "service" "version" .Chart.AppVersion) }}
{{- end }}

{{- define "diabrisk.migrationLabels" -}}
{{ include "diabrisk.componentLabels" (dict "root" . "name" "migrate" "component" "migration" "version" .Chart.AppVersion) }}
{{- end }}

{{- define "diabrisk.migrationName" -}}
migrate-{{ toJson (list .Values.migration .Values.service.image .Values.service.user) | sha256sum | trunc 10 }}
{{- end }}

{{- define "diabrisk.jobLabels" -}}
{{ include "diabrisk.componentLabels" (dict "root" . "name" "migrate" "instance" (include "diabrisk.migrationName" .) "component" "migration" "version" .Chart.AppVersion) }}
{{- end }}

{{- define "diabrisk.podSecurityContext" -}}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
runAsGroup: {{ . }}
runAsNonRoot: true
runAsUser: {{ . }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "diabrisk.securityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop:
    - ALL
privileged: false
readOnlyRootFilesystem: true
runAsGroup: {{ . }}
runAsNonRoot: true
runAsUser: {{ . }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "diabrisk.imageAnnotations" -}}
{{- if .Values.loadedImages -}}
checkov.io/skip1: CKV_K8S_15=images are loaded into the nodes and there is no registry to pull from
checkov.io/skip2: CKV_K8S_43=an image that is loaded has no registry digest
kube-score/ignore: container-image-pull-policy
{{- end }}
{{- end }}

{{- define "diabrisk.appConfig" -}}
services:
  {{- range .Values.config.services }}
  {{ . }}: http://{{ . }}:8080
  {{- end }}
session:
  lifetimeSeconds: 86400
  idleTimeoutSeconds: 1800
  cookie:
    name: diabrisk_session
    httpOnly: true
    sameSite: lax
    secure: {{ .Values.config.cookieSecure }}
logLevel: {{ .Values.config.logLevel }}
{{- end }}

{{- define "diabrisk.postgresqlConf" -}}
{{ .Files.Get "files/postgresql.conf" | trim }}
{{- range $name, $value := .Values.postgres.settings }}
{{ $name }} = '{{ $value }}'
{{- end }}
{{- end }}

{{- define "diabrisk.egress" -}}
- ports:
    - port: 5432
      protocol: TCP
  to:
    - podSelector:
        matchLabels:
          app: postgres
{{- end }}

{{- define "diabrisk.egressDns" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
  to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
{{- end }}
