package steps_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/fakeagent"
)

const uid = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"

// log writes down the steps in their order. An entry of failing makes one fail.
type log struct {
	*fakeagent.Agent
	steps   []string
	failing map[string]bool
	onHost  map[string]bool
	last    *record.Record
}

func newLog(failing ...string) (*steps.Steps, *log) {
	l := &log{Agent: &fakeagent.Agent{}, failing: map[string]bool{}}
	for _, step := range failing {
		l.failing[step] = true
	}
	return &steps.Steps{Agent: l, Records: l, Specs: l, HostNetns: 7}, l
}

func (l *log) do(step string) error {
	l.steps = append(l.steps, step)
	if l.failing[step] {
		return errors.New(step + " failed")
	}
	return nil
}

func (l *log) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	if err := l.do("attach"); err != nil {
		return nil, err
	}
	return l.Agent.Attach(ctx, req)
}

func (l *log) Detach(ctx context.Context, uid string) error {
	return errors.Join(l.do("detach"), l.Agent.Detach(ctx, uid))
}

func (l *log) Put(r *record.Record) error { l.last = r; return l.do("record") }
func (l *log) Delete(string) error        { return l.do("remove record") }
func (l *log) Remove(string) error        { return l.do("remove spec") }
func (l *log) Write(_ *record.Record, onHost map[string]bool) error {
	l.onHost = onHost
	return l.do("spec")
}

func draft() *record.Record {
	return &record.Record{
		Version: record.Version, Claim: record.Claim{UID: uid},
		Devices: []record.Device{{Key: "d0", Request: "nic", Config: []byte(`{"type": "netdev", "netdev": {"kind": "dummy", "interfaceName": "net1"}}`)}},
	}
}

