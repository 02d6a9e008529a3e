package main

import "github.com/spf13/cobra"

func (a *app) plotCommand() *cobra.Command { return &cobra.Command{Use: "plot"} }
