package plugin

import (
	"context"
	"flag"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
)

// mistaken is a driver with a name that is none.
type mistaken struct{ scripted }

func (*mistaken) Info() driver.Info { return driver.Info{Name: "My Store"} }

func TestAnAuthorsMistakeIsNamed(t *testing.T) {
	want := protocol.CannotServe + `driver name "My Store": use lower-case letters, digits and hyphens, a letter first`
	if err := serve(&mistaken{}, nil); err == nil || err.Error() != want {
		t.Error(err)
	}
}

// commanding is a driver with a command that prints its help.
type commanding struct{ scripted }

func (*commanding) Commands() []driver.Command {
	return []driver.Command{{Name: "node", Run: func(context.Context, []string) error { return flag.ErrHelp }}}
}

func TestCommandsOfABinary(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"help"}, {"node", "-h"}, {"describe"}} {
		if err := serve(&commanding{}, args); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := serve(&commanding{}, []string{"nod"}); err == nil || !strings.HasSuffix(err.Error(), `has no command "nod"; it has: describe, node`) {
		t.Error(err)
	}
}
