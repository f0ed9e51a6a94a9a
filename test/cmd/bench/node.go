package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/bench"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/node/infiniband"
	"github.com/hawser-dra/hawser/test/product"
)

// measureNode measures on the test node, with a cluster of its own: first in the
// virtual machine, beside nothing else of the product, then pods with the product
// as it is shipped.
func measureNode(ctx context.Context, b built, o options) (p report.Place, err error) {
	c, err := cluster.Up(ctx, cluster.Options{
		Dir: filepath.Join(b.dir, "cluster"), Parts: b.parts, NICs: cards(), Attached: true, Log: os.Stderr,
	})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, c.Down(context.WithoutCancel(ctx))) }()
	if err := equip(ctx, b, c.Node()); err != nil {
		return p, err
	}
	if err := furnish(ctx, b, c); err != nil {
		return p, err
	}
	if p, err = inside(ctx, c.Node(), o); err != nil || !o.measures(bench.PodGroup) {
		return p, err
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", onNode, bench.PodGroup)
	source := product.Source{Repo: b.repo, Version: o.version, Log: os.Stderr}
	if err := source.Install(ctx, c); err != nil {
		return p, err
	}
	return bench.AddPods(ctx, p, c, o.rounds)
}

// igbs are as many cards as it takes for 64 virtual functions, of 7 each.
const igbs = 10

// cards of the node: one to be had whole, and those that can have functions.
func cards() []node.NIC {
	list := []node.NIC{{Name: "eth1", Model: node.VirtIO}}
	for i := range igbs {
		list = append(list, node.NIC{Name: fmt.Sprintf("eth%d", i+2), Model: node.IGB})
	}
	return list
}

// functions makes virtual functions of one card. Router advertisements would give
// it addresses, with which it is the node's.
const functions = `set -e
echo 0 >/proc/sys/net/ipv6/conf/eth2/accept_ra
ip link set eth2 up
echo 7 >/sys/class/net/eth2/device/sriov_numvfs
until [ $(cat /sys/class/net/eth2/carrier) = 1 ]; do sleep 0.1; done`

// equip gives the node its hardware.
func equip(ctx context.Context, b built, vm *node.VM) error {
	if _, err := vm.Run(ctx, functions); err != nil {
		return fmt.Errorf("make virtual functions: %w", err)
	}
	return infiniband.Add(ctx, b.tools, vm)
}

// insideScript runs this program in the virtual machine, from its disk.
const insideScript = `set -e
cp -r /host/` + shared + ` /var/tmp/
cd /var/tmp/` + shared + `
export TMPDIR=/var/tmp
exec ./bench ` + placeCommand + ` -name ` + onNode + ` -hardware -binaries bin -kubeconfig kubeconfig -rounds %d -only '%s'`

// inside measures in the virtual machine.
func inside(ctx context.Context, vm *node.VM, o options) (p report.Place, err error) {
	var out bytes.Buffer
	only := ""
	if o.only != nil {
		only = o.only.String()
	}
	code, err := vm.Exec(ctx, node.Command{
		Script: fmt.Sprintf(insideScript, o.rounds, only), Stdout: &out, Stderr: os.Stderr,
	})
	if err != nil {
		return p, err
	}
	if code != 0 {
		err = fmt.Errorf("exit code %d", code)
	}
	return p, errors.Join(err, json.Unmarshal(out.Bytes(), &p))
}
