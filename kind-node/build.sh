#!/bin/sh
# Builds those of containerd and runc that it is told, from source, in the versions
# $CONTAINERD and $RUNC, into bin and sbin of $OUT. Without a version it builds
# nothing: the check of the image then says what to do.
set -eu
out=${OUT:-/out}
src=$(mktemp -d)
mkdir -p "$out/bin" "$out/sbin"

# source MODULE@VERSION: a copy of its source that can be built in.
source() {
  from=$(go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
  cp -r "$from" "$2"
  chmod -R u+w "$2"
}

build_containerd() {
  [ -n "${CONTAINERD:-}" ] || return 0
  source "github.com/containerd/containerd/v2@$CONTAINERD" "$src/containerd"
  cd "$src/containerd"
  CGO_ENABLED=0 go build -mod=mod -trimpath -tags "netgo osusergo static_build no_btrfs no_zfs no_devmapper" \
    -ldflags "-s -w -X github.com/containerd/containerd/v2/version.Version=$CONTAINERD" \
    -o "$out/bin/" ./cmd/containerd ./cmd/containerd-shim-runc-v2 ./cmd/ctr
}

# runc is linked with libseccomp: containerd gives every pod a profile.
build_runc() {
  [ -n "${RUNC:-}" ] || return 0
  if ! pkg-config libseccomp 2>/dev/null; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends gcc libc6-dev libseccomp-dev pkg-config
  fi
  source "github.com/opencontainers/runc@$RUNC" "$src/runc"
  cd "$src/runc"
  CGO_ENABLED=1 go build -mod=mod -trimpath -tags "seccomp netgo osusergo" \
    -ldflags "-s -w -linkmode external -extldflags -static" -o "$out/sbin/runc" .
}

for program in "$@"; do
  "build_$program"
done
rm -rf "$src"
