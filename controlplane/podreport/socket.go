package podreport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/api/report"
)

// socket is a datagram socket and the file that it was bound to.
type socket struct {
	conn *net.UnixConn
	path string
	file os.FileInfo
}

// bind makes the socket under another name and renames it, so that there is no
// moment without one, nor one that others than root may write to.
func bind(dir string) (_ *socket, err error) {
	path := filepath.Join(dir, report.SocketName)
	temp := fmt.Sprintf("%s.%08x", path, rand.Uint32())
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: temp, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.Close(), os.RemoveAll(temp))
		}
	}()
	if err := os.Chmod(temp, 0o600); err != nil {
		return nil, err
	}
	file, err := os.Lstat(temp)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, err
	}
	return &socket{conn: conn, path: path, file: file}, nil
}

// remove deletes the file unless it is another driver's by now.
func (s *socket) remove() {
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.file) {
		_ = os.Remove(s.path)
	}
}
