#!/usr/bin/env bash
# What has to happen before the driver goes: the examples end, and nobody else has
# a device. Without the driver a pod that has one runs on, but cannot end: the
# kubelet waits for the driver to take the device back. "1" as the only argument
# removes it all the same.
set -euo pipefail
read -ra kubectl <<<"$KUBECTL"
force=${1:-}

"${kubectl[@]}" delete --ignore-not-found --cascade=foreground --timeout="$TIMEOUT" \
  -f "$REPO/deploy/deployment.yaml" -f "$REPO/deploy/multi-nic-deployment.yaml"

# Who has devices of the driver: namespace, pod, claim.
users() {
  "${kubectl[@]}" get resourceclaims -A -o go-template='
    {{- range .items}}{{$claim := .metadata}}{{with .status}}{{$pods := .reservedFor}}{{with .allocation}}{{range .devices.results}}
      {{- if eq .driver "'"$DRIVER"'"}}{{range $pods}}{{$claim.namespace}} {{.name}} {{$claim.name}}{{"\n"}}{{end}}{{end}}
    {{- end}}{{end}}{{end}}{{end}}' | sort -u
}

# A claim is told a moment late that its pod is gone.
list=$(users)
left=
while read -r namespace pod claim <&3; do
  [ -n "$claim" ] || continue
  found=$("${kubectl[@]}" -n "$namespace" get pod "$pod" --ignore-not-found -o name)
  [ -z "$found" ] || left+="  pod $namespace/$pod, claim $claim"$'\n'
done 3<<<"$list"

if [ -n "$left" ]; then
  echo "these pods have devices of $DRIVER and cannot end without it:"
  printf %s "$left"
  if [ "$force" != 1 ]; then
    echo "delete them first; or make undeploy FORCE=1: they keep their devices, and end when the driver is back"
    exit 1
  fi
fi >&2
