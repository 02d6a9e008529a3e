package raftembed

import (
	"fmt"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

func TestConformance(t *testing.T) {
	for _, placement := range []string{embedded, processes} {
		for _, setup := range []driver.Setup{
			{Nodes: 1, Reads: driver.Linearizable},
			{Nodes: 3, Reads: driver.Linearizable},
			{Nodes: 3, Reads: driver.Sequential},
		} {
			t.Run(fmt.Sprintf("%s/%d/%s", placement, setup.Nodes, setup.Reads), func(t *testing.T) {
				setup.Options = map[string]string{
					"placement": placement, "heartbeat": "150ms", "election": "150ms", "session-timeout": "1s",
				}
				drivertest.Run(t, Driver(), setup)
			})
		}
	}
}
