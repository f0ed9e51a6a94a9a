package validate

import "k8s.io/apimachinery/pkg/util/validation/field"

// place is where something is written.
type place struct {
	file     string
	document int
	object   string
	path     *field.Path
	seen     int // orders the documents of all files
}

func (p place) child(name string, more ...string) place {
	if p.path == nil {
		p.path = field.NewPath(name, more...)
	} else {
		p.path = p.path.Child(name, more...)
	}
	return p
}

func (p place) index(i int) place {
	p.path = p.path.Index(i)
	return p
}

// below is the path of a field that an error names, from the top of the document.
func (p place) below(name string) string {
	switch {
	case p.path == nil:
		return name
	case name == "":
		return p.path.String()
	}
	return p.path.String() + "." + name
}
