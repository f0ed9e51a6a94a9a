{{/* A manifest of deploy/, for this driver's name and namespace. */}}
{{- define "hawser.manifest" -}}
{{ .root.Files.Get .file | replace "dra.example.com" .root.Values.driverName | replace "dra-system" .root.Release.Namespace }}
{{- end }}

{{/* An image, by its part of .Values.images. */}}
{{- define "hawser.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}
