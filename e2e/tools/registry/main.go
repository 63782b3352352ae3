// Command registry is the registry of github.com/distribution/distribution, unchanged, with the storage driver that keeps blobs in a folder
// and without those of clouds.
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if registry.RootCmd.Execute() != nil {
		os.Exit(1)
	}
}
