package confine

import "golang.org/x/sys/unix"

// auditArch is what a filter sees as the architecture.
const auditArch uint32 = unix.AUDIT_ARCH_AARCH64
