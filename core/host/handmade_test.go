package host_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

// serveHandmade is a plugin that knows of go-plugin only what the protocol's
// page says for other languages.
func serveHandmade() error {
	if os.Getenv("BENCHCTL_PLUGIN") != "driver" {
		return errors.New("a plugin that benchctl starts")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(24 * time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM([]byte(os.Getenv("PLUGIN_CLIENT_CERT"))) {
		return errors.New("no certificate of the client")
	}
	socket := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: trusted, MinVersion: tls.VersionTLS12,
	})))
	driverpb.RegisterDriverServer(server, bare{})
	fmt.Printf("1|1|unix|%s|grpc|%s\n", socket, base64.RawStdEncoding.EncodeToString(certificate))
	fmt.Fprintln(os.Stderr, "[WARN] made by hand")
	return server.Serve(listener)
}

func TestAPluginMadeFromTheProtocolsPage(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	seen := &logs{}
	p := launch(t, "handmade", host.Options{Log: seen.at(hclog.Info)})
	r, s := request(t, "", 1), &sink{}
	r.Seed = 3 // chunks, for this plugin
	if err := p.Run(t.Context(), r, s); !errors.Is(err, client.ErrPlugin) || s.samples != 3 {
		t.Errorf("%d chunks, %v", s.samples, err)
	}
	eventually(t, "its log", func() bool { return seen.String() == "[WARN]  plugin.handmade: made by hand\n" })
	if p.Close(); !gone(p.PID()) {
		t.Error("the process lives after Close")
	}
}
