#!/bin/sh
# The versions that netDevices need, on the node that this runs on.
#
#   versions.sh check    fails unless both are new enough, and says what to do
#   versions.sh too-old  prints which are not
set -eu

containerd_min=2.2.1 # the first that hands netDevices on to runc
runc_min=1.4.0       # the first that moves them

# version PROGRAM: 2.3.4 of "containerd github.com/… v2.3.4 …", 1.4.3 of
# "runc version 1.4.3"; what follows it, as in 2.2.1-rc.1, stays.
version() {
  "$1" --version | sed -n '1s/^.* v\{0,1\}\([0-9][0-9]*\.[0-9][0-9]*\.[0-9][^ ]*\).*$/\1/p'
}

# at_least HAS WANTS. A release candidate comes before its release.
at_least() {
  number=${1%%[!0-9.]*}
  if [ "$number" = "$2" ]; then
    case $1 in "$2"[-~]*) return 1 ;; *) return 0 ;; esac
  fi
  [ "$(printf '%s\n%s\n' "$number" "$2" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

# judge PROGRAM WANTS ARGUMENT: nothing, or what is wrong with it.
judge() {
  if ! command -v "$1" >/dev/null; then
    echo "there is no $1 on this node"
    return
  fi
  has=$(version "$1")
  if [ -z "$has" ]; then
    echo "$1 does not tell its version: $("$1" --version 2>&1 | head -n 1)"
  elif ! at_least "$has" "$2"; then
    echo "$1 is $has, and pods get their interfaces from $2 on: take a newer BASE, or have it built from source with --build-arg $3=<version>"
  fi
}

containerd=$(judge containerd "$containerd_min" CONTAINERD)
runc=$(judge runc "$runc_min" RUNC)
case ${1:-} in
too-old)
  [ -z "$containerd" ] || echo containerd
  [ -z "$runc" ] || echo runc
  ;;
check)
  for problem in "$containerd" "$runc"; do
    [ -z "$problem" ] || echo "$problem" >&2
  done
  [ -z "$containerd$runc" ]
  echo "containerd $(version containerd) and runc $(version runc) are new enough"
  ;;
*)
  echo "usage: versions.sh check|too-old" >&2
  exit 2
  ;;
esac
