{{- define "greenroom.image" -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end }}{{ .name }}:{{ .tag | default .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "greenroom.labels" -}}
app.kubernetes.io/name: greenroom
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* Pods of one grid know each other by it, of whatever release they are. */ -}}
{{- define "greenroom.grid" -}}
greenroom.dev/grid: {{ .Values.grid | default .Release.Name }}
{{- end }}

{{- define "greenroom.ofGrid" -}}
{{ include "greenroom.grid" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "greenroom.workersOfGrid" -}}
{{ include "greenroom.grid" . }}
greenroom.dev/worker: "true"
{{- end }}

{{- /* A worker's Deployment. */ -}}
{{- define "greenroom.workerName" -}}
{{- .worker.deployment | default (printf "%s-worker-%s" .root.Release.Name .worker.name) }}
{{- end }}

{{- /* Whether proxies speak TLS themselves: a certificate among their secret files or their settings. */ -}}
{{- define "greenroom.scheme" -}}
{{- $tls := hasKey .Values.proxy.env "TLS_CERT_FILE" }}
{{- range .Values.proxy.secretFiles }}{{ if eq .name "TLS_CERT" }}{{ $tls = true }}{{ end }}{{ end }}
{{- if $tls }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{- /* Whether proxies and workers of this release know a WORKER_SECRET. */ -}}
{{- define "greenroom.knowsWorkerSecret" -}}
{{- $proxies := or (not .Values.proxy.enabled) (hasKey .Values.proxy.env "WORKER_SECRET_FILE") }}
{{- range .Values.proxy.secretFiles }}{{ if eq .name "WORKER_SECRET" }}{{ $proxies = true }}{{ end }}{{ end }}
{{- $workers := not .Values.workers }}
{{- range .Values.workerSecretFiles }}{{ if eq .name "WORKER_SECRET" }}{{ $workers = true }}{{ end }}{{ end }}
{{- if and $proxies $workers }}true{{ end }}
{{- end }}

{{- define "greenroom.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
{{- end }}

{{- define "greenroom.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* Settings as variables; those of Secrets as files. */ -}}
{{- define "greenroom.env" -}}
- name: REDIS_URL_FILE
  value: /run/secrets/redis/url
{{- range $name, $value := .env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range .secretFiles }}
- name: {{ .name }}_FILE
  value: /run/secrets/{{ .name }}/{{ .key }}
{{- end }}
{{- end }}

{{- define "greenroom.secretMounts" -}}
- {name: redis, mountPath: /run/secrets/redis, readOnly: true}
{{- range .secretFiles }}
- {name: {{ .name | lower | replace "_" "-" }}, mountPath: /run/secrets/{{ .name }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "greenroom.secretVolumes" -}}
- name: redis
  secret:
    secretName: {{ .root.Values.redis.secret }}
    optional: false
    items: [{key: url, path: url}]
{{- range .secretFiles }}
- name: {{ .name | lower | replace "_" "-" }}
  secret:
    secretName: {{ .secret }}
    optional: false
    items: [{key: {{ .key }}, path: {{ .key }}}]
{{- end }}
{{- end }}

{{- define "greenroom.toRedisAndNames" -}}
- to:
    {{- if or .Values.redis.enabled (and .Values.grid (not .Values.redis.address)) }}
    - podSelector:
        matchLabels:
          {{- include "greenroom.ofGrid" (dict "root" . "component" "redis") | nindent 10 }}
    {{- else }}
    - ipBlock: {cidr: {{ required "redis.address is needed when neither this release nor another one of `grid` runs Redis" .Values.redis.address }}}
    {{- end }}
  ports: [{protocol: TCP, port: 6379}]
- to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      podSelector:
        matchLabels: {k8s-app: kube-dns}
  ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
{{- end }}
