package handover_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	api "github.com/hawser-dra/hawser/api/handover"
	"github.com/hawser-dra/hawser/netagent/handover"
)

const claim = "6f0b8a44-97e2-4d2c-8d5f-000000000001"

// mover has one device, and says which file it was given.
type mover struct{ was chan os.FileInfo }

func (m mover) HandOver(_ context.Context, claimUID, ibdev string, namespace *os.File) error {
	if claimUID != claim || ibdev != "mlx5_0" {
		return errors.New("RDMA device " + ibdev + " is not lent")
	}
	info, err := namespace.Stat()
	m.was <- info
	return err
}

// serve runs a server in a directory, and returns the path of its socket.
func serve(t *testing.T, m handover.Mover) string {
	t.Helper()
	if os.Getuid() != 0 || os.Getgid() != 0 {
		t.Skip("the socket admits root alone")
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "left"+api.Ext), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false) // as of a process that was killed
	left.Close()
	s, err := handover.Listen(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if files, _ := os.ReadDir(dir); len(files) != 0 {
			t.Errorf("left behind: %v", files)
		}
	})
	sockets, err := filepath.Glob(filepath.Join(dir, "*"+api.Ext))
	if err != nil || len(sockets) != 1 || filepath.Base(sockets[0]) == "left"+api.Ext {
		t.Fatalf("sockets are %v, %v", sockets, err)
	}
	return sockets[0]
}

// ask sends bytes and files, and returns the answer's error.
func ask(t *testing.T, socket string, b []byte, files ...int) string {
	t.Helper()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var rights []byte
	if len(files) > 0 {
		rights = unix.UnixRights(files...)
	}
	if _, _, err := c.WriteMsgUnix(b, rights, nil); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	a, err := api.ParseAnswer(got)
	if err != nil {
		t.Fatalf("answer %q: %v", got, err)
	}
	return a.Error
}

func TestHandOver(t *testing.T) {
	m := mover{was: make(chan os.FileInfo, 1)}
	socket := serve(t, m)
	own, err := os.Open("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	request, err := api.Marshal(api.Request{ClaimUID: claim, IBDev: "mlx5_0"})
	if err != nil {
		t.Fatal(err)
	}
	fd := int(own.Fd())
	if text := ask(t, socket, request, fd); text != "" {
		t.Errorf("refused: %s", text)
	}
	mine, err := own.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if given := <-m.was; !os.SameFile(given, mine) {
		t.Errorf("the device was to go to %v, want %v", given, mine)
	}
	other := []byte(strings.Replace(string(request), "mlx5_0", "mlx5_1", 1))
	for name, c := range map[string]struct {
		request []byte
		files   []int
		want    string
	}{
		"another device":    {other, []int{fd}, "RDMA device mlx5_1 is not lent"},
		"no namespace":      {request, nil, "has sent 0 files"},
		"many namespaces":   {request, []int{fd, fd, fd, fd}, "must send its network namespace"},
		"an unknown field":  {[]byte(`{"path": "/proc/1/ns/net"}`), []int{fd}, `unknown field "path"`},
		"what is not JSON":  {[]byte("GET / HTTP/1.1"), []int{fd}, "invalid character"},
		"more than a claim": {append(request, '{', '}'), []int{fd}, "more data after the end"},
	} {
		if text := ask(t, socket, c.request, c.files...); !strings.Contains(text, c.want) {
			t.Errorf("%s: answer %q, want %q in it", name, text, c.want)
		}
	}
}
