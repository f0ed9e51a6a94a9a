package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"

	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

func TestHandleError(t *testing.T) {
	slice := func(shared bool) *resourceapi.ResourceSlice {
		d := resourceapi.Device{Name: "netdev-virtual"}
		if shared {
			d.AllowMultipleAllocations = &shared
		}
		return &resourceapi.ResourceSlice{Spec: resourceapi.ResourceSliceSpec{Devices: []resourceapi.Device{d}}}
	}
	for name, tt := range map[string]struct {
		err   error
		want  string
		fatal bool
	}{
		"dropped fields": {fmt.Errorf("sync: %w", &resourceslice.DroppedFieldsError{PoolName: "node1", DesiredSlice: slice(true), ActualSlice: slice(false)}),
			"disabled=[DRAConsumableCapacity]", false},
		"recoverable": {fmt.Errorf("once: %w", kubeletplugin.ErrRecoverable), `msg="it failed" err="once: recoverable error"`, false},
		"fatal":       {errors.New("socket is gone"), `msg="it failed: this cannot be recovered from" err="socket is gone"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log, err := logging.New(&out, 0, "text")
			if err != nil {
				t.Fatal(err)
			}
			var fatal error
			p := plugin.New(plugin.Config{Fatal: func(err error) { fatal = err }})
			p.HandleError(logging.Into(context.Background(), log), tt.err, "it failed")
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("log %q lacks %s", out.String(), tt.want)
			}
			if (fatal != nil) != tt.fatal {
				t.Errorf("fatal: %v", fatal)
			}
		})
	}
}

func TestHealthIsDeclined(t *testing.T) {
	if err := plugin.New(plugin.Config{}).WatchHealthStatus(t.Context(), nil); !errors.Is(err, kubeletplugin.ErrHealthNotSupported) {
		t.Errorf("got %v", err)
	}
}
