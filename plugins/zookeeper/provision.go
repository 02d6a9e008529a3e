package zookeeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/driver"
)

// mainClass runs a server alone or as one of an ensemble, as its configuration
// says.
const mainClass = "org.apache.zookeeper.server.quorum.QuorumPeerMain"

// Ports of a node: for clients and, in an ensemble, for the leader and for
// elections.
func (zookeeper) Ports(_ context.Context, setup driver.Setup) (int, error) {
	if setup.Nodes == 1 {
		return 1, nil
	}
	return 3, nil
}

// Provision describes each node by a configuration file of its own.
func (zookeeper) Provision(_ context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	java, jars, err := installed()
	if err != nil {
		return nil, err
	}
	var nodes []driver.Node
	for i, place := range places {
		client := place.Address(0)
		serves := driver.Probe{Address: client, Send: "srvr", Expect: "Mode: "}
		leads := driver.Probe{Address: client, Send: "srvr", Expect: "Mode: leader"}
		if len(places) == 1 {
			leads.Expect = "Mode: standalone"
		}
		nodes = append(nodes, driver.Node{
			Name:     driver.NodeName(i),
			Endpoint: client,
			Command:  append([]string{java}, arguments(setup, jars)...),
			Files: map[string]string{
				"zoo.cfg":          configuration(setup, places, i),
				"data/myid":        strconv.Itoa(i+1) + "\n",
				"logback.xml":      logback,
				"log4j.properties": log4j,
			},
			Ready: serves,
			Leads: leads,
		})
	}
	return nodes, nil
}

// arguments name the node's folder by a dot: it is where the server runs, and
// whatever its name has in it stands in no class path and no file.
func arguments(setup driver.Setup, jars string) []string {
	forceSync := "yes"
	if !setup.Bool("sync") {
		forceSync = "no"
	}
	args := []string{
		"-Xms" + setup.Option("heap"), "-Xmx" + setup.Option("heap"),
		"-cp", "." + string(os.PathListSeparator) + jars,
		"-Dzookeeper.forceSync=" + forceSync,
		"-Dzookeeper.snapCount=" + setup.Option("snap-count"),
		"-Dzookeeper.flushDelay=" + strconv.FormatInt(setup.Duration("flush-delay").Milliseconds(), 10),
		"-Dzookeeper.admin.enableServer=false",
		"-Dzookeeper.jmx.log4j.disable=true",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-Djava.net.preferIPv4Stack=true",
		"-XX:+ExitOnOutOfMemoryError",
		"-XX:-UsePerfData", // leaves no file outside of the node's folder
	}
	args = append(args, strings.Fields(setup.Option("jvm-flags"))...)
	return append(args, mainClass, "zoo.cfg")
}

// configuration is the zoo.cfg of the node at an index. What it does not set
// is as ZooKeeper has it by default.
func configuration(setup driver.Setup, places []driver.Place, index int) string {
	var b strings.Builder
	set := func(key string, value any) { fmt.Fprintf(&b, "%s=%v\n", key, value) }
	set("tickTime", setup.Duration("tick-time").Milliseconds())
	set("initLimit", 10)
	set("syncLimit", 5)
	set("dataDir", "./data") // in the node's folder, whose name Java's files would spell otherwise
	set("clientPortAddress", host)
	set("clientPort", places[index].Ports[0])
	set("maxClientCnxns", 0) // all threads come from one address
	set("4lw.commands.whitelist", "srvr,ruok,mntr")
	if len(places) > 1 {
		for i, place := range places {
			set(fmt.Sprintf("server.%d", i+1), fmt.Sprintf("%s:%d:%d", host, place.Ports[1], place.Ports[2]))
		}
	}
	return b.String()
}

// Settings for the logging libraries that different releases come with: only
// warnings, to standard output.
const (
	logback = `<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} %-5p %c{1} - %m%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
`
	log4j = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %-5p %c{1} - %m%n
`
)

// installed returns the Java runtime and the class path of what is installed
// here, or what is to be installed.
func installed() (java, jars string, err error) {
	if java, err = findJava(); err != nil {
		return "", "", err
	}
	jars, err = findJars()
	return java, jars, err
}

func findJava() (string, error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		java := filepath.Join(home, "bin", "java")
		if _, err := os.Stat(java); err != nil {
			return "", fmt.Errorf("$JAVA_HOME is %s, where there is no runtime (%w): name the folder of one, or unset it and have java on PATH", home, err)
		}
		return java, nil
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return "", errors.New("ZooKeeper needs Java, which is not on PATH nor in $JAVA_HOME: install a runtime, on Debian with `apt-get install default-jre-headless`")
	}
	return java, nil
}

// debianJars is where Debian's package has its libraries.
const debianJars = "/usr/share/java"

// findJars returns the class path of a release, or of Debian's package, whose
// main library names the others and lacks only one that writes logs.
func findJars() (string, error) {
	if home := os.Getenv("ZOOKEEPER_HOME"); home != "" {
		if strings.ContainsRune(home, os.PathListSeparator) {
			return "", fmt.Errorf("$ZOOKEEPER_HOME is %s, and a class path cannot hold a folder with %q in its name: move the release elsewhere", home, os.PathListSeparator)
		}
		for _, folder := range []string{filepath.Join(home, "lib"), home} {
			if hasServer(folder) {
				return filepath.Join(home, "lib", "*") + string(os.PathListSeparator) + filepath.Join(home, "*"), nil
			}
		}
		return "", fmt.Errorf("$ZOOKEEPER_HOME is %s, where there is no zookeeper-*.jar: name the folder of an unpacked release, or unset it and install Debian's package with `apt-get install zookeeper`", home)
	}
	main := filepath.Join(debianJars, "zookeeper.jar")
	if _, err := os.Stat(main); err != nil {
		return "", errors.New("ZooKeeper's libraries are missing: install Debian's package with `apt-get install zookeeper`, or set ZOOKEEPER_HOME to the folder of an unpacked release")
	}
	return main + string(os.PathListSeparator) + filepath.Join(debianJars, "slf4j-simple.jar"), nil
}

// hasServer reports whether a folder has ZooKeeper's main library in it.
func hasServer(folder string) bool {
	entries, err := os.ReadDir(folder)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), "zookeeper-") && strings.HasSuffix(e.Name(), ".jar")
	})
}

const host = "127.0.0.1"
