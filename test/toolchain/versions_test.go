package toolchain

import "testing"

func TestPickKernel(t *testing.T) {
	const old = "Package: linux-image-amd64\nDepends: linux-image-6.1.0-50-amd64 (= 6.1.176-1)\n"
	const backport = "Package: linux-image-amd64\nDepends: linux-image-6.12.95+deb12-amd64 (= 6.12.95-1~bpo12+1)\n"
	for stanzas, want := range map[string]string{
		"":                    "",
		old:                   "",
		backport + "\n" + old: "linux-image-6.12.95+deb12-amd64=6.12.95-1~bpo12+1",
		old + "\n" + backport: "linux-image-6.12.95+deb12-amd64=6.12.95-1~bpo12+1",
		"Depends: linux-image-7.0.1-amd64 (= 7.0.1-1)\n": "linux-image-7.0.1-amd64=7.0.1-1",
	} {
		if got := pickKernel(stanzas); got != want {
			t.Errorf("from %q: got %q, want %q", stanzas, got, want)
		}
	}
}

func TestCandidateMajor(t *testing.T) {
	for policy, want := range map[string]int{
		"": 0,
		"qemu-system-x86:\n  Candidate: (none)\n":                                     0,
		"qemu-system-x86:\n  Installed: (none)\n  Candidate: 1:7.2+dfsg-7+deb12u18\n": 7,
		"qemu-system-x86:\n  Installed: (none)\n  Candidate: 1:10.0.2+ds-2+deb13u1\n": 10,
	} {
		if got := candidateMajor(policy); got != want {
			t.Errorf("from %q: got %d, want %d", policy, got, want)
		}
	}
}
