package workload

import "github.com/benchctl/benchctl/core/load"

// What a plugin executes of a workload is in core/load; these are its names here.
type (
	Workload  = load.Load
	Keys      = load.Keys
	Space     = load.Space
	Choice    = load.Choice
	Values    = load.Values
	SizeShare = load.SizeShare
	Phase     = load.Phase
	Share     = load.Share
	Per       = load.Per
	Process   = load.Process
	Bound     = load.Bound
	Statistic = load.Statistic
	Stage     = load.Stage
	Generator = load.Generator
	Arrivals  = load.Arrivals
)

// The words of their fields.
const (
	SpaceThread      = load.SpaceThread
	SpaceShared      = load.SpaceShared
	ChooseSequential = load.ChooseSequential
	ChooseUniform    = load.ChooseUniform
	ChooseZipfian    = load.ChooseZipfian
	ChooseLatest     = load.ChooseLatest
	ChooseHotspot    = load.ChooseHotspot
	PerTotal         = load.PerTotal
	PerThread        = load.PerThread
	ProcessConstant  = load.ProcessConstant
	ProcessPoisson   = load.ProcessPoisson
)

// What makes operations, and reads what was written.
var (
	NewGenerator = load.NewGenerator
	NewArrivals  = load.NewArrivals
	ReadStamp    = load.ReadStamp
)
