package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/test/internal/wire"
)

// dial opens a connection to an agent and sends one request.
func dial(t *testing.T, method, target string) (net.Conn, *bufio.Reader, *http.Response) {
	t.Helper()
	agent := httptest.NewServer(http.HandlerFunc(handle))
	t.Cleanup(agent.Close)
	conn, err := net.Dial("tcp", agent.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: node\r\n\r\n", method, target); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		t.Fatal(err)
	}
	return conn, r, answer
}

// collect reads a session to its end.
func collect(t *testing.T, r io.Reader) (stdout, stderr, code string) {
	t.Helper()
	var out, errs bytes.Buffer
	for {
		kind, payload, err := wire.Read(r)
		if err != nil {
			t.Fatal(err)
		}
		switch kind {
		case wire.Stdout:
			out.Write(payload)
		case wire.Stderr:
			errs.Write(payload)
		case wire.Exit:
			return out.String(), errs.String(), string(payload)
		}
	}
}

func TestExec(t *testing.T) {
	conn, r, _ := dial(t, http.MethodPost, "/exec")
	w := wire.NewWriter(conn)
	if err := errors.Join(
		w.Send(wire.Script, []byte("echo to stderr >&2; cat; exit 3")),
		w.Send(wire.Stdin, []byte("from ")), w.Send(wire.Stdin, []byte("stdin")), w.Send(wire.EOF, nil),
	); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := collect(t, r)
	if stdout != "from stdin" || stderr != "to stderr\n" || code != "3" {
		t.Errorf("got %q, %q, exit code %s", stdout, stderr, code)
	}
}

func TestExecEnds(t *testing.T) {
	for script, want := range map[string]string{
		"kill -TERM $$":         "143",
		"sleep 60 & echo done":  "0", // a child that keeps the output open
		"exec /does/not/exist":  "127",
		"read line; echo $line": "0", // no input ever comes: the end of it is enough
	} {
		t.Run(script, func(t *testing.T) {
			conn, r, _ := dial(t, http.MethodPost, "/exec")
			w := wire.NewWriter(conn)
			if err := errors.Join(w.Send(wire.Script, []byte(script)), w.Send(wire.EOF, nil)); err != nil {
				t.Fatal(err)
			}
			if _, stderr, code := collect(t, r); code != want {
				t.Errorf("exit code %s, want %s; %s", code, want, stderr)
			}
		})
	}
}

// TestGoneClient closes the connection of a script that would run for a minute.
func TestGoneClient(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	conn, r, _ := dial(t, http.MethodPost, "/exec")
	script := "echo $$ >" + pidFile + "; echo started; sleep 60; sleep 60"
	if err := wire.NewWriter(conn).Send(wire.Script, []byte(script)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := wire.Read(r); err != nil {
		t.Fatal(err)
	}
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	process := "/proc/" + strings.TrimSpace(string(pid))
	for range 500 {
		if _, err := os.Stat(process); errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the script goes on")
}

// echo listens and sends back what comes.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func wantEcho(t *testing.T, conn net.Conn, r io.Reader) {
	t.Helper()
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); string(text) != "hello" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestConnect(t *testing.T) {
	conn, r, answer := dial(t, http.MethodConnect, echo(t))
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	wantEcho(t, conn, r)
}

func TestConnectToNothing(t *testing.T) {
	if _, _, answer := dial(t, http.MethodConnect, "127.0.0.1:1"); answer.StatusCode != http.StatusBadGateway {
		t.Error(answer.Status)
	}
}

func TestRelayReadsItsTargetEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "target")
	for range 2 {
		if err := os.WriteFile(file, []byte(echo(t)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := l.Accept(); err == nil {
				_ = passOn(conn, file)
			}
		}()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		wantEcho(t, conn, conn)
		if err := errors.Join(conn.Close(), l.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestWanted(t *testing.T) {
	for event, want := range map[string]string{
		"add@/devices/pci0000:00/0000:03:10.0\x00ACTION=add\x00MODALIAS=pci:v8086\x00SEQNUM=7\x00": "pci:v8086",
		"bind@/devices/x\x00ACTION=bind\x00MODALIAS=pci:v8086\x00":                                 "",
		"add@/devices/y\x00ACTION=add\x00":                                                         "",
		"":                                                                                         "",
	} {
		if got := wanted(event); got != want {
			t.Errorf("of %q: got %q, want %q", event, got, want)
		}
	}
}
