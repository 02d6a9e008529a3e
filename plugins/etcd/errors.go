package etcd

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/benchctl/benchctl/core/driver"
)

// lateAnswers are what a server says that has waited for its peers in vain. It
// may have executed the request all the same.
var lateAnswers = []error{rpctypes.ErrTimeout, rpctypes.ErrTimeoutDueToLeaderFail, rpctypes.ErrTimeoutDueToConnectionLost}

func classify(err error) error {
	known := rpctypes.Error(err)
	for _, late := range lateAnswers {
		if errors.Is(known, late) {
			return driver.Classed(driver.Timeout, known)
		}
	}
	if errors.Is(known, rpctypes.ErrLeaseNotFound) { // the session has expired
		return driver.Classed(driver.Unavailable, known)
	}
	switch status.Code(err) {
	case codes.Unavailable:
		return driver.Classed(driver.Unavailable, known)
	case codes.DeadlineExceeded:
		return driver.Classed(driver.Timeout, known)
	case codes.Canceled:
		return context.Canceled
	}
	return driver.Classed(driver.Other, known)
}
