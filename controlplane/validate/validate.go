// Package validate checks manifests before a cluster sees them: the parameters
// for this driver in ResourceClaims, ResourceClaimTemplates and DeviceClasses,
// by the code that reads them in Prepare.
//
// It allocates each claim on paper, to devices that fit the kinds that it names,
// and hands it to [claim.Decoder] and [claim.Names]. What only a node or a
// scheduler can know is not checked: which device a claim will be given, what the
// operator allows, what other claims a pod has. Objects of other kinds and
// parameters for other drivers are passed over.
//
// The caller gives all files to [Checker.Add], in any order, and asks for the
// [Report] at the end: a class is known to the claims of all files.
package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
)

// Config of a [Checker].
type Config struct {
	// Driver is whose parameters are checked.
	Driver string
	// NoPodlink refuses what nodes without podlink refuse.
	NoPodlink bool
}

// Checker collects objects and what is wrong with them.
type Checker struct {
	cfg      Config
	seen     int // documents
	objects  int
	classes  map[string]*class
	claims   []*claimSpec
	findings []Finding
}

// class is a DeviceClass.
type class struct {
	place // of its spec
	spec  resourceapi.DeviceClassSpec
}

// claimSpec is what a claim, or a template of claims, asks for.
type claimSpec struct {
	place // of its devices
	spec  resourceapi.DeviceClaim
}

// New returns a Checker that has seen nothing.
func New(cfg Config) *Checker {
	return &Checker{cfg: cfg, classes: map[string]*class{}}
}

// Report checks what was added and says what is wrong with it, in the order of
// the files.
func (c *Checker) Report() Report {
	for _, name := range slices.Sorted(maps.Keys(c.classes)) {
		c.checkClass(c.classes[name])
	}
	for _, cl := range c.claims {
		c.checkClaim(cl)
	}
	r := Report{Objects: c.objects, Findings: []Finding{}}
	for _, f := range c.findings {
		if !slices.Contains(r.Findings, f) {
			r.Findings = append(r.Findings, f)
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return a.seen - b.seen })
	return r
}

// checkClass checks a class by itself. What it leaves to claims is not missing.
func (c *Checker) checkClass(cl *class) {
	s := subject{place: cl.place, request: "any", layers: c.classLayers(cl, "any"), incomplete: true}
	if c.formed(s.layers) && len(s.layers) > 0 {
		c.checkSubject(s)
	}
}

// checkClaim checks each request of a claim, and what they have in common.
func (c *Checker) checkClaim(cl *claimSpec) {
	own := c.claimLayers(cl)
	for _, l := range own {
		c.checkNames(cl, l)
	}
	if !c.formed(own) {
		return
	}
	var sure, perhaps []subject
	sound := true
	for i, r := range cl.spec.Requests {
		for j, s := range c.subjects(cl, i, r, own) {
			if !c.formed(s.layers) {
				return // said of the class already
			}
			sound = c.checkSubject(s) && sound
			switch {
			case j > 0: // another way to the same device
			case s.sure:
				sure = append(sure, s)
			default:
				perhaps = append(perhaps, s)
			}
		}
	}
	if len(sure) == 0 && len(perhaps) > 0 {
		sure = perhaps[:1]
	}
	if sound && len(sure) > 0 {
		c.checkTogether(cl, sure)
	}
}

// formed checks each layer by itself and says whether all are well-formed.
func (c *Checker) formed(layers []layer) bool {
	ok := true
	for _, l := range layers {
		for _, err := range leaves(l.Check()) {
			ok = false
			c.wrong(l.place, err)
		}
	}
	return ok
}

// checkNames refuses a configuration for requests that are not there, which the
// API server does too.
func (c *Checker) checkNames(cl *claimSpec, l layer) {
	for i, name := range l.requests {
		request, _, _ := strings.Cut(name, "/")
		if !slices.ContainsFunc(cl.spec.Requests, func(r resourceapi.DeviceRequest) bool { return r.Name == request }) {
			c.wrong(l.entry.child("requests").index(i), fmt.Errorf("the claim has no request %q", name))
		}
	}
}
