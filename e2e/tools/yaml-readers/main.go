// Command yaml-readers reads YAML as kubectl, Flux and kustomize read it, and compares with what was meant.
// It reads lines of JSON, {"text": "...", "want": [...]}: a file and its documents. It writes one line of JSON,
// {"reader": "...", "error": "...", "text": "..."}, for each file and reader that disagree, and {"files": n, "documents": m} at the end.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/yaml"
)

type file struct {
	Text string `json:"text"`
	Want []any  `json:"want"`
}

type complaint struct {
	Reader string `json:"reader"`
	Error  string `json:"error"`
	Text   string `json:"text"`
}

// As kubectl (cli-runtime) and kustomize-controller (fluxcd/pkg/ssa) do.
func byDecoder(text []byte) ([]any, error) {
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 2048)
	documents := []any{}
	for {
		var document any
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return documents, nil
		} else if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

var factory = resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory())

// What kustomize writes of what it read, read again: kustomize-controller applies that.
func byKustomize(text []byte) ([]any, error) {
	resources, err := factory.NewResMapFromBytes(text)
	if err != nil {
		return nil, err
	}
	written, err := resources.AsYaml()
	if err != nil {
		return nil, err
	}
	return byDecoder(written)
}

// A document alone, duplicate keys refused.
func bySigsYaml(text []byte) ([]any, error) {
	var document any
	if err := yaml.UnmarshalStrict(text, &document); err != nil {
		return nil, err
	}
	return []any{document}, nil
}

type reader struct {
	name string
	read func([]byte) ([]any, error)
}

func main() {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	encoder := json.NewEncoder(output)
	lines, documents := 0, 0
	for {
		line, err := input.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var one file
			if err := json.Unmarshal(line, &one); err != nil {
				log.Fatal(err)
			}
			lines++
			documents += len(one.Want)
			readers := []reader{{"kubectl, Flux", byDecoder}, {"kustomize", byKustomize}}
			if len(one.Want) == 1 {
				readers = append(readers, reader{"sigs.k8s.io/yaml", bySigsYaml})
			}
			for _, reader := range readers {
				if message := compare(reader, one); message != "" {
					_ = encoder.Encode(complaint{reader.name, message, one.Text})
				}
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	_ = encoder.Encode(map[string]int{"files": lines, "documents": documents})
}

func compare(reader reader, one file) (message string) {
	defer func() {
		if failure := recover(); failure != nil {
			message = fmt.Sprintf("panic: %v", failure)
		}
	}()
	got, err := reader.read([]byte(one.Text))
	if err != nil {
		return err.Error()
	}
	// Integers that Go keeps as such are compared as JSON has them.
	text, err := json.Marshal(got)
	if err != nil {
		return err.Error()
	}
	var plain []any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err.Error()
	}
	if !reflect.DeepEqual(plain, one.Want) {
		return "reads " + string(text)
	}
	return ""
}
