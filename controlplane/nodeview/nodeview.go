// Package nodeview shows a node to people: what it offers to claims, and what it
// holds for them.
//
// It only looks. What the node has is netagent's word, which claims they are is in
// the driver's records; neither is locked, so that a claim that comes or goes
// meanwhile may be in one and not in the other.
package nodeview

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/inventory"
)

// Node is what there is.
type Node struct {
	devices     []*netagentv1.NodeDevice
	attachments []*netagentv1.Attachment
	// told says that netagent has answered.
	told    bool
	records []*record.Record
}

// Read asks netagent and reads the records. What could be read is in the Node
// also when there is an error.
func Read(ctx context.Context, netagent inventory.Watcher, stateDir string) (*Node, error) {
	records, err := checkpoint.Look(stateDir)
	n := &Node{records: records}
	now, watchErr := inventory.Read(ctx, netagent)
	if watchErr == nil {
		n.told, n.devices, n.attachments = true, now.Devices(), now.AllAttachments()
	}
	slices.SortFunc(n.records, func(a, b *record.Record) int { return strings.Compare(nameOf(a.Claim), nameOf(b.Claim)) })
	return n, errors.Join(err, watchErr)
}

func nameOf(c record.Claim) string { return c.Namespace + "/" + c.Name }

// writeTable aligns rows of cells; an empty one is a dash, so that columns can be
// counted.
func writeTable(w io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := slices.Clone(row)
		for i := range cells {
			if cells[i] == "" {
				cells[i] = "-"
			}
		}
		if _, err := io.WriteString(table, strings.Join(cells, "\t")+"\n"); err != nil {
			return err
		}
	}
	return table.Flush()
}
