package controlplane

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	metadatav1beta1 "k8s.io/dynamic-resource-allocation/api/metadata/v1beta1"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/internal/atomicfile"
)

// metadataDir is where the kubelet's helper keeps what containers read of their
// devices (KEP-5304), below the plugin directory: a directory for each claim.
const metadataDir = "dra-device-metadata"

// metadata keeps the records of claims, and what containers read of their devices
// in step with them. The helper writes that when a claim is prepared and takes it
// away when it is unprepared; between them a device may be made again, and a claim
// may go without the kubelet's word.
type metadata struct {
	*checkpoint.Store
	cfg Config
	// helper is nil until it runs, and without metadata.
	helper atomic.Pointer[kubeletplugin.Helper]
}

// options have the helper write metadata, if that was asked for.
func (m *metadata) options() []kubeletplugin.Option {
	if !m.cfg.DeviceMetadata {
		return nil
	}
	return []kubeletplugin.Option{
		kubeletplugin.EnableDeviceMetadata(true, []schema.GroupVersion{metadatav1beta1.SchemeGroupVersion}),
		kubeletplugin.CDIDirectory(m.cfg.CDIDir),
		// Not synced, like all that can be made again after a power loss.
		kubeletplugin.MetadataFileOps(kubeletplugin.MetadataFileOperations{WriteFile: atomicfile.Write}),
	}
}

// Put keeps the record and has the next container that starts read what is in it.
func (m *metadata) Put(r *record.Record) error {
	if err := m.Store.Put(r); err != nil {
		return err
	}
	helper := m.helper.Load()
	if helper == nil {
		return nil
	}
	requests := map[string][]kubeletplugin.Device{}
	for _, d := range plugin.Devices(m.cfg.DriverName, r, true) {
		requests[d.Requests[0]] = append(requests[d.Requests[0]], d)
	}
	var errs []error
	for request, devices := range requests {
		base, _, _ := strings.Cut(request, "/")
		if _, err := os.Stat(filepath.Join(m.dir(r), base, "metadata.json")); err != nil {
			continue // the helper writes it when the call has been answered
		}
		errs = append(errs, helper.UpdateRequestMetadata(context.Background(),
			r.Claim.Namespace, r.Claim.Name, types.UID(r.Claim.UID), request, devices))
	}
	return errors.Join(errs...)
}

// Delete forgets the record and takes away what there is for containers, also
// what an earlier driver has written.
func (m *metadata) Delete(claimUID string) error {
	r, err := m.Get(claimUID)
	if err != nil {
		return err
	}
	specs, err := filepath.Glob(filepath.Join(m.cfg.CDIDir, m.cfg.DriverName+"_metadata_"+claimUID+"_*.json"))
	if err != nil {
		return err
	}
	var errs []error
	for _, spec := range specs {
		errs = append(errs, atomicfile.Remove(spec))
	}
	if r != nil && m.isOf(r) {
		errs = append(errs, os.RemoveAll(m.dir(r)))
	}
	return errors.Join(append(errs, m.Store.Delete(claimUID))...)
}

func (m *metadata) dir(r *record.Record) string {
	return filepath.Join(m.cfg.PluginDir, metadataDir, r.Claim.Namespace+"_"+r.Claim.Name)
}

// isOf says whether the claim's directory is this one's, and not that of a claim
// that has got its name since.
func (m *metadata) isOf(r *record.Record) bool {
	files, _ := filepath.Glob(filepath.Join(m.dir(r), "*", "metadata.json"))
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && strings.Contains(string(b), r.Claim.UID) {
			return true
		}
	}
	return false
}
