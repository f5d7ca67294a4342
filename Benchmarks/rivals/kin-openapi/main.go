// Checks of JSON texts by encoding/json with kin-openapi: bytes in, verdict out.
//
//	kin-openapi FOLDER     answers each line `NAME COUNT` with the nanoseconds of CPU time that one of COUNT checks of
//	                       FOLDER/NAME.json against the schema NAME of FOLDER/NAME.openapi.json takes
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"syscall"

	"github.com/getkin/kin-openapi/openapi3"
)

type subject struct {
	text   []byte
	schema *openapi3.Schema
}

func load(folder, name string) subject {
	text, err := os.ReadFile(folder + "/" + name + ".json")
	if err != nil {
		log.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromFile(folder + "/" + name + ".openapi.json")
	if err != nil {
		log.Fatal(err)
	}
	return subject{text, document.Components.Schemas[name].Value}
}

func (s subject) isValid() bool {
	var value interface{}
	return json.Unmarshal(s.text, &value) == nil && s.schema.VisitJSON(value, openapi3.FailFast()) == nil
}

// CPU time of the process: collecting garbage is part of the work.
func processorTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func main() {
	runtime.GOMAXPROCS(1)
	// Any UUID, as the others have it; email and date-time are checked without being asked for.
	openapi3.DefineStringFormat("uuid", `^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	subjects := map[string]subject{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var name string
		var count int
		if _, err := fmt.Sscan(lines.Text(), &name, &count); err != nil {
			log.Fatal(err)
		}
		if _, known := subjects[name]; !known {
			subjects[name] = load(os.Args[1], name)
		}
		start := processorTime()
		for index := 0; index < count; index++ {
			if !subjects[name].isValid() {
				log.Fatal("not valid")
			}
		}
		fmt.Println(float64(processorTime()-start) / float64(count))
	}
}
