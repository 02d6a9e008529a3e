package raftstore

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

func page(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../../../docs/format/raft-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// section returns what stands under a heading of the page.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(page(t), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("the page has no section %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// blocks returns the lines of the page's examples of a kind.
func blocks(t *testing.T, kind string) (lines []string) {
	t.Helper()
	for _, block := range regexp.MustCompile("(?s)```"+kind+"\n(.*?)```").FindAllStringSubmatch(page(t), -1) {
		lines = append(lines, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	if len(lines) == 0 {
		t.Fatalf("the page has no example of %s", kind)
	}
	return lines
}

// bytesOf reads the bytes at the beginning of a line; remarks follow two spaces.
func bytesOf(t *testing.T, line string) []byte {
	t.Helper()
	digits, _, _ := strings.Cut(line, "  ")
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return b
}

// TestTheExchangesOfThePage plays them with a cluster in which nothing has
// happened yet, and then looks at its state.
func TestTheExchangesOfThePage(t *testing.T) {
	t.Parallel()
	r := deploy(t, 1, served)
	conn, err := net.Dial("tcp", r.client.Endpoints[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var request []byte
	for _, line := range blocks(t, "exchange") {
		direction, text, _ := strings.Cut(line, " ")
		if b := bytesOf(t, text); direction == ">" {
			request = append(request, b...)
		} else {
			send(t, conn, request)
			request = nil
			got := make([]byte, len(b))
			if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, b) {
				t.Fatalf("answered with % x, %v; the page has %s", got, err, line)
			}
		}
	}
	var state []byte
	for _, line := range blocks(t, "state") {
		state = append(state, bytesOf(t, line)...)
	}
	if got := snapshotOf(t, r.nodes.at(0).machine); !bytes.Equal(got, state) {
		t.Errorf("the state is % x, the page has % x", got, state)
	}
}

// send sends a request, if there is one, which must be as we would write it.
func send(t *testing.T, conn net.Conn, request []byte) {
	t.Helper()
	if len(request) == 0 {
		return
	}
	content, err := readFrame(bufio.NewReader(bytes.NewReader(request)), nil)
	if err != nil {
		t.Fatalf("% x: %v", request, err)
	}
	c, flags, timeout, err := readRequest(content)
	if err != nil {
		t.Fatalf("% x: %v", request, err)
	}
	if ours := appendRequest(nil, &c, flags, timeout); !bytes.Equal(request, ours) {
		t.Fatalf("the page has % x, we write % x", request, ours)
	}
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
}

// rows returns the first two cells of a table whose first is a number.
func rows(text string) (names []string) {
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| (\S+) \|`).FindAllStringSubmatch(text, -1) {
		names = append(names, row[1]+" "+row[2])
	}
	return names
}

func TestThePageHasEveryKindAndClass(t *testing.T) {
	kinds := []struct {
		kind kind
		name string
	}{
		{kindCreate, "create"}, {kindSet, "set"}, {kindPut, "put"}, {kindDelete, "delete"},
		{kindCreateEphemeral, "create-ephemeral"}, {kindCreateSequential, "create-sequential"},
		{kindCompareAndSet, "compare-and-set"}, {kindOpenSession, "open-session"}, {kindCloseSession, "close-session"},
		{kindCreateEphemeralSequential, "create-ephemeral-sequential"}, {kindSetAll, "set-all"},
		{kindGet, "get"}, {kindList, "list"}, {kindSync, "sync"}, {kindKeepAlive, "keep-alive"},
		{kindWatch, "watch"}, {kindAwaitPresent, "await-present"}, {kindAwaitAbsent, "await-absent"},
	}
	var want []string
	for _, k := range kinds {
		want = append(want, fmt.Sprint(byte(k.kind), " ", k.name))
	}
	commands := section(t, "Commands")
	if diff := cmp.Diff(want, rows(commands)); diff != "" || len(kinds) != int(lastKind) {
		t.Errorf("of %d kinds: %s", lastKind, diff)
	}
	if !strings.Contains(commands, fmt.Sprintf("Those from 1 to %d write", lastWrite)) {
		t.Errorf("the page does not say that the kinds up to %d write", lastWrite)
	}
	want = nil
	for _, class := range []Class{OK, Exists, NotFound, Timeout, Unavailable, Conflict, Malformed, classMoved} {
		want = append(want, fmt.Sprint(byte(class), " ", class))
	}
	if diff := cmp.Diff(want, rows(section(t, "Classes"))); diff != "" {
		t.Error(diff)
	}
}

func TestThePageHasEveryLimit(t *testing.T) {
	limits := section(t, "Limits and times")
	for what, limit := range map[string]any{
		"content of a frame":               maxFrame,
		"a key or a value in a snapshot":   maxString,
		"commands in an entry":             maxBatch,
		"entries of commands under way":    inFlight,
		"changes that a node remembers":    historyLength,
		"bytes of keys and values in them": historyBytes,
		"pause between two tries":          retryEvery,
		"waits longer than the timeout":    answerGrace,
		"two looks for silent sessions":    expiryEvery,
		"a silent session to be closed":    ownWithin,
		"for the answer of another node":   peerTimeout,
		"two looks whether a snapshot":     snapshotEvery,
		"snapshots that are kept":          snapshotsKept,
	} {
		text := fmt.Sprint(limit)
		if d, is := limit.(time.Duration); is {
			text = regexp.MustCompile(`[a-z]+`).ReplaceAllString(d.String(), " $0")
		}
		row := regexp.MustCompile(`(?m)^\| [^|]*` + what + `[^|]* \| (.*?)( bytes)? \|$`).FindStringSubmatch(limits)
		if row == nil || strings.ReplaceAll(row[1], ",", "") != text {
			t.Errorf("%s: the page has %q, want %s", what, row, text)
		}
	}
}

// TestThePageHasTheMessagesBetweenNodes checks the names of their members against
// the library's types, and their numbers against what it sends.
func TestThePageHasTheMessagesBetweenNodes(t *testing.T) {
	header := raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte("node-1"), Addr: []byte("127.0.0.1:24001")}
	vote := &raft.RequestVoteRequest{RPCHeader: header, Term: 7, LastLogIndex: 300, LastLogTerm: 6}
	messages := []struct {
		name            string
		request, answer any
		send            func(*raft.NetworkTransport, raft.ServerAddress) error
	}{
		{"AppendEntries", raft.AppendEntriesRequest{}, raft.AppendEntriesResponse{}, func(from *raft.NetworkTransport, to raft.ServerAddress) error {
			return from.AppendEntries("", to, &raft.AppendEntriesRequest{}, &raft.AppendEntriesResponse{})
		}},
		{"RequestVote", raft.RequestVoteRequest{}, raft.RequestVoteResponse{}, func(from *raft.NetworkTransport, to raft.ServerAddress) error {
			return from.RequestVote("", to, vote, &raft.RequestVoteResponse{})
		}},
		{"InstallSnapshot", raft.InstallSnapshotRequest{}, raft.InstallSnapshotResponse{}, func(from *raft.NetworkTransport, to raft.ServerAddress) error {
			return from.InstallSnapshot("", to, &raft.InstallSnapshotRequest{}, &raft.InstallSnapshotResponse{}, bytes.NewReader(nil))
		}},
		{"TimeoutNow", raft.TimeoutNowRequest{}, raft.TimeoutNowResponse{}, func(from *raft.NetworkTransport, to raft.ServerAddress) error {
			return from.TimeoutNow("", to, &raft.TimeoutNowRequest{}, &raft.TimeoutNowResponse{})
		}},
		{"RequestPreVote", raft.RequestPreVoteRequest{}, raft.RequestPreVoteResponse{}, func(from *raft.NetworkTransport, to raft.ServerAddress) error {
			return from.RequestPreVote("", to, &raft.RequestPreVoteRequest{}, &raft.RequestPreVoteResponse{})
		}},
	}
	var example []byte
	for _, line := range blocks(t, "message") {
		example = append(example, bytesOf(t, line)...)
	}
	between := section(t, "Between nodes")
	for _, m := range messages {
		sent := sentBy(t, m.send)
		row := fmt.Sprintf("| %s | %s |%s|%s|", strconv.Itoa(int(sent[0])), m.name, members(m.request), members(m.answer))
		if !strings.Contains(between, row) {
			t.Errorf("the page lacks: %s", row)
		}
		if m.name == "RequestVote" && !bytes.Equal(sent, example) {
			t.Errorf("the library sends % x, the page has % x", sent, example)
		}
	}
}

// members returns the cell that names a message's members.
func members(message any) string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(message)) {
		if len(field.Index) == 1 && !field.Anonymous {
			names = append(names, field.Name)
		}
	}
	if names == nil {
		return " "
	}
	return " " + strings.Join(names, ", ") + " "
}

// sentBy returns the first of what a node sends for a message, up to its last member.
func sentBy(t *testing.T, send func(*raft.NetworkTransport, raft.ServerAddress) error) []byte {
	t.Helper()
	to, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	layer, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	from := newTransport(layer, hclog.NewNullLogger())
	defer from.Close()
	ended := make(chan error, 1)
	go func() { ended <- send(from, raft.ServerAddress(to.Addr().String())) }()
	conn, err := to.Accept()
	if err != nil {
		t.Fatal(err)
	}
	sent := make([]byte, 1<<10)
	n, err := conn.Read(sent) // a small message comes whole
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := <-ended; err == nil {
		t.Error("a message that was not answered has not failed")
	}
	return slices.Clone(sent[:n])
}
