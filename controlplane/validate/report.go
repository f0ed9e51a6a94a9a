package validate

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Severities.
const (
	Error   = "error"   // Prepare would refuse it
	Warning = "warning" // it depends on what is in no file
)

// Report is what is wrong.
type Report struct {
	// Objects is how many claims, templates and classes were checked.
	Objects  int       `json:"objects"`
	Findings []Finding `json:"findings"`
}

// Finding is one thing that is wrong.
type Finding struct {
	Severity string `json:"severity"`
	File     string `json:"file"`
	// Document counts from 1 in its file.
	Document int `json:"document"`
	// Object is its kind and name, such as ResourceClaim/data.
	Object string `json:"object,omitempty"`
	// Field is a path from the top of the document.
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`

	seen int
}

// Errors counts those that are not warnings.
func (r Report) Errors() (n int) {
	for _, f := range r.Findings {
		if f.Severity == Error {
			n++
		}
	}
	return n
}

// WriteText writes a line for each finding.
func (r Report) WriteText(w io.Writer) error {
	for _, f := range r.Findings {
		line := fmt.Sprintf("%s: document %d", f.File, f.Document)
		for _, part := range []string{f.Object, f.Field} {
			if part != "" {
				line += ": " + part
			}
		}
		if _, err := fmt.Fprintf(w, "%s: %s: %s\n", line, f.Severity, f.Message); err != nil {
			return err
		}
	}
	return nil
}

// wrong adds an error about something at a place, or below it if the error names
// a field.
func (c *Checker) wrong(at place, err error) {
	c.findings = append(c.findings, at.finding(Error, messageOf(err), err))
}

func (c *Checker) warn(at place, message string, err error) {
	c.findings = append(c.findings, at.finding(Warning, message, err))
}

func (p place) finding(severity, message string, about error) Finding {
	return Finding{
		Severity: severity, File: p.file, Document: p.document, Object: p.object,
		Field: p.below(fieldOf(about)), Message: message, seen: p.seen,
	}
}

// messageOf is an error without the path that the finding has.
func messageOf(err error) string {
	if f, ok := errors.AsType[*field.Error](err); ok {
		return f.ErrorBody()
	}
	return strings.TrimPrefix(err.Error(), fieldOf(err)+": ")
}

// fieldOf is the path that an error names.
func fieldOf(err error) string {
	if f, ok := errors.AsType[*field.Error](err); ok {
		return f.Field
	}
	if f, ok := errors.AsType[interface {
		error
		FieldPath() string
	}](err); ok {
		return f.FieldPath()
	}
	return ""
}

// leaves takes errors apart that are made of several.
func leaves(err error) (all []error) {
	if err == nil {
		return nil
	}
	parts := partsOf(err)
	if parts == nil {
		return []error{err}
	}
	for _, e := range parts {
		all = append(all, leaves(e)...)
	}
	return all
}

func partsOf(err error) []error {
	if many, ok := errors.AsType[interface {
		error
		Errors() []error
	}](err); ok {
		return many.Errors()
	}
	if many, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		return many.Unwrap()
	}
	return nil
}
