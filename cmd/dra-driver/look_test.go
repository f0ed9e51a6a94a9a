package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestLookWithoutNetagent: what can be seen is printed, and the exit code says that
// it is not all.
func TestLookWithoutNetagent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody will come
	for _, tc := range []struct {
		show func(context.Context, []string, *bytes.Buffer) error
		form string
		want string
	}{
		{devices, "text", "DEVICE  KIND  ON HOST  PARENT  PCI ADDRESS  STATE  MBIT/S  CLAIMS\n"},
		{claims, "text", "CLAIM  REQUEST  KIND  DEVICE  IN POD  ON HOST  LOCATION  ADDRESSES  UID\n"},
		{claims, "json", "[]\n"},
	} {
		var stdout bytes.Buffer
		err := tc.show(ctx, []string{"--state-dir=" + t.TempDir(), "--netagent-socket=/nonexistent", "--output=" + tc.form}, &stdout)
		if err == nil || !strings.Contains(err.Error(), "netagent") || stdout.String() != tc.want {
			t.Errorf("%v: %s", err, stdout.String())
		}
	}
	err := devices(ctx, []string{"--driver-name=nic.example.org"}, new(bytes.Buffer))
	if err == nil || !strings.Contains(err.Error(), "/var/lib/kubelet/plugins/nic.example.org/claims") {
		t.Errorf("got %v", err)
	}
}

func devices(ctx context.Context, args []string, stdout *bytes.Buffer) error {
	return showDevices(ctx, args, stdout, stdout)
}

func claims(ctx context.Context, args []string, stdout *bytes.Buffer) error {
	return showClaims(ctx, args, stdout, stdout)
}
