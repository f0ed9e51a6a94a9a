package node

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/hawser-dra/hawser/test/toolchain"
)

// probeTimeout bounds the trial boot; where KVM works it takes under two seconds.
const probeTimeout = 15 * time.Second

// accelerator finds out whether KVM works, by booting with it. The device file
// says little: where it leads nowhere, guests die before their first line. The
// answer is kept until the machine's next boot.
func accelerator(ctx context.Context, t *toolchain.Toolchain, image Image) (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	key := toolchain.Key(string(boot), image.QEMU, filepath.Base(filepath.Dir(image.Initrd)))
	dir, err := t.Keep(ctx, "accelerator", key, func(dir string) error {
		name := "tcg"
		if probeKVM(ctx, image) {
			name = "kvm"
		}
		t.Logf("virtual machines will use %s", name)
		return os.WriteFile(filepath.Join(dir, "name"), []byte(name), 0o644)
	})
	if err != nil {
		return "", err
	}
	name, err := os.ReadFile(filepath.Join(dir, "name"))
	return string(name), err
}

// probeKVM boots as far as the initrd, which says so on the console and ends.
func probeKVM(ctx context.Context, image Image) bool {
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	_ = f.Close()
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	image.Accelerator = "kvm"
	args := append(base(image), "-m", "256", "-serial", "stdio", "-no-reboot",
		"-append", "console=ttyS0 quiet panic=-1 hawser.probe")
	out, _ := exec.CommandContext(ctx, image.QEMU, args...).Output() // its failure is the answer
	return bytes.Contains(out, []byte("probe: this accelerator works"))
}