func TestOrder(t *testing.T) {
	for name, tt := range map[string]struct {
		failing []string
		run     func(*steps.Steps) error
		steps   []string
		err     string
	}{
		"new":              {nil, attachNew, []string{"attach", "record", "spec"}, ""},
		"new, refused":     {[]string{"attach"}, attachNew, []string{"attach"}, "attach: attach failed"},
		"new, no record":   {[]string{"record"}, attachNew, []string{"attach", "record", "detach", "remove spec", "remove record"}, "keep the record: record failed"},
		"new, no spec":     {[]string{"spec"}, attachNew, []string{"attach", "record", "spec", "detach", "remove spec", "remove record"}, "write the CDI spec: spec failed"},
		"new, no undo":     {[]string{"spec", "detach"}, attachNew, []string{"attach", "record", "spec", "detach"}, "write the CDI spec: spec failed\ndetach: detach failed"},
		"again, no spec":   {[]string{"spec"}, attach, []string{"attach", "record", "spec"}, "write the CDI spec: spec failed"},
		"detach":           {nil, detach, []string{"detach", "remove spec", "remove record"}, ""},
		"detach, refused":  {[]string{"detach"}, detach, []string{"detach"}, "detach: detach failed"},
		"detach, spec":     {[]string{"remove spec"}, detach, []string{"detach", "remove spec"}, "remove the CDI spec: remove spec failed"},
		"detach, record":   {[]string{"remove record"}, detach, []string{"detach", "remove spec", "remove record"}, "remove the record: remove record failed"},
		"new, out of time": {[]string{"spec"}, attachLate, []string{"attach", "record", "spec", "detach", "remove spec", "remove record"}, "write the CDI spec: spec failed"},
	} {
		t.Run(name, func(t *testing.T) {
			s, l := newLog(tt.failing...)
			err := tt.run(s)
			if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("got %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.steps, l.steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func attachNew(s *steps.Steps) error {
	_, err := s.AttachNew(context.Background(), draft())
	return err
}

// attachLate has a context that ends before the failure is undone.
func attachLate(s *steps.Steps) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.Specs = &ending{s.Specs, cancel}
	_, err := s.AttachNew(ctx, draft())
	return err
}

type ending struct {
	steps.Specs
	end func()
}

func (e *ending) Write(r *record.Record, onHost map[string]bool) error {
	e.end()
	return e.Specs.Write(r, onHost)
}

func attach(s *steps.Steps) error {
	_, err := s.Attach(context.Background(), draft())
	return err
}

func detach(s *steps.Steps) error { return s.Detach(context.Background(), uid) }

func TestObserve(t *testing.T) {
	s, l := newLog()
	r, err := s.AttachNew(t.Context(), draft())
	if err != nil {
		t.Fatal(err)
	}
	if r.HostNetns != 7 {
		t.Errorf("the record's host namespace is %d", r.HostNetns)
	}
	for _, tt := range []struct {
		name   string
		change func()
		steps  []string
		onHost map[string]bool
	}{
		{"nothing new", func() {}, []string{"spec"}, map[string]bool{"d0": true}},
		{"in the pod", func() { l.Move(uid, "d0") }, []string{"spec"}, map[string]bool{}},
	} {
		tt.change()
		l.steps = nil
		if err := s.Observe(t.Context(), r, l.Attachments(uid)); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(tt.steps, l.steps) || !cmp.Equal(tt.onHost, l.onHost) {
			t.Errorf("%s: did %v with %v on the host", tt.name, l.steps, l.onHost)
		}
	}
	renamed := l.Attachments(uid)
	renamed[0].GetLink().Name = "hw9"
	if err := s.Observe(t.Context(), r, renamed); err != nil {
		t.Fatal(err)
	}
	if got := l.last.Devices[0].Link.HostName; got != "hw9" {
		t.Errorf("the record has %s, the host hw9", got)
	}
	if err := s.Observe(t.Context(), r, nil); err == nil || err.Error() != `request "nic": netagent has no attachment d0` {
		t.Errorf("got %v", err)
	}
}

// TestObserveCombo follows both parts of a roce: its RDMA device goes, and comes
// back with other device files.
func TestObserveCombo(t *testing.T) {
	s, l := newLog()
	l.AddRDMA("rxe0", 0)
	d := draft()
	d.Devices[0].Config = []byte(`{"type": "combo", "combo": {"kind": "roce", "rdma": {"kind": "uverbs"}, "netdev": {"kind": "dummy", "interfaceName": "net1"}}}`)
	d.Devices[0].Node = []byte(`{"name": "rdma-rxe0", "rdma": {"ibdev": "rxe0"}}`)
	r, err := s.AttachNew(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, a := range l.Attachments(uid) {
		keys = append(keys, a.GetKey())
	}
	if diff := cmp.Diff([]string{"d0", "d0rdma"}, keys); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		name   string
		change func()
		file   string
		onHost map[string]bool
	}{
		{"the interface is in the pod", func() { l.Move(uid, "d0") }, "/dev/infiniband/uverbs0", map[string]bool{"d0rdma": true}},
		{"the RDMA device is away", func() { l.RemoveRDMA("rxe0") }, "/dev/infiniband/uverbs0", map[string]bool{}},
		{"it is back", func() { l.AddRDMA("rxe0", 3) }, "/dev/infiniband/uverbs3", map[string]bool{"d0rdma": true}},
	} {
		tt.change()
		if err := s.Observe(t.Context(), r, l.Attachments(uid)); err != nil {
			t.Fatal(err)
		}
		files := l.last.Devices[0].RDMA.CharDevices
		if files[1].Path != tt.file || l.last.Devices[0].Link.Name != "net1" || !cmp.Equal(tt.onHost, l.onHost) {
			t.Errorf("%s: files %v, on the host %v", tt.name, files, l.onHost)
		}
		r = l.last
	}
}

func TestRecordsOfOtherVersions(t *testing.T) {
	for config, want := range map[string]string{
		`{"type": "netdev"}`: `request "nic": netdev.kind: Invalid value: "": this version of the driver cannot prepare it, only combo roce; netdev dummy, host-device, ipoib, ipvlan, macvlan, sriov-vf, veth; rdma uverbs`,
		`{`:                  `request "nic": configuration in the record: unexpected end of JSON input`,
	} {
		s, l := newLog()
		r := draft()
		r.Devices[0].Config = []byte(config)
		if _, err := s.Attach(t.Context(), r); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if len(l.steps) > 0 {
			t.Errorf("netagent was asked: %v", l.steps)
		}
	}
}
