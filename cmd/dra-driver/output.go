package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
)

// texter is what can be shown to people, and to programs as JSON.
type texter interface {
	WriteText(w io.Writer) error
}

// outputFlag adds --output and returns what writes in the form that it names.
func outputFlag(f *flag.FlagSet) func(io.Writer, texter) error {
	form := textForm
	f.Var(&form, "output", "`form` of what is printed: text or json")
	return func(w io.Writer, t texter) error {
		if form == textForm {
			return t.WriteText(w)
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(t)
	}
}

// outputForm is a [flag.Value].
type outputForm string

const (
	textForm outputForm = "text"
	jsonForm outputForm = "json"
)

func (o *outputForm) String() string { return string(*o) }

func (o *outputForm) Set(s string) error {
	if form := outputForm(s); form == textForm || form == jsonForm {
		*o = form
		return nil
	}
	return fmt.Errorf("must be %s or %s", textForm, jsonForm)
}
