package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// makeFunctions gives each card that has no virtual functions as many as it can
// have. What it returns takes them away again, and is there with an error, too.
func makeFunctions() (remove func() error, err error) {
	var made []string
	remove = func() error {
		var errs []error
		for _, file := range made {
			errs = append(errs, os.WriteFile(file, []byte("0"), 0))
		}
		return errors.Join(errs...)
	}
	files, err := filepath.Glob("/sys/class/net/*/device/sriov_numvfs")
	if err != nil {
		return remove, err
	}
	for _, file := range files {
		device := filepath.Dir(file)
		if have, err := os.ReadFile(file); err != nil || string(have) != "0\n" {
			continue // a function of its own, or one that has some
		}
		most, err := os.ReadFile(filepath.Join(device, "sriov_totalvfs"))
		if err != nil {
			return remove, err
		}
		if err := quiet(filepath.Base(filepath.Dir(device))); err != nil {
			return remove, err
		}
		if err := os.WriteFile(file, bytes.TrimSpace(most), 0); err != nil {
			return remove, fmt.Errorf("make virtual functions: %w", err)
		}
		made = append(made, file)
	}
	return remove, nil
}

// quiet sets a card up that nobody is to give an address to, with which it would
// be the machine's.
func quiet(card string) error {
	err := os.WriteFile(filepath.Join("/proc/sys/net/ipv6/conf", card, "accept_ra"), []byte("0"), 0)
	return errors.Join(err, up(card))
}
