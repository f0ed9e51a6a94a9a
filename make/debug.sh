#!/usr/bin/env bash
# Shows the cluster's state as far as the driver is concerned; with a file's name,
# gathers there what a report of a bug needs, as tar.gz. What a node cannot tell
# is no reason to leave out the others: its reason stands in the file.
set -euo pipefail
read -ra kubectl <<<"$KUBECTL"
bundle=${1:-}

overview() {
  local what
  for what in "nodes -o wide" "pods -n dra-system -o wide" "pods -A -o wide" deviceclasses resourceslices "resourceclaims -A"; do
    echo "== $what"
    # shellcheck disable=SC2086 # the words of a command
    "${kubectl[@]}" get $what 2>&1 || true
    echo
  done
  echo "== devices on offer"
  "${kubectl[@]}" get resourceslices -o 'jsonpath={range .items[?(@.spec.driver=="'"$DRIVER"'")]}{.spec.nodeName}{": "}{.spec.devices[*].name}{"\n"}{end}' 2>&1 || true
}

if [ -z "$bundle" ]; then
  overview
  exit
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=$dir/hawser-debug

# keep FILE COMMAND...: what kubectl prints, and why not.
keep() {
  local file=$root/$1
  shift
  mkdir -p "$(dirname "$file")"
  "${kubectl[@]}" "$@" >"$file" 2>"$file.error" </dev/null || echo "kubectl $*: exit code $?" >>"$file.error"
  [ -s "$file.error" ] || rm "$file.error"
}

mkdir "$root"
overview >"$root/overview.txt"
keep version.yaml version -o yaml
for kind in nodes resourceslices deviceclasses resourceclaims resourceclaimtemplates; do
  keep "$kind.yaml" get "$kind" -A -o yaml
done
keep events.txt get events -A --sort-by=.lastTimestamp
keep driver.yaml -n dra-system get daemonsets,pods -o yaml

pods=$("${kubectl[@]}" -n dra-system get pods -l app=dra-driver -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {.spec.containers[?(@.name=="driver")].args[*]}{"\n"}{end}')
while read -r pod node flags; do
  [ -n "$pod" ] || continue
  for container in driver netagent; do
    keep "nodes/$node/$pod/$container.log" -n dra-system logs "$pod" -c "$container"
    keep "nodes/$node/$pod/$container-previous.log" -n dra-system logs "$pod" -c "$container" --previous
  done
  # shellcheck disable=SC2086 # the flags that this driver runs with
  keep "nodes/$node/$pod/node.tar" -n dra-system exec "$pod" -c driver -- /dra-driver debug $flags
  tar -xf "$root/nodes/$node/$pod/node.tar" -C "$root/nodes/$node/$pod" && rm "$root/nodes/$node/$pod/node.tar" || true
done <<<"$pods"

tar -czf "$bundle" -C "$dir" hawser-debug
echo "wrote $bundle; look through it before you publish it: it names nodes, pods, addresses and claims' parameters"
