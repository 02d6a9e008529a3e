package raftembed

import (
	"fmt"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		placement string
		nodes     int
		reads     driver.Consistency
	}{
		{embedded, 1, driver.Linearizable},
		{embedded, 3, driver.Sequential},
		{processes, 3, driver.Linearizable},
		{processes, 3, driver.Sequential},
	} {
		t.Run(fmt.Sprintf("%s/%d/%s", c.placement, c.nodes, c.reads), func(t *testing.T) {
			t.Parallel()
			drivertest.Run(t, Driver(), driver.Setup{
				Nodes: c.nodes, Reads: c.reads, Options: map[string]string{"placement": c.placement, "session-timeout": "6s"},
			})
		})
	}
}
