// Command flux-health judges objects by health check expressions, with the package that kustomize-controller uses.
// It reads a JSON list of {"exprs": {...}, "object": {...}} and writes one of "Current", "Failed", "InProgress" or
// "error: ..." for each, as a JSON list.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type question struct {
	Exprs  kustomize.HealthCheckExpressions `json:"exprs"`
	Object map[string]any                   `json:"object"`
}

func judge(q question) (string, error) {
	evaluator, err := cel.NewStatusEvaluator(&q.Exprs)
	if err != nil {
		return "", err
	}
	result, err := evaluator.Evaluate(context.Background(), &unstructured.Unstructured{Object: q.Object})
	if err != nil {
		return "", err
	}
	return string(result.Status), nil
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		log.Fatal(err)
	}
	answers := make([]string, len(questions))
	for i, q := range questions {
		status, err := judge(q)
		if err != nil {
			status = "error: " + err.Error()
		}
		answers[i] = status
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
