package validate

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	documents "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Add reads a file of YAML or JSON documents. What is wrong in it is in the
// report; the error is that it could not be read.
func (c *Checker) Add(file string, r io.Reader) error {
	reader := documents.NewYAMLReader(bufio.NewReader(r))
	for n := 1; ; n++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		c.seen++
		at := place{file: file, document: n, seen: c.seen}
		raw, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			c.wrong(at, err)
			continue
		}
		c.object(at, raw, "")
	}
}

// header is what every object begins with, and what lists have.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// object takes in an object, or those of a list. Kind is what it is if it does
// not say so itself, which those of a typed list need not.
func (c *Checker) object(at place, raw []byte, kind string) {
	var h header
	if err := json.Unmarshal(raw, &h); err != nil {
		c.wrong(at, errors.New("is not an object of Kubernetes"))
		return
	}
	if h.Kind == "" {
		h.Kind = kind
	}
	if of, isList := strings.CutSuffix(h.Kind, "List"); isList {
		for i, item := range h.Items {
			c.object(at.child("items").index(i), item, of)
		}
		return
	}
	at.object = h.Kind + "/" + h.Metadata.Name
	switch h.Kind {
	case "ResourceClaim", "ResourceClaimTemplate", "DeviceClass":
		if c.known(at, h.APIVersion) {
			c.objects++
			c.take(at, h.Kind, h.Metadata.Name, raw)
		}
	}
}

// known says whether it is one of the version that is read here; those of other
// groups are not ours.
func (c *Checker) known(at place, apiVersion string) bool {
	version := resourceapi.SchemeGroupVersion
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil || gv.Group != version.Group && apiVersion != "" {
		return false
	}
	if gv != version && apiVersion != "" {
		c.wrong(at, field.NotSupported(field.NewPath("apiVersion"), apiVersion, []string{version.String()}))
		return false
	}
	return true
}

// take decodes an object of ours.
func (c *Checker) take(at place, kind, name string, raw []byte) {
	switch kind {
	case "ResourceClaim":
		var o resourceapi.ResourceClaim
		if c.strict(at, raw, &o) {
			c.claims = append(c.claims, &claimSpec{at.child("spec", "devices"), o.Spec.Devices})
		}
	case "ResourceClaimTemplate":
		var o resourceapi.ResourceClaimTemplate
		if c.strict(at, raw, &o) {
			c.claims = append(c.claims, &claimSpec{at.child("spec", "spec", "devices"), o.Spec.Spec.Devices})
		}
	case "DeviceClass":
		var o resourceapi.DeviceClass
		if c.strict(at, raw, &o) {
			c.classes[name] = &class{at.child("spec"), o.Spec}
		}
	}
}

// strict reports what kubectl would: fields that are not there, values of the
// wrong type.
func (c *Checker) strict(at place, raw []byte, into any) bool {
	unknown, err := kjson.UnmarshalStrict(raw, into)
	for _, e := range append(unknown, err) {
		if e != nil {
			c.wrong(at, e)
		}
	}
	return err == nil && len(unknown) == 0
}
