package raftembed

import (
	"fmt"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

func TestConformance(t *testing.T) {
	for _, placement := range []string{embedded, processes} {
		for _, nodes := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", placement, nodes), func(t *testing.T) {
				drivertest.Run(t, Driver(), driver.Setup{Nodes: nodes, Options: map[string]string{
					"placement": placement, "heartbeat": "150ms", "election": "150ms", "session-timeout": "1s",
				}})
			})
		}
	}
}
