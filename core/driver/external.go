package driver

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
)

// The names of the options that ExternalOptions declares.
const (
	optionCA          = "tls-ca"
	optionCertificate = "tls-cert"
	optionKey         = "tls-key"
	optionCredentials = "credentials"
)

// ExternalOptions returns the options by which a driver is let into clusters
// that are protected: Setup.TLS and Setup.Credentials read them. Options name
// files; what stands in the files is never archived.
func ExternalOptions(store string) []Option {
	return []Option{
		{Name: optionCA, Type: Path, Help: "file with the certificates (PEM) that the servers' are signed with; turns TLS on"},
		{Name: optionCertificate, Type: Path, Help: "file with the client's certificate (PEM); turns TLS on"},
		{Name: optionKey, Type: Path, Help: "file with the key (PEM) of the client's certificate"},
		{Name: optionCredentials, Type: Path, Help: "file with user:password on one line; else $" + CredentialsVariable(store) + " holds them"},
	}
}

// CredentialsVariable is the environment variable that holds user:password for a
// store. Of all plugins only the store's has it.
func CredentialsVariable(store string) string { return "BENCHCTL_" + variable(store) + "_CREDENTIALS" }

// HomeVariable is the environment variable that names the folder in which a store
// is installed, such as ZOOKEEPER_HOME. Of all plugins only the store's has it.
func HomeVariable(store string) string { return variable(store) + "_HOME" }

func variable(store string) string { return strings.ToUpper(strings.ReplaceAll(store, "-", "_")) }

// TLS returns the configuration that the options ask for, nil for none.
func (s Setup) TLS() (*tls.Config, error) {
	ca, certificate, key := s.Option(optionCA), s.Option(optionCertificate), s.Option(optionKey)
	if ca == "" && certificate == "" && key == "" {
		return nil, nil
	}
	if !s.External {
		return nil, fmt.Errorf("%s, %s and %s are for clusters that run already: leave them out", optionCA, optionCertificate, optionKey)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := readFile(ca)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", optionCA, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: there is no certificate in PEM form in %s", optionCA, ca)
		}
	}
	if (certificate == "") != (key == "") {
		return nil, fmt.Errorf("%s and %s belong together: name both", optionCertificate, optionKey)
	}
	if certificate != "" {
		pair, err := readPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", optionCertificate, optionKey, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// Credentials returns the user and password for a store, empty if there are
// none.
func (s Setup) Credentials(store string) (user, password string, err error) {
	text, source := os.Getenv(CredentialsVariable(store)), "$"+CredentialsVariable(store)
	if file := s.Option(optionCredentials); file != "" {
		if !s.External {
			return "", "", fmt.Errorf("%s is for clusters that run already: leave it out", optionCredentials)
		}
		content, err := readFile(file)
		if err != nil {
			return "", "", fmt.Errorf("read %s: %w", optionCredentials, err)
		}
		text, source = strings.TrimSpace(string(content)), file
	}
	if text == "" || !s.External {
		return "", "", nil
	}
	user, password, ok := strings.Cut(text, ":")
	if !ok || user == "" {
		return "", "", errors.New(source + " should hold user:password")
	}
	return user, password, nil
}

// longest bounds a file of certificates or credentials, in bytes.
const longest = 1 << 20

// readFile reads a file that an option names. The plugin reads it for every run,
// so that it cannot be a pipe.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file: it is read again for every run, so a folder, a pipe or a device will not do", path)
	case info.Size() > longest:
		return nil, fmt.Errorf("%s has %d bytes, more than such a file may have (%d)", path, info.Size(), longest)
	}
	content, err := os.ReadFile(path)
	return bytes.TrimPrefix(content, []byte("\ufeff")), err
}

func readPair(certificate, key string) (tls.Certificate, error) {
	certificatePEM, err := readFile(certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := readFile(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certificatePEM, keyPEM)
}

// CheckExternal finds what is wrong with the options of ExternalOptions: a file
// that cannot be read, one without its other half. Call it in Guarantees, so that
// it is found before anything starts.
func (s Setup) CheckExternal(store string) error {
	if _, err := s.TLS(); err != nil {
		return err
	}
	_, _, err := s.Credentials(store)
	return err
}
