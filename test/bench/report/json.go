package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes the report for programs; [ReadJSON] reads it.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// ReadJSON reads what [Report.WriteJSON] wrote. A field that it does not know is
// an error: the report is of another version, and would be told incompletely.
func ReadJSON(from io.Reader) (Report, error) {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	var r Report
	if err := d.Decode(&r); err != nil {
		return Report{}, fmt.Errorf("read report: %w", err)
	}
	return r, nil
}
