package validate

import (
	"errors"
	"fmt"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/controlplane/claim"
)

// subject is one request of a claim, or one of its alternatives, or a class, and
// what configures the devices that it would be given.
type subject struct {
	place
	request string
	count   int
	layers  []layer // classes first, as an allocation has them
	// sure says that the devices will be this driver's. A class that is in no file
	// may be of another.
	sure bool
	// incomplete says that more may configure them than layers do.
	incomplete bool
	class      string
}

// subjects returns the alternatives of a request that are, or may be, for this
// driver.
func (c *Checker) subjects(cl *claimSpec, i int, r resourceapi.DeviceRequest, own []layer) (all []subject) {
	at := cl.child("requests").index(i)
	if r.Exactly != nil {
		s := subject{place: at, request: r.Name, class: r.Exactly.DeviceClassName, count: count(r.Exactly.AllocationMode, r.Exactly.Count)}
		all = c.configured(all, s, own)
	}
	for j, sub := range r.FirstAvailable {
		s := subject{place: at.child("firstAvailable").index(j), request: r.Name + "/" + sub.Name, class: sub.DeviceClassName, count: count(sub.AllocationMode, sub.Count)}
		all = c.configured(all, s, own)
	}
	return all
}

// count is how many devices a request is for, as far as it says that itself.
func count(mode resourceapi.DeviceAllocationMode, n int64) int {
	if mode == resourceapi.DeviceAllocationModeAll {
		return 1
	}
	return int(min(max(n, 1), resourceapi.AllocationResultsMaxSize))
}

// configured adds s with its layers, if it is for this driver.
func (c *Checker) configured(all []subject, s subject, own []layer) []subject {
	named := false
	var claims []layer
	for _, l := range own {
		if l.applies(s.request) {
			claims = append(claims, l)
			named = named || len(l.requests) > 0
		}
	}
	class := c.classes[s.class]
	s.incomplete, s.sure = class == nil, named
	if class != nil {
		s.layers = c.classLayers(class, s.request)
		s.sure = named || len(s.layers) > 0 || class.selects(c.cfg.Driver)
	}
	s.layers = append(s.layers, claims...)
	if !s.sure && (class != nil || len(claims) == 0) {
		return all
	}
	return append(all, s)
}

// selects says whether the class's selectors speak of a driver.
func (cl *class) selects(driver string) bool {
	for _, s := range cl.spec.Selectors {
		if s.CEL != nil && strings.Contains(s.CEL.Expression, driver) {
			return true
		}
	}
	return false
}

// checkSubject decodes the configuration of one device. It says whether that is
// sound and complete.
func (c *Checker) checkSubject(s subject) bool {
	errs := leaves(c.decode(s, nil))
	complete := true
	if s.incomplete {
		for _, err := range errs {
			if isRequired(err) {
				complete = false
				c.lacks(s, err)
			}
		}
		errs = c.besides(s)
	}
	for _, err := range errs {
		if len(s.layers) == 0 { // of parameters, which are nowhere
			err = errors.New(messageOf(err))
		}
		c.wrong(s.placeOf(err), err)
	}
	return complete && len(errs) == 0
}

// lacks warns of a field that somebody else has to set: for a claim, a class that
// is in no file. A class may leave to claims what it likes.
func (c *Checker) lacks(s subject, err error) {
	if s.class != "" {
		c.warn(s.placeOf(err), fmt.Sprintf("is not set here: DeviceClass %s, which is in none of the files, has to set it", s.class), err)
	}
}

// besides returns what is wrong besides what is not set.
func (c *Checker) besides(s subject) (fewest []error) {
	for i, completion := range completions(s.layers) {
		var errs []error
		for _, err := range leaves(c.decode(s, &completion)) {
			if !isRequired(err) {
				errs = append(errs, err)
			}
		}
		if i == 0 || len(errs) < len(fewest) {
			fewest = errs
		}
	}
	return fewest
}

// checkTogether checks what the devices of a claim have in common: how many they
// are, and that their interfaces have names of their own.
func (c *Checker) checkTogether(cl *claimSpec, all []subject) {
	decoded, err := c.decoder(all).Decode(c.allocate(all))
	if err != nil {
		c.wrong(cl.child("requests"), err)
		return
	}
	var layers []layer
	for _, s := range all {
		layers = append(layers, s.layers...)
	}
	whole := subject{place: cl.child("requests"), layers: layers}
	named, release := new(claim.Names).Assign([]*claim.Claim{decoded}, nothing{})
	defer release()
	for _, err := range leaves(named[decoded.UID]) {
		c.wrong(whole.placeOf(err), err)
	}
}

// placeOf is where the reason of an error is written.
func (s *subject) placeOf(err error) place {
	f, ok := errors.AsType[*field.Error](err)
	if !ok {
		return s.place
	}
	if l := blame(s.layers, f.Field, f.BadValue); l != nil {
		return l.place
	}
	return s.place
}

func isRequired(err error) bool {
	f, ok := errors.AsType[*field.Error](err)
	return ok && f.Type == field.ErrorTypeRequired
}
