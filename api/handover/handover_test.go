package handover_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/api/handover"
)

const claim = "6f0b8a44-97e2-4d2c-8d5f-000000000001"

func TestRequest(t *testing.T) {
	want := handover.Request{ClaimUID: claim, IBDev: "mlx5_0"}
	b, err := handover.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := handover.ParseRequest(b); got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, why := range map[string]string{
		``:                                      "EOF",
		`{"claimUID":"x","ibdev":"mlx5_0"}`:     `claimUID "x" is not a UID`,
		`{"claimUID":"` + claim + `"}`:          `ibdev "" is not the name of an RDMA device`,
		string(b) + "{}":                        "more data after the end",
		`{"path":"/proc/1/ns/net"}`:             `unknown field "path"`,
		strings.Repeat(" ", handover.MaxSize+1): "bytes, at most",
	} {
		if _, err := handover.ParseRequest([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.64q: got %v, want %q in it", text, err, why)
		}
	}
}

func TestAnswer(t *testing.T) {
	for _, err := range []error{nil, errors.New("it is away"), errors.New(strings.Repeat("ä", handover.MaxError))} {
		b, marshalErr := handover.Marshal(handover.AnswerOf(err))
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		a, parseErr := handover.ParseAnswer(b)
		if parseErr != nil || (a.Error == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), a.Error) {
			t.Errorf("answer for %v is %+v, %v", err, a, parseErr)
		}
	}
}
