#!/usr/bin/env bash
# Checks that each pod of the examples has the interfaces that its claims say it
# was given. A claim says so a moment after its pod is ready.
set -euo pipefail
read -ra kubectl <<<"$KUBECTL"

# Pod and claim, of pods that are not on their way out.
pods=$("${kubectl[@]}" get pods -l 'app in (network-test, multi-nic-test)' -o go-template='
  {{- range .items}}{{$pod := .metadata}}{{if not $pod.deletionTimestamp}}{{range .status.resourceClaimStatuses}}
    {{- $pod.name}} {{.resourceClaimName}}{{"\n"}}{{end}}{{end}}{{end}}')
if [ -z "$pods" ]; then
  echo "no pod of the examples is in this namespace: make network-test" >&2
  exit 1
fi

while read -r pod claim <&3; do
  "${kubectl[@]}" wait --for='jsonpath={.status.devices[0].networkData.interfaceName}' "resourceclaim/$claim" --timeout="$TIMEOUT" >/dev/null
  links=$("${kubectl[@]}" get resourceclaim "$claim" -o 'jsonpath={.status.devices[*].networkData.interfaceName}')
  for link in $links; do
    printf '%s: ' "$pod"
    "${kubectl[@]}" exec "$pod" -- ip -brief link show dev "$link" || {
      echo "pod $pod has no interface $link, which claim $claim says it was given" >&2
      exit 1
    }
  done
done 3<<<"$pods"
