package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/controlplane/validate"
)

const wrongClaim = `
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: data}
spec:
  devices:
    requests: [{name: nic, exactly: {deviceClassName: network-devices}}]
    config: [{opaque: {driver: dra.example.com, parameters: {type: netdev, netdev: {kind: dummy, mtu: 1}}}}]
`

// TestValidate is what CI sees: the exit code, lines or JSON on standard output.
func TestValidate(t *testing.T) {
	dir := t.TempDir()
	wrong, right := filepath.Join(dir, "wrong.yaml"), filepath.Join(dir, "right.yaml")
	for name, text := range map[string]string{wrong: wrongClaim, right: strings.Replace(wrongClaim, "mtu: 1", "mtu: 1500", 1)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const finding = ": document 1: ResourceClaim/data: spec.devices.config[0].opaque.parameters.netdev.mtu: error: Invalid value: 1: must be 68 to 65535 bytes\n"
	for _, tc := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{right, 0, "", "objects checked: 1, errors: 0"},
		{right + " " + wrong, 1, wrong + finding, "errors: 1, objects checked: 2"},
		{"-", 1, "standard input" + finding, "errors: 1"},
		{"--driver-name=nic.example.org " + wrong, 0, "", "errors: 0"},
		{"", 2, "", "name the files to check"},
		{filepath.Join(dir, "none.yaml"), 2, "", "no such file"},
		{"--output=xml " + right, 2, "", "must be text or json"},
	} {
		var stdout, stderr bytes.Buffer
		err := validateFiles(strings.Fields(tc.args), strings.NewReader(wrongClaim), &stdout, &stderr)
		code := 0
		if err != nil {
			code = exitCode(err)
			stderr.WriteString(err.Error())
		}
		if code != tc.code || stdout.String() != tc.stdout || !strings.Contains(stderr.String(), tc.stderr) {
			t.Errorf("%s: %d\n%s\n%s", tc.args, code, stdout.String(), stderr.String())
		}
	}
	var stdout bytes.Buffer
	err := validateFiles([]string{"--output=json", wrong}, nil, &stdout, &stdout)
	var report validate.Report
	if jsonErr := json.Unmarshal(stdout.Bytes(), &report); !errors.Is(err, errWrong) || jsonErr != nil || len(report.Findings) != 1 {
		t.Fatalf("%v, %v: %s", err, jsonErr, stdout.String())
	}
	want := validate.Finding{
		Severity: validate.Error, File: wrong, Document: 1, Object: "ResourceClaim/data",
		Field: "spec.devices.config[0].opaque.parameters.netdev.mtu", Message: "Invalid value: 1: must be 68 to 65535 bytes",
	}
	if report.Findings[0] != want || report.Objects != 1 {
		t.Errorf("got %+v", report)
	}
}
