package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/report"
)

func valid() report.Report {
	start := time.Date(2026, 10, 1, 12, 0, 0, 1, time.UTC)
	return report.Report{
		ClaimUID: "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11", Device: "d0", Outcome: report.Ready,
		Interface: "net1", MAC: "02:00:00:00:00:01", Addresses: []string{"192.0.2.1/24", "2001:db8::1/64"},
		Start: start, End: start.Add(time.Millisecond),
	}
}

func TestRoundTrip(t *testing.T) {
	b, err := valid().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.Parse(b)
	if d := cmp.Diff(valid(), got); err != nil || d != "" {
		t.Errorf("%v, -want +got:\n%s", err, d)
	}
}

func TestMarshalKeepsTheBounds(t *testing.T) {
	r := valid()
	r.Error = strings.Repeat("é…", 1<<18) // cut within a character
	for range 1000 {
		r.Addresses = append(r.Addresses, "2001:db8:1111:2222:3333:4444:5555:6666/128")
	}
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.Parse(b)
	if err != nil || len(got.Error) < report.MaxError-3 || len(got.Addresses) != report.MaxAddresses {
		t.Errorf("%v: %d bytes of error, %d addresses", err, len(got.Error), len(got.Addresses))
	}
}

func TestParseRefuses(t *testing.T) {
	b, err := valid().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ old, with, want string }{
		"uid":       {"0b0f6f0e-7a39", "../../x", "claimUID"},
		"device":    {`"d0"`, `"D0"`, "device"},
		"outcome":   {`"ready"`, `"well"`, "outcome"},
		"interface": {`"net1"`, `"a/b"`, "interface"},
		"mac":       {"02:00:00:00:00:01", "02", "mac"},
		"address":   {"192.0.2.1/24", "192.0.2.1", "address"},
		"field":     {`"device":`, `"x":1,"device":`, "unknown field"},
		"time":      {"2026-10-01T", "", "parsing time"},
		"size":      {`"d0"`, `"d0"` + strings.Repeat(" ", report.MaxSize), "bytes, at most"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := report.Parse([]byte(strings.Replace(string(b), tc.old, tc.with, 1)))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}
