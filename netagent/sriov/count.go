package sriov

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hawser-dra/hawser/internal/ifname"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/sysfs"
)

// maxCount is the most virtual functions that PCI allows.
const maxCount = 65535

// Count says how many virtual functions a card is to have.
type Count struct {
	Link  string // of the physical function
	Count int
}

// ParseCounts reads items such as eth1=4.
func ParseCounts(items []string) ([]Count, error) {
	var counts []Count
	seen := map[string]bool{}
	for _, item := range items {
		name, number, ok := strings.Cut(item, "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 1 || n > maxCount || ifname.Check(name) != nil {
			return nil, fmt.Errorf("%q: must be a link and how many virtual functions it is to have, such as eth1=4", item)
		}
		if seen[name] {
			return nil, fmt.Errorf("%q: link %s is there twice", item, name)
		}
		seen[name] = true
		counts = append(counts, Count{Link: name, Count: n})
	}
	return counts, nil
}

// Links are the host's.
type Links interface {
	ByName(ctx context.Context, name string) (link.Link, error)
	SetUp(ctx context.Context, index int) error
}

// Set makes the virtual functions, by the one file that the kernel has for it,
// below dir, where sysfs must be mounted to be written. The link is set up: its
// functions have no carrier without it. A card that has as many already is left
// as it is; another number is an error, for changing it would take functions
// away that may be in use.
func (c Count) Set(ctx context.Context, links Links, sys sysfs.FS, dir string) error {
	l, err := links.ByName(ctx, c.Link)
	if err != nil {
		return err
	}
	most := sys.MaxVFs(l.Device.Name)
	if l.Device.Bus != "pci" || most == 0 {
		return errors.New("the link is of no card with SR-IOV")
	}
	if c.Count > most {
		return fmt.Errorf("the card has at most %d", most)
	}
	if !l.Up() {
		if err := links.SetUp(ctx, l.Index); err != nil {
			return err
		}
	}
	switch now := len(sys.VFs(l.Device.Name)); now {
	case c.Count:
		return nil
	case 0:
		return os.WriteFile(filepath.Join(dir, sysfs.NumVFsPath(l.Device.Name)), []byte(strconv.Itoa(c.Count)), 0o200)
	default:
		return fmt.Errorf("the card has %d, which may be in use: set sriov_numvfs to 0 first", now)
	}
}
