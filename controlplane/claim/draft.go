package claim

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
)

// Draft returns the claim's record before anything is made of it: what was
// allocated and how it is configured. Names must be assigned. cdi gives the
// qualified CDI name of a device.
func (c *Claim) Draft(cdi func(claimUID, key string) string) (*record.Record, error) {
	r := &record.Record{
		Version: record.Version,
		Claim:   record.Claim{UID: c.UID, Namespace: c.Namespace, Name: c.Name},
		Pods:    c.Pods,
	}
	for _, d := range c.Devices {
		config, err := json.Marshal(d.Config)
		if err != nil {
			return nil, fmt.Errorf("request %q: %w", d.Request, err)
		}
		node, err := nodeJSON(d.Node)
		if err != nil {
			return nil, fmt.Errorf("request %q: %w", d.Request, err)
		}
		r.Devices = append(r.Devices, record.Device{
			Key:     d.Key,
			Request: d.Request,
			Pool:    d.Pool,
			Device:  d.Device,
			ShareID: d.ShareID,
			CDI:     cdi(c.UID, d.Key),
			Config:  config,
			Node:    node,
		})
	}
	return r, nil
}

func nodeJSON(node *netagentv1.NodeDevice) (json.RawMessage, error) {
	if node == nil {
		return nil, nil
	}
	return protojson.Marshal(node)
}
